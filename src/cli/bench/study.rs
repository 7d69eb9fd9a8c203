//! Made-up findings with any number of effects, in the published study's shape: 6 layers, 18 dictionaries, 3 views, 3
//! positions.
//!
//! Effects fall off as a power of their rank, like measured effects: a few are above 0.1, most are far below.

use super::SEED;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::findings::Findings;
use crate::core::pair_effects::PairEffects;
use crate::core::problem::Result;
use crate::core::run::{DataRecord, Dropped, ExampleRecord, FORMAT, Manifest, Method, ModelRecord, Run, Seconds};
use crate::core::selection::Selection;
use crate::core::study::Study;
use crate::core::submodule::{FeatureIndex, Submodule};
use crate::core::tags::Subject;
use crate::core::view::View;
use crate::core::view_findings::ViewFindings;
use crate::engine::random::Random;
use crate::store::studies;

/// Number of layers of the model.
const LAYERS: usize = 6;

/// Number of tokens of every prompt.
const POSITIONS: usize = 3;

/// Number of examples of every view.
const EXAMPLES: usize = 50;

/// Number of features per view whose effects at single tokens are kept, the default of a run.
const DETAIL: usize = 1000;

/// Makes findings with at least `features` effects in each view. This ranks all of them and takes a second or two.
///
/// # Errors
/// Never: the study of names is compiled into the program.
pub fn findings(features: usize) -> Result<Findings> {
    let per_dictionary = features.div_ceil(3 * LAYERS);
    let study = studies::names()?.study;
    let views = study.all().map(|view| effects(view, study.name(view).as_str(), per_dictionary)).collect();
    let subject = Subject { model: "bench".to_owned(), dictionaries: "0".repeat(16) };
    Ok(Findings::from_run(Run { manifest: manifest(&study), views }, None, subject))
}

fn manifest(study: &Study) -> Manifest {
    Manifest {
        format: FORMAT,
        program: concat!("saescope ", env!("CARGO_PKG_VERSION")).to_owned(),
        created_unix_seconds: 0,
        shard: None,
        backend: "none".to_owned(),
        method: Method::Ig,
        steps: Some(10),
        rule: None,
        seed: 0,
        tokens: Some(POSITIONS),
        examples: Some(EXAMPLES),
        batch: EXAMPLES,
        detail: DETAIL,
        model: ModelRecord {
            name: "bench".to_owned(),
            source: "made up".to_owned(),
            sha256: String::new(),
            config_sha256: String::new(),
            tokenizer_sha256: None,
            bos: None,
            prefix_space: None,
            layers: LAYERS,
            width: 512,
        },
        dictionaries: Vec::new(),
        study: study.clone(),
        data: (0..study.lists()).map(|_| data()).collect(),
        notes: Vec::new(),
        seconds: Seconds::default(),
    }
}

fn data() -> DataRecord {
    let texts = |name: &str| ["The".to_owned(), format!(" {name}"), " because".to_owned()].to_vec();
    let example = |index: usize| ExampleRecord {
        line: index + 1,
        clean_tokens: vec![1, 2, 3],
        patch_tokens: vec![1, 4, 3],
        clean_text: texts(&format!("John{index}")),
        patch_text: texts(&format!("Mary{index}")),
        clean_answer: 5,
        patch_answer: 6,
        clean_answer_text: " he".to_owned(),
        patch_answer_text: " she".to_owned(),
    };
    DataRecord {
        source: "made up".to_owned(),
        sha256: String::new(),
        lines: EXAMPLES,
        dropped: Dropped::default(),
        dropped_lines: Vec::new(),
        not_joined: Vec::new(),
        examples: (0..EXAMPLES).map(example).collect(),
    }
}

fn effects(view: View, name: &str, per_dictionary: usize) -> ViewEffects {
    let mut random = Random::new(SEED, name);
    let submodules = Submodule::all(LAYERS).into_iter().map(|submodule| dictionary(submodule, per_dictionary, &mut random));
    let mut effects = ViewEffects {
        view,
        clean_metrics: vec![-1.0; EXAMPLES],
        patch_metrics: vec![1.0; EXAMPLES],
        positions: POSITIONS,
        submodules: submodules.collect(),
        detail: Detail::default(),
    };
    effects.detail = detail(&effects);
    effects
}

fn dictionary(submodule: Submodule, features: usize, random: &mut Random) -> SubmoduleEffects {
    // About every second feature has an effect.
    let indices = (0..features).map(|feature| FeatureIndex((2 * feature + random.below(2)) as u32)).collect();
    let mut found = SubmoduleEffects {
        submodule,
        dictionary_features: 2 * features,
        features: indices,
        effects: Vec::with_capacity(features),
        standard_errors: Vec::with_capacity(features),
        position_effects: Vec::with_capacity(features * POSITIONS),
        pair_effects: PairEffects::default(),
        error: ErrorTerm { effect: 0.125, standard_error: 0.01, position_effects: vec![0.0, 0.1, 0.025] },
        gradient_dot_change: None,
    };
    for _ in 0..features {
        let sign = if random.chance(0.5) { 1.0 } else { -1.0 };
        let effect = (sign * 0.0005 * f64::powf(1.0 - random.unit(), -0.6)) as f32;
        let early = random.unit() as f32;
        found.effects.push(effect);
        found.standard_errors.push(effect.abs() * 0.3 * random.unit() as f32);
        found.position_effects.extend([0.0, effect * early, effect * (1.0 - early)]);
    }
    found
}

/// Entries for every example of the strongest features; clean and patch do not differ at the first token.
fn detail(effects: &ViewEffects) -> Detail {
    let strongest = ViewFindings::from_effects(effects.clone(), LAYERS).select(Selection::TopK(DETAIL)).features;
    let mut detail = Detail { features: strongest.iter().map(|selected| selected.feature).collect(), ..Detail::default() };
    for (row, selected) in strongest.iter().enumerate() {
        for example in 0..EXAMPLES {
            for position in 1..POSITIONS {
                detail.entry_features.push(row as u32);
                detail.entry_examples.push(example as u32);
                detail.entry_positions.push(position as u32);
                detail.entry_effects.push(selected.effect / (POSITIONS - 1) as f32);
                detail.entry_clean.push(0.5);
                detail.entry_patch.push(1.5);
            }
        }
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::study::testing::MALE;

    #[test]
    fn as_many_effects_as_wanted_are_there_and_none_is_zero() {
        let findings = findings(1800).unwrap();
        for view in findings.study.all() {
            let counts = findings.view(view).counts(Selection::Threshold(0.0));
            let listed: Vec<usize> = counts.into_iter().filter(|count| *count > 0).collect();
            assert_eq!(listed, vec![100; 18]);
        }
        assert_eq!(findings.detail(MALE).detail().features.len(), 1000);
    }
}

//! Figures that the published study printed, as a study that can be looked at: what was not printed stays unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::effects::{ErrorTerm, SubmoduleEffects};
use super::findings::{Findings, Source};
use super::neuronpedia;
use super::problem::{Problem, Result};
use super::ranking::Ranked;
use super::run::Method;
use super::submodule::{FeatureId, FeatureIndex, Submodule};
use super::tags::import::{Target, notebook};
use super::tags::{Scope, Subject, TagBook};
use super::text::printable;
use super::view::View;
use super::view_findings::{Coverage, Summary};

/// The printed figures with the tags that the study gave.
#[derive(Debug, Clone)]
pub struct Published {
    /// Effects, totals and lists.
    pub findings: Arc<Findings>,
    /// The tags of both lists of strongest features, each in its view.
    pub tags: TagBook,
    /// What else is needed to compare with them.
    pub study: PublishedStudy,
}

/// How the study was made, and what it said about two of its lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PublishedStudy {
    /// How effects were computed.
    pub method: Method,
    /// Points on the path.
    pub steps: usize,
    /// Pairs of prompts.
    pub examples: usize,
    /// Tokens per prompt.
    pub tokens: usize,
    /// Length of the lists of strongest features.
    pub top_k: usize,
    /// Male against baseline.
    pub comparison: Comparison,
    /// Hashes of the prompts behind the figures: of the kept examples in order, as `engine::identity::prompts_sha256` makes them.
    pub prompts_sha256: Prompts,
}

/// Features in only one of two lists of strongest features, and in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Comparison {
    /// Features in only one list.
    pub differing: usize,
    /// Features in both lists.
    pub common: usize,
}

/// One hash for each data file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Prompts {
    /// Hash of the pairs.
    pub pairs: String,
    /// Hash of the baseline.
    pub baseline: String,
}

#[derive(Deserialize)]
struct File {
    model: String,
    #[serde(flatten)]
    study: PublishedStudy,
    threshold: f32,
    views: BTreeMap<String, PrintedView>,
    top30_tags: BTreeMap<String, Vec<Tagged>>,
    /// Lists without tags: indices by Neuronpedia's layer name.
    #[serde(default)]
    top30_untagged: Untagged,
}

#[derive(Deserialize, Default)]
struct Untagged {
    #[serde(default)]
    baseline: BTreeMap<String, Vec<u32>>,
}

#[derive(Deserialize)]
struct PrintedView {
    clean_metric_mean: f64,
    total_effects: Vec<f32>,
    total_effect_mean: f64,
    /// How many features it said lie above the threshold.
    threshold_count: Option<usize>,
    threshold_features: BTreeMap<String, BTreeMap<String, f32>>,
}

#[derive(Deserialize)]
struct Tagged {
    layer: String,
    index: u32,
    rejected: bool,
    note: String,
}

impl Published {
    /// Reads the figures from JSON `text`; `name` is what messages call it.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let problem = |what: String| Problem::new(name, what, "use data/published/names_comparison.json as it comes");
        let file: File = serde_json::from_str(text).map_err(|error| problem(format!("cannot be read: {error}")))?;
        let submodules: Vec<Submodule> = file
            .views
            .values()
            .flat_map(|view| view.threshold_features.keys())
            .map(|name| name.parse())
            .collect::<Result<_>>()?;
        let layers = submodules.iter().map(|submodule| submodule.layer.0 + 1).max().unwrap_or(0);
        let source = Source::Published { method: file.study.method, steps: file.study.steps };
        let mut findings = Findings::new(source, printable(&file.model), layers);
        let subject = Subject { model: file.model.clone(), dictionaries: "published".to_owned() };
        let mut tags = TagBook::new(subject.clone());
        for (view_name, printed) in &file.views {
            let view: View = view_name.parse()?;
            let listed = file.top30_tags.get(view_name).map_or(&[][..], Vec::as_slice);
            let untagged = if view == View::Baseline { Some(&file.top30_untagged.baseline) } else { None };
            let untagged =
                untagged.into_iter().flatten().flat_map(|(layer, indices)| indices.iter().map(move |index| (layer, *index)));
            let features: Vec<FeatureId> = listed
                .iter()
                .map(|tagged| (&tagged.layer, tagged.index))
                .chain(untagged)
                .map(|(layer, index)| feature(layer, index).ok_or_else(|| problem(format!("holds an unknown layer '{layer}'"))))
                .collect::<Result<_>>()?;
            let count: usize = printed.threshold_features.values().map(BTreeMap::len).sum();
            if let Some(stated) = printed.threshold_count.filter(|stated| *stated != count) {
                return Err(problem(format!("says that {stated} features of {view} are above the threshold, and holds {count}")));
            }
            let found = findings.view_mut(view);
            found.coverage = Coverage::Printed { threshold: file.threshold, listed: features };
            found.summary = Summary {
                examples: Some(file.study.examples),
                clean_metric: Some(printed.clean_metric_mean),
                total_effect: Some(printed.total_effect_mean),
                total_effects: printed.total_effects.clone(),
            };
            for (submodule, effects) in &printed.threshold_features {
                let ranked = printed_effects(submodule.parse()?, effects).map_err(problem)?;
                found.insert(Arc::new(Ranked::new(ranked)));
            }
            let lines: String = listed.iter().map(|tagged| tagged.line(&file.model)).collect();
            let scope = Scope::In(view);
            let imported = notebook(&lines, &Target { name, subject: &subject, scope, exists: &|_| true });
            if let Some(first) = imported.problems.into_iter().next() {
                return Err(first);
            }
            tags.apply(imported.edit);
        }
        findings.subject = Some(subject);
        Ok(Self { findings: Arc::new(findings), tags, study: file.study })
    }
}

fn feature(layer: &str, index: u32) -> Option<FeatureId> {
    Some(FeatureId { submodule: neuronpedia::submodule(layer)?, index: FeatureIndex(index) })
}

impl Tagged {
    /// The line that the notebook writes.
    fn line(&self, model: &str) -> String {
        let Self { layer, index, rejected, note } = self;
        let reject = if *rejected { "X " } else { "" };
        format!("{reject}{{'modelId': '{model}', 'layer': '{layer}', 'index': '{index}'}}, {note}\n")
    }
}

/// Standard errors, positions and error terms were not printed: NaN, or no entries.
fn printed_effects(submodule: Submodule, printed: &BTreeMap<String, f32>) -> std::result::Result<SubmoduleEffects, String> {
    let mut effects: Vec<(FeatureIndex, f32)> = Vec::new();
    for (index, effect) in printed {
        let index = index.parse().map_err(|_| format!("holds a feature '{index}' in {submodule}, which is not an index"))?;
        effects.push((FeatureIndex(index), *effect));
    }
    effects.sort_unstable_by_key(|(index, _)| *index);
    let unknown = f32::NAN;
    Ok(SubmoduleEffects {
        submodule,
        dictionary_features: 0,
        features: effects.iter().map(|(index, _)| *index).collect(),
        effects: effects.iter().map(|(_, effect)| *effect).collect(),
        standard_errors: vec![unknown; effects.len()],
        position_effects: Vec::new(),
        error: ErrorTerm { effect: unknown, standard_error: unknown, position_effects: Vec::new() },
        gradient_dot_change: None,
    })
}

//! A small study on a screen, for the tests of `ui`: two layers, three tokens, four examples, all examples kept.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::app::commands;
use crate::app::message::Message;
use crate::app::state::{Setting, State, ThemeName};
use crate::app::update::update;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::findings::Findings;
use crate::core::neuronpedia::Hosted;
use crate::core::pair_effects::PairEffects;
use crate::core::published::Published;
use crate::core::run::{DataRecord, Dropped, ExampleRecord, FORMAT, Manifest, Method, ModelRecord, Run, Seconds};
use crate::core::selection::Selection;
use crate::core::study::Study;
use crate::core::study::testing::names;
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule};
use crate::core::tags::Subject;
use crate::core::view::View;

pub const LAYERS: usize = 2;
pub const POSITIONS: usize = 3;
pub const EXAMPLES: usize = 4;

/// Features of every dictionary that differ between clean and patch prompts.
const FEATURES: [u32; 3] = [2, 5, 26074];

/// The effect of a feature at one token in the male view; it is 0 at the first token, where clean and patch prompt are the same.
fn token_effect(submodule: Submodule, feature: u32, example: usize, position: usize) -> f32 {
    if position == 0 {
        return 0.0;
    }
    let mixed = 7 * submodule.ordinal(LAYERS) + 5 * feature as usize + 3 * example + position;
    ((mixed % 11) as f32 - 4.5) * 0.1 / position as f32
}

fn examples() -> Vec<ExampleRecord> {
    let texts = |name: &str| ["The".to_owned(), format!(" {name}"), " runs".to_owned()].to_vec();
    let names = [("John", "Mary"), ("Paul", "Anna"), ("Tom", "Lisa"), ("Max", "Eva")];
    let example = |(index, (clean, patch)): (usize, (&str, &str))| ExampleRecord {
        line: 10 * (index + 1),
        clean_tokens: vec![1, 2, 3],
        patch_tokens: vec![1, 4, 3],
        clean_text: texts(clean),
        patch_text: texts(patch),
        clean_answer: 5,
        patch_answer: 6,
        clean_answer_text: " he".to_owned(),
        patch_answer_text: " she".to_owned(),
    };
    names.into_iter().enumerate().map(example).collect()
}

fn data(source: &str) -> DataRecord {
    DataRecord {
        source: source.to_owned(),
        sha256: String::new(),
        lines: 40,
        dropped: Dropped::default(),
        dropped_lines: Vec::new(),
        not_joined: Vec::new(),
        examples: examples(),
    }
}

fn effects(submodule: Submodule, sign: f32) -> SubmoduleEffects {
    let at = |feature: u32, example, position| sign * token_effect(submodule, feature, example, position);
    let totals =
        |feature: u32| (0..EXAMPLES).map(move |example| (0..POSITIONS).map(|position| at(feature, example, position)).sum());
    let mean = |feature: u32| totals(feature).sum::<f32>() / EXAMPLES as f32;
    let error = |feature: u32| {
        let squares: f32 = totals(feature).map(|total: f32| (total - mean(feature)).powi(2)).sum();
        (squares / (EXAMPLES - 1) as f32 / EXAMPLES as f32).sqrt()
    };
    let by_position = |feature: u32| {
        (0..POSITIONS)
            .map(move |position| (0..EXAMPLES).map(|example| at(feature, example, position)).sum::<f32>() / EXAMPLES as f32)
    };
    let mut pair_effects = PairEffects::default();
    for feature in FEATURES {
        let effects = (0..EXAMPLES).map(|example| (0..POSITIONS).map(|position| at(feature, example, position)).sum());
        pair_effects.push(Some((0..EXAMPLES as u32).zip(effects).filter(|(_, effect)| *effect != 0.0)));
    }
    SubmoduleEffects {
        submodule,
        dictionary_features: 32_768,
        features: FEATURES.map(FeatureIndex).to_vec(),
        effects: FEATURES.map(mean).to_vec(),
        standard_errors: FEATURES.map(error).to_vec(),
        position_effects: FEATURES.into_iter().flat_map(by_position).collect(),
        pair_effects,
        error: ErrorTerm { effect: 0.125 * sign, standard_error: 0.0, position_effects: vec![0.0, 0.125 * sign, 0.0] },
        gradient_dot_change: None,
    }
}

fn detail(sign: f32) -> Detail {
    let all = Submodule::all(LAYERS);
    let id = |submodule: &Submodule, feature: u32| FeatureId { submodule: *submodule, index: FeatureIndex(feature) };
    let mut detail = Detail {
        features: all.iter().flat_map(|submodule| FEATURES.map(|feature| id(submodule, feature))).collect(),
        ..Detail::default()
    };
    for (row, feature) in detail.features.clone().into_iter().enumerate() {
        for example in 0..EXAMPLES {
            for position in 1..POSITIONS {
                detail.entry_features.push(row as u32);
                detail.entry_examples.push(example as u32);
                detail.entry_positions.push(position as u32);
                detail.entry_effects.push(sign * token_effect(feature.submodule, feature.index.0, example, position));
                detail.entry_clean.push(0.5 * example as f32);
                detail.entry_patch.push(1.0 + position as f32);
            }
        }
    }
    detail
}

/// A whole run of the study of names.
pub fn run() -> Run {
    run_of(names())
}

/// Factors of the effects of each view.
const STRENGTHS: [f32; 5] = [1.0, -1.0, 0.5, 0.25, -0.75];

/// A whole run of a study of up to five views.
pub fn run_of(study: Study) -> Run {
    let sources = ["pairs.json", "baseline.json", "third.json", "fourth.json", "fifth.json"];
    let views: Vec<(View, f32)> = study.all().zip(STRENGTHS).collect();
    let manifest = Manifest {
        format: FORMAT,
        program: "saescope test".to_owned(),
        created_unix_seconds: 0,
        shard: None,
        backend: "ndarray".to_owned(),
        method: Method::Ig,
        steps: Some(10),
        rule: None,
        seed: 1,
        tokens: Some(POSITIONS),
        examples: None,
        batch: 4,
        detail: 100,
        model: ModelRecord {
            name: "pythia-70m-deduped".to_owned(),
            source: "model".to_owned(),
            sha256: String::new(),
            config_sha256: String::new(),
            tokenizer_sha256: None,
            bos: None,
            prefix_space: None,
            layers: LAYERS,
            width: 8,
        },
        dictionaries: Vec::new(),
        data: sources.into_iter().take(study.lists()).map(data).collect(),
        study,
        notes: Vec::new(),
        seconds: Seconds::default(),
    };
    let view = |(view, sign): (View, f32)| ViewEffects {
        view,
        clean_metrics: vec![-1.0; EXAMPLES],
        patch_metrics: vec![1.0; EXAMPLES],
        positions: POSITIONS,
        submodules: Submodule::all(LAYERS).into_iter().map(|submodule| effects(submodule, sign)).collect(),
        detail: detail(sign),
    };
    Run { manifest, views: views.into_iter().map(view).collect() }
}

/// A state without findings.
pub fn empty() -> State {
    let figures = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/published/names_comparison.json"));
    State::new(Setting {
        size: (160, 50),
        request: None,
        published: Arc::new(Published::parse(figures, "names_comparison.json", &Arc::new(names())).unwrap()),
        keymap: commands::default_keys(),
        theme: ThemeName::Dark,
        true_colour: true,
        theme_chosen: true,
        selection: Selection::Threshold(0.0),
        no_browser: None,
        home: None,
        selection_chosen: false,
        keeps_runs: true,
        log: "saescope.log".to_owned(),
        offers: Vec::new(),
        hosted: Hosted::default(),
    })
}

/// A state that shows `run`, with the cursor on the strongest feature of the male view.
pub fn showing(run: Run) -> State {
    let subject = Subject { model: run.manifest.model.name.clone(), dictionaries: "0123456789abcdef".to_owned() };
    let mut state = empty();
    update(&mut state, Message::RunRead(Ok(Arc::new(Findings::from_run(run, None, subject)))));
    state
}

/// The cells of a screen of `size` after `draw`.
pub fn screen(size: (u16, u16), draw: impl FnOnce(&mut ratatui::Frame)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(draw).unwrap();
    terminal.backend().buffer().clone()
}

/// The rows of a screen, without trailing spaces.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..area.height).map(row).collect()
}

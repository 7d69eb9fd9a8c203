//! The files of the demo model: small enough to ship, and dictionaries that explain the model on the shipped prompts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::fs;
use std::path::Path;

use saescope::core::request::{Backend, Options};
use saescope::engine::cancel::Cancel;
use saescope::engine::compute;
use saescope::engine::dataset::{self, Limits};
use saescope::engine::demo;
use saescope::engine::dictionary::codes::{DecoderRows, active_features, reconstruction_errors};
use saescope::store::studies;

fn size(path: &Path) -> u64 {
    if path.is_dir() {
        fs::read_dir(path).unwrap().map(|entry| size(&entry.unwrap().path())).sum()
    } else {
        path.metadata().unwrap().len()
    }
}

#[test]
fn the_demo_is_at_most_six_mebibytes() {
    let size = size(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo"));
    assert!((1..=6 << 20).contains(&size), "{size}");
}

/// The training measures on held-out text (assets/demo/README.md); the prompts of the study are what users look at.
#[test]
fn the_dictionaries_explain_the_model_on_the_shipped_prompts() {
    let config = demo::config().unwrap();
    let cancel = Cancel::default();
    let compute = compute::open(Some(Backend::NdArray), &config, &demo::weights().unwrap(), &cancel).unwrap();
    let limits = Limits { vocabulary: config.vocabulary, context: config.context };
    let options = Options { seed: 12, tokens: Some(3), examples: None };
    let tokenizer = demo::tokenizer().unwrap();
    let data = dataset::load(&studies::names().unwrap().lists[0], Some(&tokenizer), options, limits, &cancel).unwrap();
    assert_eq!(data.examples.len(), 50);
    let prompts: Vec<&[u32]> = data.examples.iter().flat_map(|example| [example.clean.as_slice(), &example.patch]).collect();
    let traces = compute.traces(&prompts, &cancel).unwrap();
    for dictionary in demo::dictionaries(&config).unwrap() {
        let outputs = traces.iter().flat_map(|trace| trace.output(dictionary.submodule()).chunks_exact(config.width));
        let outputs: Vec<&[f32]> = outputs.collect();
        let codes = compute.encode(&dictionary, &outputs, &cancel).unwrap();
        let decoder = DecoderRows::read(&dictionary, active_features(&codes), &cancel).unwrap();
        let errors = reconstruction_errors(&dictionary, &outputs, &codes, &decoder);
        let active = codes.iter().map(|codes| codes.len()).sum::<usize>() as f64 / codes.len() as f64;
        let unexplained = squares(errors.into_iter()) / variance(&outputs, config.width);
        assert!((5.0..=40.0).contains(&active), "{}: {active} active features a token", dictionary.submodule());
        assert!(unexplained <= 0.15, "{}: {unexplained} of the variance unexplained", dictionary.submodule());
    }
}

fn squares(values: impl Iterator<Item = f32>) -> f64 {
    values.map(|value| f64::from(value).powi(2)).sum()
}

/// Sum of squared distances from the mean vector.
fn variance(rows: &[&[f32]], width: usize) -> f64 {
    let count = rows.len() as f32;
    let mean: Vec<f32> = (0..width).map(|column| rows.iter().map(|row| row[column]).sum::<f32>() / count).collect();
    squares(rows.iter().flat_map(|row| row.iter().zip(&mean).map(|(value, mean)| value - mean)))
}

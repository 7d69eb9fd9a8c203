//! Pairs of prompts and study files.

use std::path::Path;

use saescope::core::causal::set;
use saescope::core::request::{ModelSource, Options};
use saescope::core::study_source::PairSource;
use saescope::core::submodule::Submodule;
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::neutral;
use saescope::engine::dataset::{self, Limits};
use saescope::engine::demo;
use saescope::engine::loaded::Loaded;
use saescope::engine::memory::Bounds;
use saescope::store::studies;

use super::text;
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

#[test]
fn pairs() {
    let tokenizer = demo::tokenizer().unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("pairs.json");
    let limits = Limits { vocabulary: 10_000, context: 32 };
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let options = Options { seed: 12, tokens: None, examples: Some(3) };
        let loaded = dataset::load(&PairSource::File(path.clone()), Some(&tokenizer), options, limits, &Cancel::default());
        Verdict::of(loaded, |data| {
            let is_pair = |example: &dataset::Example| {
                let tokens = example.clean.iter().chain(&example.patch).chain([&example.clean_answer, &example.patch_answer]);
                example.clean.len() == example.patch.len()
                    && (1..=limits.context).contains(&example.clean.len())
                    && tokens.into_iter().all(|token| (*token as usize) < limits.vocabulary)
            };
            if data.examples.iter().all(is_pair) && (1..=3).contains(&data.examples.len()) {
                Ok(())
            } else {
                Err(format!("{:?}", data.examples))
            }
        })
    };
    let ids = r#"{"clean_prefix": [1, 2], "patch_prefix": [3, 2], "clean_answer": 5, "patch_answer": [6]}"#;
    let words = r#"{"clean_prefix": "John runs because", "patch_prefix": "Anna runs because", "clean_answer": " he", "patch_answer": " she"}"#;
    let seeds = vec![format!("{ids}\n{ids}\n").into_bytes(), format!("{words}\n{ids}").into_bytes()];
    Door { name: "pairs", seeds, mutator: Mutator::JsonLines, one_in: 1, read: &read }.pass();
}

/// Neutral text, and the texts of `inspect --text`.
#[test]
fn neutral_texts() {
    let loaded = Loaded::open(&ModelSource::Demo, None, Bounds::NONE, &Cancel::default()).unwrap();
    let vocabulary = loaded.compute.config().vocabulary;
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => Verdict::of(neutral::read(text, "text", &loaded, Some(0)), |corpus| {
            let is_text = |tokens: &Vec<u32>| {
                tokens.len() <= loaded.compute.config().context && tokens.iter().all(|token| (*token as usize) < vocabulary)
            };
            if corpus.tokens.iter().all(is_text) { Ok(()) } else { Err(format!("{:?}", corpus.tokens)) }
        }),
        Err(error) => Verdict::Refused(error),
    };
    let seeds = ["John runs because he is late.\n\n[1, 2, 3]\nAnna 名 waits\n", "[5, 6]\r\n[7, 8, 9]"];
    let seeds = seeds.map(|text| text.as_bytes().to_vec()).to_vec();
    Door { name: "neutral_texts", seeds, mutator: Mutator::JsonLines, one_in: 2, read: &read }.pass();
}

/// The file of `ablate --set`.
#[test]
fn sets_of_features() {
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => Verdict::of(set::parse(text, "sets.json"), |sets| {
            let sizes: Vec<_> = Submodule::all(2).into_iter().map(|submodule| (submodule, 400)).collect();
            match set::expect_members(&sets, "sets.json", &sizes) {
                Err(problem) if problem.to_string().chars().any(char::is_control) => Err(format!("{problem:?}")),
                _ if sets.is_empty() => Err("no set".to_owned()),
                _ => Ok(()),
            }
        }),
        Err(error) => Verdict::Refused(error),
    };
    let seed = br#"{"a name": ["resid_1/364", "attn_0"], "another": [], "embedding": ["embed", "mlp_1/5"]}"#;
    Door { name: "sets_of_features", seeds: vec![seed.to_vec()], mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

#[test]
fn study_files() {
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => Verdict::of(studies::from_text(text, Path::new("study.toml")), |source| {
            let fits = source.study.all().all(|view| source.study.view(view).pairs < source.lists.len());
            if fits { Ok(()) } else { Err("a view without pairs".to_owned()) }
        }),
        Err(error) => Verdict::Refused(error),
    };
    let seeds: Vec<Vec<u8>> = ["names", "professions", "template"]
        .iter()
        .map(|name| super::repository(&format!("data/studies/{name}.toml")))
        .filter(|seed| text(seed).is_ok_and(|text| studies::from_text(text, Path::new("study.toml")).is_ok()))
        .collect();
    assert!(!seeds.is_empty());
    Door { name: "study_files", seeds, mutator: Mutator::Text, one_in: 10, read: &read }.pass();
}

//! The false discovery rate: a model of random weights and pairs without a concept give no discovery, the demo's concept does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use rand_mt::Mt64;
use serde_json::{Value, json};

fn saescope(folder: &Path, arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    let output =
        command.args(arguments.split(' ')).current_dir(folder).env("XDG_DATA_HOME", folder.join("data")).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The number of features whose q is below 0.05, and of all that were tested.
fn discoveries(folder: &Path, listing: &str) -> (usize, u64) {
    let text = saescope(folder, &format!("statistics run --resamples 1 --format json {listing}"));
    let found: Value = serde_json::from_str(&text).unwrap();
    let discovered = |row: &&Value| row["q"].as_f64().is_some_and(|q| q < 0.05);
    let count = found["features"].as_array().unwrap().iter().filter(discovered).count();
    (count, found["chance"]["tested"].as_u64().unwrap())
}

/// Twelve pairs of token ids whose clean and patch names come from the same hundred names: which of them is the clean one means nothing.
fn pairs_without_a_concept(seed: u64) -> String {
    let mut numbers = Mt64::new(seed);
    let mut draw = |first: u64, count: u64| first + numbers.next_u64() % count;
    let pair = |_| {
        let (clean, patch, verb) = (draw(10, 100), draw(10, 100), draw(130, 40));
        let line = json!({
            "clean_prefix": [clean, verb, 5],
            "patch_prefix": [patch, verb, 5],
            "clean_answer": 2,
            "patch_answer": 3,
        });
        format!("{line}\n")
    };
    (0..12).map(pair).collect()
}

#[test]
fn random_weights_and_pairs_without_a_concept_give_no_discovery() {
    const SEEDS: u64 = 20;
    let mut wrong = Vec::new();
    for seed in 0..SEEDS {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        saescope(folder, &format!("synth --preset tiny --output w --pairs 20 --seed {seed}"));
        fs::write(folder.join("pairs"), pairs_without_a_concept(seed)).unwrap();
        let inputs = "--model w/model --dictionaries w/sae-lens --pairs pairs";
        saescope(folder, &format!("run {inputs} --detail 100000 --output run"));
        let (discovered, tested) = discoveries(folder, "--threshold 0");
        assert!(tested > 100, "only {tested} features were tested");
        if discovered > 0 {
            wrong.push((seed, discovered));
        }
    }
    assert!(wrong.len() <= 1, "(seed, discoveries): {wrong:?}");
}

/// The other side: where there is a concept, the same test finds it.
#[test]
fn the_demo_has_discoveries() {
    let home = tempfile::tempdir().unwrap();
    saescope(home.path(), "run --output run");
    let (discovered, _) = discoveries(home.path(), "--top-k 30");
    assert_eq!(discovered, 30);
}

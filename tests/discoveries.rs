//! The false discovery rate: a model of random weights and pairs without a concept give no discovery, the demo's concept does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[path = "support/manual.rs"]
mod manual;

use std::fs;
use std::path::Path;
use std::process::Command;

use manual::says;
use rand_mt::Mt64;
use serde_json::{Value, json};

fn saescope(folder: &Path, arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    let output = command
        .args(arguments.split(' '))
        .current_dir(folder)
        .envs(["DATA", "STATE"].map(|kind| (format!("XDG_{kind}_HOME"), folder.join(kind))))
        .output()
        .unwrap();
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

/// What the names of a pair tell a model.
#[derive(Clone, Copy)]
enum Names {
    /// Both come from the same hundred: which of them is the clean one means nothing.
    Any,
    /// The clean one is always the same, and so is the patch one.
    Fixed,
}

/// Twenty pairs of token ids: a name, one of forty verbs, a last token.
fn pairs(names: Names, seed: u64) -> String {
    let mut numbers = Mt64::new(seed);
    let mut draw = |first: u64, count: u64| first + numbers.next_u64() % count;
    let pair = |_| {
        let (clean, patch, verb) = (draw(10, 100), draw(10, 100), draw(130, 40));
        let (clean, patch) = match names {
            Names::Any => (clean, patch),
            Names::Fixed => (10, 11),
        };
        let line = json!({
            "clean_prefix": [clean, verb, 5],
            "patch_prefix": [patch, verb, 5],
            "clean_answer": 2,
            "patch_answer": 3,
        });
        format!("{line}\n")
    };
    (0..20).map(pair).collect()
}

/// The number of features of random weights whose q is below 0.05, among all that have an effect in these pairs.
fn discoveries_on_random_weights(names: Names, seed: u64) -> usize {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    saescope(folder, &format!("synth --preset tiny --output w --pairs 20 --seed {seed}"));
    fs::write(folder.join("pairs"), pairs(names, seed)).unwrap();
    let inputs = "--model w/model --dictionaries w/sae-lens --pairs pairs";
    saescope(folder, &format!("run {inputs} --despite-fit --detail 100000 --output run"));
    let (discovered, tested) = discoveries(folder, "--threshold 0");
    assert!(tested > 300, "only {tested} features were tested");
    discovered
}

#[test]
fn random_weights_and_pairs_without_a_concept_give_no_discovery() {
    let found = (0..20).map(|seed| (seed, discoveries_on_random_weights(Names::Any, seed)));
    let wrong: Vec<(u64, usize)> = found.filter(|(_, discovered)| *discovered > 0).collect();
    assert!(wrong.len() <= 1, "(seed, discoveries): {wrong:?}");
}

/// Whether the test above can fail: of the same weights, a contrast that all pairs share is found.
#[test]
fn random_weights_and_pairs_with_one_contrast_give_discoveries() {
    let discovered = discoveries_on_random_weights(Names::Fixed, 0);
    assert!(discovered > 20, "{discovered}");
}

/// The other side: where there is a concept, the same test finds it.
#[test]
fn the_demo_has_discoveries() {
    let home = tempfile::tempdir().unwrap();
    saescope(home.path(), "run --output run");
    let (discovered, _) = discoveries(home.path(), "--top-k 30");
    assert_eq!(discovered, 30);
}

/// What the strongest features of the demo respond to in its corpus is one of the ready-made labels, at the upper half of their activations.
#[test]
fn ready_made_labels_describe_the_demo_s_strongest_features() {
    let home = tempfile::tempdir().unwrap();
    saescope(home.path(), "run --output run");
    let text = saescope(home.path(), "corpus run --top-k 10 --quantile 0.5 --format json");
    let found: Value = serde_json::from_str(&text).unwrap();
    let features = found["features"].as_array().unwrap();
    assert_eq!(features.len(), 10);
    let best =
        |feature: &Value| (feature["best"]["label"].as_str().unwrap().to_owned(), feature["best"]["precision"].as_f64().unwrap());
    let imprecise: Vec<&Value> = features.iter().filter(|feature| best(feature).1 <= 0.9).collect();
    // This one fires at a quarter of all tokens, wherever the text is about a man: no label on words has its recall, and the one that describes
    // its strong activations is too wide to have the largest F1.
    assert_eq!(imprecise.iter().map(|feature| feature["feature"].as_str().unwrap()).collect::<Vec<_>>(), ["2-att-sm/165"]);
    assert!(imprecise[0]["rate"].as_f64().unwrap() > 0.2);
    let wide = imprecise[0]["scores"].as_array().unwrap().iter().find(|score| score["label"] == "since a man").unwrap();
    let wide = wide["precision"].as_f64().unwrap();
    assert!(wide > 0.9, "{wide}");
    let narrow = best(imprecise[0]).1;
    says("numbers", &format!("that of \"a man\" with a precision of {narrow:.2}"));
    says("numbers", &format!("{wide:.3} with `--label \"since a man\"`"));
    for feature in features {
        let (label, precision) = best(feature);
        let base = found["labels"].as_array().unwrap().iter().find(|known| known["name"] == *label).unwrap();
        let base = base["tokens"].as_f64().unwrap() / found["tokens"].as_f64().unwrap();
        assert!(precision > 3.0 * base, "{} {label}: precision {precision}, base rate {base}", feature["feature"]);
        assert_eq!(feature["contexts"].as_array().unwrap().len(), 20);
    }
    let all: Value = serde_json::from_str(&saescope(home.path(), "corpus run --top-k 3 --format json")).unwrap();
    let precisions: Vec<f64> = all["features"].as_array().unwrap().iter().map(|feature| best(feature).1).collect();
    let [first, second, third] = precisions[..] else { panic!("{precisions:?}") };
    let strongest = format!("three strongest features has a precision of {first:.2}, {second:.2} and {third:.2}");
    says(
        "numbers",
        &format!(
            "{strongest}; with the upper half of the activations (`--quantile 0.5`) nine of the ten strongest have one above 0.9"
        ),
    );
    // Asked again, the kept answer gives the same numbers.
    assert_eq!(saescope(home.path(), "corpus run --top-k 10 --quantile 0.5 --format json"), text);
}

//! Shuffled partners: their effects are those of the run where nobody is shuffled, follow from the seed, and are kept.

use std::fs;
use std::path::Path;

use saescope::core::statistics::partners::Partners;
use saescope::engine::cancel::Cancel;
use saescope::engine::loaded::Loaded;
use saescope::engine::memory::Bounds;
use saescope::engine::shuffled::{Question, memory};
use saescope::store::{run_file, run_model};
use serde_json::{Value, json};

use super::manual::says;
use super::{demo_run, program, reference_run};

/// `saescope statistics` with the state of its own folder.
fn statistics(folder: &Path, arguments: &[&str]) -> Value {
    let mut command =
        super::command(folder, &[&["statistics", "run", "--resamples", "1", "--format", "json"], arguments].concat());
    let output = command.env("XDG_STATE_HOME", folder.join("state")).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// With every prompt at its own place, each view is that of the run: same features, same effects up to rounding. With other partners it is not.
#[test]
fn own_partners_give_the_effects_of_the_run() {
    let folder = reference_run("10");
    let run = run_file::read(&folder.path().join("run")).unwrap();
    let cancel = Cancel::default();
    let loaded = Loaded::open(&run_model::of(&run.manifest).unwrap(), None, Bounds::NONE, &cancel).unwrap();
    for view in run.manifest.study.all() {
        let question = Question { manifest: &run.manifest, view, seed: 1 };
        let of = |partners: &Partners| question.effects(partners, &loaded, &memory(), &cancel).unwrap();
        let (own, expected) = (of(&Partners::own(8)), run.view(view));
        let mut largest = 0.0_f32;
        for (own, expected) in own.submodules.iter().zip(&expected.submodules) {
            assert_eq!((own.submodule, &own.features), (expected.submodule, &expected.features));
            for (own, expected) in own.effects.iter().zip(&expected.effects) {
                assert!((own - expected).abs() < 2e-6, "{own}, run {expected}");
                largest = largest.max(expected.abs());
            }
        }
        assert!(largest > 0.05, "{largest}");
        let lengths: Vec<usize> = run.manifest.data(view).examples.iter().map(|example| example.clean_tokens.len()).collect();
        let shuffled = of(&Partners::shuffled(&lengths, 1, 0));
        assert_eq!(shuffled.clean_metrics.len(), 8);
        let moved = shuffled.submodules.iter().zip(&expected.submodules).any(|(shuffled, expected)| {
            shuffled.features != expected.features || (shuffled.feature_sum() - expected.feature_sum()).abs() > 1e-3
        });
        assert!(moved, "view {}", view.0);
    }
}

/// The demo's pairs share one contrast: no list of shuffled pairs is nearly as long, and its strongest features are never reached. The same
/// seed gives the same shuffles, of which fewer are the first; what is kept needs no model.
#[test]
fn shuffles_of_the_demo_lose_its_concept_and_follow_from_the_seed() {
    let home = demo_run();
    let folder = home.path();
    let found = statistics(folder, &["--threshold", "0.1", "--shuffled", "4", "--seed", "3"]);
    let partners = &found["shuffled_partners"];
    let (expected, selected) = (partners["expected"].as_f64().unwrap(), partners["selected"].as_f64().unwrap());
    assert!(selected > 20.0 && expected < 0.6 * selected, "{partners}");
    assert_eq!((&partners["shuffles"], &partners["seed"], &partners["smallest_p"]), (&json!(4), &json!(3), &json!(0.2)));
    for strongest in found["features"].as_array().unwrap().iter().take(3) {
        let partners = &strongest["shuffled_partners"];
        assert_eq!((&partners["reached"], &partners["p"]), (&json!(0), &json!(0.2)), "{strongest}");
        assert!(partners["largest_effect"].as_f64().unwrap() < strongest["effect"].as_f64().unwrap().abs());
    }
    let kept: Vec<_> = fs::read_dir(folder.join("state/saescope/shuffled")).unwrap().collect();
    assert_eq!(kept.len(), 1);
    let fewer = statistics(folder, &["--threshold", "0.1", "--shuffled", "2", "--seed", "3", "--model", "nowhere"]);
    let counts = |found: &Value| found["shuffled_partners"]["per_shuffle"].as_array().unwrap().clone();
    assert_eq!(counts(&fewer), counts(&found)[..2]);
    fs::remove_dir_all(folder.join("state")).unwrap();
    assert_eq!(statistics(folder, &["--threshold", "0.1", "--shuffled", "4", "--seed", "3"]), found);
    let other = statistics(folder, &["--threshold", "0.1", "--shuffled", "4", "--seed", "4"]);
    assert_ne!(other["features"], found["features"]);
}

/// How many features of the whole demo shuffles and exchange list is what the manual says.
#[test]
fn the_manual_says_what_shuffles_of_the_demo_list() {
    let home = tempfile::tempdir().unwrap();
    super::saescope(home.path(), &["run", "--output", "run"]);
    let found = statistics(home.path(), &["--threshold", "0.1", "--shuffled", "11"]);
    let number = |part: &str, name: &str| found[part][name].as_f64().unwrap();
    let (expected, selected) = (number("shuffled_partners", "expected"), number("shuffled_partners", "selected"));
    let counts: Vec<u64> = serde_json::from_value(found["shuffled_partners"]["per_shuffle"].clone()).unwrap();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    says(
        "numbers",
        &format!(
            "`shuffled {expected:.1} of {selected}`. On the demo, {selected} features are above 0.1 in the male view: 11 shuffles list \
             {expected:.1} on average ({least} to {most}), exchange {:.1}.",
            number("chance", "expected")
        ),
    );
}

/// Keeping is an extra: where it is not possible, that is said before the work, and the answer comes all the same.
#[test]
fn shuffles_that_cannot_be_kept_are_computed_all_the_same() {
    let home = demo_run();
    let folder = home.path();
    let arguments = ["statistics", "run", "--resamples", "1", "--shuffled", "2"];
    // HOME and the folder of the state; None is a variable that is not set.
    let with = |home: Option<&str>, state: Option<&str>| {
        let mut command = super::command(folder, &arguments);
        for (name, value) in [("HOME", home), ("XDG_STATE_HOME", state)] {
            match value {
                Some(value) => command.env(name, folder.join(value)),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        let (table, note) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success() && table.contains("shuffled"), "{note}{table}");
        (table, note)
    };
    let (expected, note) = with(None, Some("state"));
    assert_eq!(note, "");
    fs::write(folder.join("a file"), "").unwrap();
    for (home, state) in [(Some("a file"), None), (None, Some("a file"))] {
        let (table, note) = with(home, state);
        assert_eq!(table, expected);
        assert!(note.starts_with("note: the shuffles are not kept for the next time: ") && note.contains("a file"), "{note}");
    }
    let kept = fs::read_dir(folder.join("state/saescope/shuffled")).unwrap().next().unwrap().unwrap().path();
    fs::write(&kept, "{").unwrap();
    let output = super::command(folder, &arguments).env("XDG_STATE_HOME", folder.join("state")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("is no kept answer: it ends too early; delete it"), "{said}");
}

#[test]
fn what_does_not_go_with_shuffles_is_said() {
    let home = demo_run();
    for (arguments, expected) in [
        (&["--view", "difference", "--shuffled", "2"][..], "name one view"),
        (&["--model", "demo"], "is only for --shuffled"),
        (&["--seed", "3"], "--shuffled"),
    ] {
        let output = program(home.path(), &[&["statistics", "run"], arguments].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(expected), "{arguments:?}: {text}");
    }
}

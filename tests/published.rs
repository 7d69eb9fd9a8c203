//! The program's own selection, comparison, tables and quick lists give what the study's notebook printed of the same features.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use saescope::core::neuronpedia::{Reference, layer_name, quick_lists, submodule};
use saescope::core::submodule::{FeatureId, FeatureIndex, Submodule};
use serde_json::Value;

fn notebook() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/published/names_comparison.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What the program prints of one view or comparison.
struct Section {
    /// The line that names it, such as `male, |effect| > 0.1: 19 features in 12 submodules`.
    heading: String,
    text: String,
}

impl Section {
    /// The features of its table, from top to bottom.
    fn features(&self) -> Vec<&str> {
        let words = self.text.lines().filter_map(|line| line.split_whitespace().next());
        words.filter(|word| word.split_once('/').is_some_and(|(layer, _)| submodule(layer).is_some())).collect()
    }

    fn set(&self) -> BTreeSet<String> {
        self.features().into_iter().map(str::to_owned).collect()
    }
}

/// The published figures as the program lists them; `selection` are flags.
fn listed(selection: &[&str]) -> Vec<Section> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_saescope"));
    let output = program.args(["--published", "--plain"]).args(selection).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let sections = text.split("\n\n").skip(1).map(|section| {
        let heading = section.lines().next().unwrap().to_owned();
        Section { heading, text: section.to_owned() }
    });
    sections.collect()
}

fn section<'a>(sections: &'a [Section], name: &str) -> &'a Section {
    sections.iter().find(|section| section.heading.starts_with(&format!("{name}, "))).unwrap()
}

/// The features that the notebook printed of a view, with their effects.
fn printed(notebook: &Value, view: &str) -> BTreeMap<String, f64> {
    let submodules = notebook["views"][view]["threshold_features"].as_object().unwrap();
    let named = |(submodule, features): (&String, &Value)| {
        let layer = layer_name(submodule.parse::<Submodule>().unwrap());
        let features = features.as_object().unwrap().iter();
        features.map(|(index, effect)| (format!("{layer}/{index}"), effect.as_f64().unwrap())).collect::<Vec<_>>()
    };
    submodules.iter().flat_map(named).collect()
}

#[test]
fn a_view_lists_the_printed_features_from_the_strongest_down() {
    let (notebook, sections) = (notebook(), listed(&["--threshold", "0.1"]));
    for view in ["male", "female", "baseline"] {
        let (section, figures) = (section(&sections, view), &notebook["views"][view]);
        assert!(section.heading.contains(&format!(": {} features in ", figures["threshold_count"])), "{}", section.heading);
        for (name, key) in [("clean metric", "clean_metric_mean"), ("total effect", "total_effect_mean")] {
            let figure = format!("{name} {:+.4}", figures[key].as_f64().unwrap());
            assert!(section.text.contains(&figure), "{view}: {figure}\n{}", section.text);
        }
        let effects = printed(&notebook, view);
        let strengths: Vec<f64> = section.features().into_iter().map(|feature| effects[feature].abs()).collect();
        assert_eq!(strengths.len(), effects.len(), "{view}");
        assert!(strengths.is_sorted_by(|stronger, weaker| stronger >= weaker), "{view}: {strengths:?}");
    }
}

#[test]
fn a_higher_threshold_keeps_what_lies_above_it() {
    let (notebook, sections) = (notebook(), listed(&["--threshold", "0.3"]));
    for view in ["male", "female", "baseline"] {
        let strong = printed(&notebook, view).into_iter().filter(|(_, effect)| effect.abs() > 0.3).map(|(feature, _)| feature);
        assert_eq!(section(&sections, view).set(), strong.collect(), "{view}");
    }
}

#[test]
fn comparisons_are_what_sets_of_the_printed_features_give() {
    let (notebook, sections) = (notebook(), listed(&[]));
    let [male, baseline] = ["male", "baseline"].map(|view| printed(&notebook, view).into_keys().collect::<BTreeSet<_>>());
    assert_eq!(section(&sections, "difference male-baseline").set(), &male ^ &baseline);
    assert_eq!(section(&sections, "similarity male-baseline").set(), &male & &baseline);
}

/// The notebook printed how many of the two lists of 30 differ and agree.
#[test]
fn the_lists_of_the_strongest_compare_as_the_notebook_counted() {
    let (notebook, sections) = (notebook(), listed(&["--top-k", "30"]));
    for (name, key) in [("difference", "differing"), ("similarity", "common")] {
        let heading = &section(&sections, &format!("{name} male-baseline")).heading;
        assert!(heading.contains(&format!(", top 30: {} features in ", notebook["comparison"][key])), "{heading}");
    }
}

/// `quick_list_male.txt` is what CPython 3.11 writes for the notebook's tagged top-30 list of the male view.
#[test]
fn the_quick_list_is_byte_equal_to_python_s() {
    let notebook = notebook();
    let reference = |tag: &Value| {
        let index = FeatureIndex(u32::try_from(tag["index"].as_u64().unwrap()).unwrap());
        Reference::new("pythia-70m-deduped", FeatureId { submodule: submodule(tag["layer"].as_str().unwrap()).unwrap(), index })
    };
    let references: Vec<Reference> = notebook["top30_tags"]["male"].as_array().unwrap().iter().map(reference).collect();
    assert_eq!(references.len(), 30);
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/quick_list_male.txt");
    assert_eq!(quick_lists("male top 30", &references).unwrap(), [std::fs::read_to_string(python).unwrap().trim_end()]);
}

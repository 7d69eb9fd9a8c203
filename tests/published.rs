//! Selection, comparison and quick lists on the figures that the study's notebook printed.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

use std::collections::BTreeMap;
use std::path::Path;

use saescope::core::comparison::{difference, similarity};
use saescope::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use saescope::core::neuronpedia::{Reference, quick_lists};
use saescope::core::selection::{Selection, select};
use saescope::core::submodule::{FeatureId, FeatureIndex, Submodule, SubmoduleKind};
use saescope::core::view::View;
use serde_json::Value;

const MODEL: &str = "pythia-70m-deduped";

fn fixture(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

fn published() -> Value {
    serde_json::from_str(include_str!("../data/published/names_comparison.json")).unwrap()
}

/// A view that holds exactly the printed features.
fn view(view: View, published: &Value) -> ViewEffects {
    let figures = &published["views"][view.name()];
    let features: BTreeMap<String, BTreeMap<u32, f32>> = serde_json::from_value(figures["threshold_features"].clone()).unwrap();
    let submodules = Submodule::all(6).into_iter().map(|submodule| {
        let found = &features[&submodule.to_string()];
        SubmoduleEffects {
            submodule,
            dictionary_features: 32_768,
            features: found.keys().map(|index| FeatureIndex(*index)).collect(),
            effects: found.values().copied().collect(),
            standard_errors: vec![0.0; found.len()],
            position_effects: found.values().copied().collect(),
            error: ErrorTerm { effect: 0.0, standard_error: 0.0, position_effects: vec![0.0] },
            gradient_dot_change: None,
        }
    });
    let totals: Vec<f32> = serde_json::from_value(figures["total_effects"].clone()).unwrap();
    let clean = figures["clean_metric_mean"].as_f64().unwrap() as f32;
    ViewEffects {
        view,
        clean_metrics: vec![clean; totals.len()],
        patch_metrics: totals.iter().map(|total| clean + total).collect(),
        positions: 1,
        submodules: submodules.collect(),
        detail: Detail::default(),
    }
}

#[test]
fn counts_and_means_are_the_printed_ones() {
    let published = published();
    for name in View::ALL {
        let view = view(name, &published);
        let figures = &published["views"][name.name()];
        let above = select(&view, Selection::Threshold(0.1));
        assert_eq!(above.len() as u64, figures["threshold_count"].as_u64().unwrap(), "{name}");
        // Printed with four decimals.
        let mean = figures["total_effect_mean"].as_f64().unwrap();
        assert!((view.mean_total_effect() - mean).abs() < 1e-4, "{name}: {} {mean}", view.mean_total_effect());
        assert!(above.is_sorted_by(|left, right| left.effect.abs() >= right.effect.abs()));
        // Nothing that was printed lies at or below the threshold, and a higher threshold is a subset.
        let higher = select(&view, Selection::Threshold(0.3));
        assert!(higher.iter().all(|selected| above.contains(selected)) && higher.len() < above.len());
    }
}

#[test]
fn the_strongest_printed_features_come_first() {
    let male = view(View::Male, &published());
    let top: Vec<String> = select(&male, Selection::TopK(3)).iter().map(|selected| selected.feature.to_string()).collect();
    assert_eq!(top, ["resid_5/26074", "resid_4/12420", "resid_5/10643"]);
}

/// The notebook compares top-30 lists (28 differ, 16 in common); of their values it printed those above the threshold, on which the
/// same rules give what Python's sets give.
#[test]
fn comparisons_are_what_python_sets_give() {
    let published = published();
    let keys = |name: View| -> std::collections::BTreeSet<FeatureId> {
        view(name, &published)
            .submodules
            .iter()
            .flat_map(|effects| {
                effects.features.iter().map(|index| FeatureId { submodule: effects.submodule, index: *index }).collect::<Vec<_>>()
            })
            .collect()
    };
    for (a, b) in [(View::Male, View::Baseline), (View::Female, View::Baseline), (View::Male, View::Female)] {
        let (left, right) = (view(a, &published), view(b, &published));
        let found =
            |compared: Vec<saescope::core::comparison::Compared>| compared.into_iter().map(|compared| compared.feature).collect();
        let differing: std::collections::BTreeSet<FeatureId> = found(difference(&left, &right, Selection::Threshold(0.1)));
        let common: std::collections::BTreeSet<FeatureId> = found(similarity(&left, &right, Selection::Threshold(0.1)));
        assert_eq!(differing, keys(a).symmetric_difference(&keys(b)).copied().collect());
        assert_eq!(common, keys(a).intersection(&keys(b)).copied().collect());
    }
}

fn parse_layer(name: &str) -> Submodule {
    let (layer, rest) = name.split_once('-').unwrap();
    let kind = SubmoduleKind::ALL.into_iter().find(|kind| rest == format!("{}-sm", kind.neuronpedia_name())).unwrap();
    Submodule::new(kind, layer.parse().unwrap())
}

/// `quick_list_male.txt` is what CPython 3.11 writes for the notebook's tagged top-30 list of the male view.
#[test]
fn the_quick_list_is_byte_equal_to_python_s() {
    let published = published();
    let references: Vec<Reference> = published["top30_tags"]["male"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| {
            let feature = FeatureId {
                submodule: parse_layer(tag["layer"].as_str().unwrap()),
                index: FeatureIndex(u32::try_from(tag["index"].as_u64().unwrap()).unwrap()),
            };
            Reference::new(MODEL, feature)
        })
        .collect();
    assert_eq!(references.len(), 30);
    assert_eq!(quick_lists("male top 30", &references), [fixture("quick_list_male.txt").trim_end()]);
}

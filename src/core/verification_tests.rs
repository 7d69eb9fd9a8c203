//! The published figures reproduce themselves, and each kind of figure can fail.

use super::*;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects};
use crate::core::submodule::{FeatureIndex, Submodule};

fn published() -> Published {
    Published::parse(include_str!("../../data/published/names_comparison.json"), "names").unwrap()
}

/// What the study printed of a view, as a run would hold it. The weak features of the strongest were printed without their effects:
/// these get effects below the threshold.
fn view(view: View, published: &Published) -> ViewEffects {
    let printed = published.findings.view(view);
    let Coverage::Printed { listed, .. } = &printed.coverage else { panic!("not printed") };
    let submodules = Submodule::all(6).into_iter().map(|submodule| {
        let known = printed.submodule(submodule).map(|ranked| ranked.effects());
        let mut features: Vec<(FeatureIndex, f32)> =
            known.iter().flat_map(|known| known.features.iter().copied().zip(known.effects.iter().copied())).collect();
        for feature in listed.iter().filter(|feature| feature.submodule == submodule) {
            if printed.effect(*feature).is_none() {
                features.push((feature.index, 0.05));
            }
        }
        features.sort_unstable_by_key(|(index, _)| *index);
        SubmoduleEffects {
            submodule,
            dictionary_features: 32_768,
            features: features.iter().map(|(index, _)| *index).collect(),
            effects: features.iter().map(|(_, effect)| *effect).collect(),
            standard_errors: vec![0.0; features.len()],
            position_effects: Vec::new(),
            error: ErrorTerm { effect: 0.0, standard_error: 0.0, position_effects: Vec::new() },
            gradient_dot_change: None,
        }
    });
    let clean = printed.summary.clean_metric.unwrap() as f32;
    ViewEffects {
        view,
        clean_metrics: vec![clean; printed.summary.total_effects.len()],
        patch_metrics: printed.summary.total_effects.iter().map(|total| clean + total).collect(),
        positions: 0,
        submodules: submodules.collect(),
        detail: Detail::default(),
    }
}

/// The verdicts that do not hold, of one view.
fn off(found: &ViewEffects, published: &Published) -> Vec<String> {
    let figures = compare_view(found, published.findings.view(found.view), 30);
    figures.into_iter().filter(|figure| !figure.verdict.holds()).map(|figure| figure.name).collect()
}

fn change(found: &mut ViewEffects, submodule: &str, index: u32, effect: f32) {
    let effects = found.submodules.iter_mut().find(|effects| effects.submodule.to_string() == submodule).unwrap();
    let slot = effects.features.binary_search(&FeatureIndex(index)).unwrap();
    effects.effects[slot] = effect;
}

#[test]
fn the_published_figures_reproduce_themselves() {
    let published = published();
    for kind in View::ALL {
        let found = view(kind, &published);
        let figures = compare_view(&found, published.findings.view(kind), 30);
        assert_eq!(figures.len(), if kind == View::Baseline { 5 } else { 6 });
        for figure in figures {
            assert_eq!(figure.verdict, Verdict::Same, "{figure:?}");
        }
    }
    let counts =
        View::ALL.map(|kind| compare_view(&view(kind, &published), published.findings.view(kind), 30)[3].published.clone());
    assert_eq!(counts, ["19", "20", "19"]);
}

#[test]
fn every_kind_of_figure_can_fail() {
    let published = published();
    let male = view(View::Male, &published);
    let mut shifted = male.clone();
    shifted.clean_metrics.iter_mut().chain(&mut shifted.patch_metrics).for_each(|metric| *metric += 0.002);
    assert_eq!(off(&shifted, &published), ["male: clean metric, mean"]);
    let mut one = male.clone();
    one.patch_metrics[7] += 0.01;
    assert_eq!(off(&one, &published), ["male: total effect of each example"]);
    let mut effect = male.clone();
    change(&mut effect, "resid_5", 26_074, 0.9);
    assert_eq!(off(&effect, &published), ["male: their effects"]);
    let mut gone = male.clone();
    change(&mut gone, "resid_5", 26_074, 0.0);
    assert_eq!(off(&gone, &published), ["male: features above 0.1", "male: their effects", "male: top 30"]);
    let mut short = male.clone();
    short.clean_metrics.pop();
    short.patch_metrics.pop();
    assert!(off(&short, &published).contains(&"male: total effect of each example".to_owned()));
    let mut not_a_number = male;
    not_a_number.clean_metrics[0] = f32::NAN;
    assert!(off(&not_a_number, &published).len() >= 2);
}

#[test]
fn what_is_within_the_tolerance_of_an_edge_is_no_failure() {
    let published = published();
    let mut male = view(View::Male, &published);
    // Published as -0.1013: below the threshold now, and close to it.
    change(&mut male, "mlp_5", 26_689, -0.0995);
    let figures = compare_view(&male, published.findings.view(View::Male), 30);
    let verdict = |name: &str| figures.iter().find(|figure| figure.name == name).unwrap().verdict;
    assert_eq!(verdict("male: features above 0.1"), Verdict::Edge);
    assert_eq!(verdict("male: their effects"), Verdict::Differs);
    assert_eq!(verdict("male: top 30"), Verdict::Same);
}

#[test]
fn lists_of_two_views_are_counted() {
    let published = published();
    let (male, baseline) = (view(View::Male, &published), view(View::Baseline, &published));
    // Of the baseline only 19 features are known.
    let figure = compare_lists(&male, &baseline, &published);
    assert_eq!(figure.published, "28 / 16");
    let [differing, common] = figure.here.split(" / ").map(|count| count.parse::<usize>().unwrap()).collect::<Vec<_>>()[..]
    else {
        panic!("{}", figure.here)
    };
    assert_eq!(differing + 2 * common, 49);
}

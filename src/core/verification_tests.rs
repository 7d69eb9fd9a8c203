//! Tests that the published figures reproduce themselves, and that each kind of figure can fail.

use std::sync::Arc;

use super::*;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::pair_effects::PairEffects;
use crate::core::published::Comparison;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, name, names};
use crate::core::submodule::{FeatureIndex, Submodule};

fn published() -> Published {
    Published::parse(include_str!("../../data/published/names_comparison.json"), "names", &Arc::new(names())).unwrap()
}

/// The printed figures of a view as a run would hold them. The weaker features of the list of the strongest were printed
/// without effects: they get effects below the threshold here.
fn view(view: crate::core::view::View, published: &Published) -> ViewEffects {
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
            pair_effects: PairEffects::default(),
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

fn figures(found: &ViewEffects, published: &Published) -> Vec<Figure> {
    let name = published.findings.study.name(found.view);
    compare_view(name, &ViewFindings::from_effects(found.clone(), 6), published.findings.view(found.view), 30)
}

/// The names of the figures that differ in one view.
fn off(found: &ViewEffects, published: &Published) -> Vec<String> {
    let figures = figures(found, published);
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
    for kind in [MALE, FEMALE, BASELINE] {
        let found = view(kind, &published);
        let figures = figures(&found, &published);
        assert_eq!(figures.len(), 6);
        for figure in figures {
            assert_eq!(figure.verdict, Verdict::Same, "{figure:?}");
        }
    }
    let counts = [MALE, FEMALE, BASELINE].map(|kind| figures(&view(kind, &published), &published)[3].published.clone());
    assert_eq!(counts, ["19", "20", "19"]);
}

#[test]
fn every_kind_of_figure_can_fail() {
    let published = published();
    let male = view(MALE, &published);
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
    let mut male = view(MALE, &published);
    // The published effect is -0.1013; now it is below the threshold, but close to it.
    change(&mut male, "mlp_5", 26_689, -0.0995);
    let figures = figures(&male, &published);
    let verdict = |name: &str| figures.iter().find(|figure| figure.name == name).unwrap().verdict;
    assert_eq!(verdict("male: features above 0.1"), Verdict::Edge);
    assert_eq!(verdict("male: their effects"), Verdict::Differs);
    assert_eq!(verdict("male: top 30"), Verdict::Same);
}

#[test]
fn a_list_that_is_too_short_is_off_even_at_its_edge() {
    let mut published = published();
    let male = view(MALE, &published);
    let findings = Arc::make_mut(&mut published.findings);
    let Coverage::Printed { listed, .. } = &mut findings.view_mut(MALE).coverage else { panic!("not printed") };
    // Remove one of the features without printed effects: all of them lie at the edge here.
    let weak = listed.iter().position(|feature| male.effect(*feature).abs() < 0.1).unwrap();
    listed.remove(weak);
    assert_eq!(off(&male, &published), ["male: top 30"]);
}

#[test]
fn lists_of_two_views_are_compared() {
    let mut published = published();
    let (male, baseline) = (view(MALE, &published), view(BASELINE, &published));
    let compared = |baseline: &ViewEffects, published: &Published, lists_hold| {
        let views = [&male, baseline].map(|view| ViewFindings::from_effects(view.clone(), 6));
        compare_lists(["male", "baseline"].map(name), views.each_ref(), &published.study, lists_hold)
    };
    let compare = |baseline: &ViewEffects, published: &Published| compared(baseline, published, true);
    let figure = compare(&baseline, &published);
    assert_eq!((figure.here.as_str(), figure.verdict), ("28 / 16", Verdict::Same));
    for (differing, common, verdict) in
        [(60, 0, Verdict::Differs), (0, 30, Verdict::Differs), (50, 5, Verdict::Differs), (28, 15, Verdict::Differs)]
    {
        published.study.comparison = Comparison { differing, common };
        assert_eq!(compare(&baseline, &published).verdict, verdict, "{differing} / {common}");
    }
    // A feature that both views share loses its place to another one, first by less than the tolerance explains, then by more.
    published.study.comparison = Comparison { differing: 28, common: 16 };
    let Coverage::Printed { listed, .. } = &published.findings.view(BASELINE).coverage else { panic!("not printed") };
    let shared =
        listed.iter().find(|feature| male.effect(**feature).abs() > 0.0 && (baseline.effect(**feature) - 0.05).abs() < 1e-6);
    let shared = *shared.unwrap();
    for (lost, gained, verdict) in [(0.0495, 0.0505, Verdict::Edge), (0.01, 0.06, Verdict::Differs)] {
        let mut exchanged = baseline.clone();
        change(&mut exchanged, &shared.submodule.to_string(), shared.index.0, lost);
        let effects = &mut exchanged.submodules[shared.submodule.ordinal(6)];
        let slot = effects.features.partition_point(|index| index.0 < 32_767);
        effects.features.insert(slot, FeatureIndex(32_767));
        effects.effects.insert(slot, gained);
        effects.standard_errors.insert(slot, 0.0);
        let figure = compare(&exchanged, &published);
        assert_eq!((figure.here.as_str(), figure.verdict), ("30 / 15", verdict), "{lost} {gained}");
        let other = compared(&exchanged, &published, false);
        assert_eq!(other.verdict, Verdict::Differs, "a printed list is another one");
    }
}

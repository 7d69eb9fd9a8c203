//! Plain definitions of selecting and comparing. Property tests check the fast versions against them.

use std::collections::BTreeSet;

use super::effects::ViewEffects;
use super::selection::{Selected, Selection, by_strength};
use super::submodule::FeatureId;

/// The features that `selection` picks, strongest first: all features are sorted, then cut.
pub fn select(view: &ViewEffects, selection: Selection) -> Vec<Selected> {
    let all = view.submodules.iter().flat_map(|effects| {
        effects.features.iter().zip(&effects.effects).map(|(index, effect)| Selected {
            feature: FeatureId { submodule: effects.submodule, index: *index },
            effect: *effect,
        })
    });
    let mut all: Vec<Selected> = all.filter(|candidate| candidate.effect.is_finite() && candidate.effect != 0.0).collect();
    all.sort_by(by_strength);
    match selection {
        Selection::Threshold(threshold) => all.retain(|candidate| candidate.effect.abs() > threshold),
        Selection::TopK(count) => all.truncate(count),
    }
    all
}

/// The features that both selections hold (if `common`), or that only one of them holds, ranked by the larger effect among the
/// selections that hold them.
pub fn compare(first: &ViewEffects, second: &ViewEffects, selection: Selection, common: bool) -> Vec<Selected> {
    let held = [first, second]
        .map(|view| select(view, selection).into_iter().map(|selected| selected.feature).collect::<BTreeSet<FeatureId>>());
    let mut compared: Vec<Selected> = held[0]
        .union(&held[1])
        .filter(|feature| (held[0].contains(feature) && held[1].contains(feature)) == common)
        .map(|feature| {
            let effects = [first.effect(*feature), second.effect(*feature)];
            let by_second = !held[0].contains(feature) || (common && effects[1].abs() > effects[0].abs());
            Selected { feature: *feature, effect: effects[usize::from(by_second)] }
        })
        .collect();
    compared.sort_by(by_strength);
    compared
}

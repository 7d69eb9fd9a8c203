//! Two selections side by side: what only one of them holds, and what both hold.
//!
//! The Python original lists a difference in the order of Python's hash table; here it is strongest first.

use std::collections::BTreeMap;

use super::effects::ViewEffects;
use super::selection::{Selected, Selection, by_strength, select};
use super::submodule::FeatureId;
use super::view::View;

/// A feature of a comparison, with its effect in both views.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Which feature.
    pub feature: FeatureId,
    /// The views whose selection holds it: one in a difference, both in a similarity.
    pub held_by: HeldBy,
    /// Its effect in the first view, selected there or not.
    pub first_effect: f32,
    /// Its effect in the second view.
    pub second_effect: f32,
}

/// Which of two selections hold a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// Only one view's.
    Only(View),
    /// Both.
    Both,
}

impl Compared {
    /// Whether it is ranked by its effect in the second view: the one that holds it, or the stronger one where both do.
    pub fn ranks_by_second(&self, first: View) -> bool {
        match self.held_by {
            HeldBy::Only(view) => view != first,
            HeldBy::Both => self.second_effect.abs() > self.first_effect.abs(),
        }
    }

    /// The effect by which it is ranked.
    pub fn ranking_effect(&self, first: View) -> f32 {
        if self.ranks_by_second(first) { self.second_effect } else { self.first_effect }
    }
}

/// Features that only one of the two selections holds, strongest first.
pub fn difference(first: &ViewEffects, second: &ViewEffects, selection: Selection) -> Vec<Compared> {
    compare(first, second, selection, |held_by| held_by != HeldBy::Both)
}

/// Features that both selections hold, strongest first.
pub fn similarity(first: &ViewEffects, second: &ViewEffects, selection: Selection) -> Vec<Compared> {
    compare(first, second, selection, |held_by| held_by == HeldBy::Both)
}

fn compare(first: &ViewEffects, second: &ViewEffects, selection: Selection, keep: impl Fn(HeldBy) -> bool) -> Vec<Compared> {
    let mut held: BTreeMap<FeatureId, HeldBy> =
        select(first, selection).into_iter().map(|selected| (selected.feature, HeldBy::Only(first.view))).collect();
    for selected in select(second, selection) {
        held.entry(selected.feature).and_modify(|held_by| *held_by = HeldBy::Both).or_insert(HeldBy::Only(second.view));
    }
    let mut compared: Vec<Compared> = held
        .into_iter()
        .filter(|(_, held_by)| keep(*held_by))
        .map(|(feature, held_by)| Compared {
            feature,
            held_by,
            first_effect: first.effect(feature),
            second_effect: second.effect(feature),
        })
        .collect();
    let key = |compared: &Compared| Selected { feature: compared.feature, effect: compared.ranking_effect(first.view) };
    compared.sort_by(|left, right| by_strength(&key(left), &key(right)));
    compared
}

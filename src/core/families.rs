//! Families: features of different layers' residual streams that are copies of each other.
//!
//! The residual stream carries on what was written into it, so that a dictionary of each layer has a feature for the same thing. Two features
//! of different layers are taken as copies if their decoder rows point nearly the same way and they are active together in the prompts; what
//! is copies of each other through others is one family. Thresholds are a choice: neither a cosine nor a co-activation proves one mechanism.

use std::collections::{BTreeMap, BTreeSet};

use super::detail_index::{DetailIndex, Entry};
use super::submodule::FeatureId;

/// Least cosine of the decoder rows of two copies.
pub const COSINE: f32 = 0.7;

/// Least co-activation of two copies.
pub const COACTIVATION: f64 = 0.7;

/// Two features of different layers whose decoder rows have a cosine of at least [`COSINE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alike {
    /// The feature of the lower layer.
    pub left: FeatureId,
    /// The other feature.
    pub right: FeatureId,
    /// The cosine of both decoder rows.
    pub cosine: f32,
}

/// The cosine of the activations of two features over all tokens of clean and patch prompts at which one of them differs between the prompts;
/// None if the activations of one were not kept, or there are none.
pub fn coactivation(detail: &DetailIndex, left: FeatureId, right: FeatureId) -> Option<f64> {
    let place = |entry: &Entry| (entry.example, entry.position);
    let of = |feature| -> Option<BTreeMap<(usize, usize), Entry>> {
        Some(detail.entries(feature)?.map(|entry| (place(&entry), entry)).collect())
    };
    let (left, right) = (of(left)?, of(right)?);
    let product = |one: &Entry, other: &Entry| {
        f64::from(one.clean) * f64::from(other.clean) + f64::from(one.patch) * f64::from(other.patch)
    };
    let square = |entries: &BTreeMap<(usize, usize), Entry>| entries.values().map(|entry| product(entry, entry)).sum::<f64>();
    let common: f64 = left.iter().filter_map(|(place, entry)| Some(product(entry, right.get(place)?))).sum();
    let length = (square(&left) * square(&right)).sqrt();
    (length > 0.0).then(|| common / length)
}

/// Which features are copies of each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Families {
    /// The features that were looked at.
    asked: BTreeSet<FeatureId>,
    /// Number of those whose activations were not kept, so that no copy of them can be found.
    not_kept: usize,
    /// Each member of a family with the family's first member.
    first: BTreeMap<FeatureId, FeatureId>,
}

impl Families {
    /// The families among `asked`, given what is `alike`, by the activations in `detail`.
    pub fn new(asked: impl IntoIterator<Item = FeatureId>, alike: &[Alike], detail: &DetailIndex) -> Self {
        let asked: BTreeSet<FeatureId> = asked.into_iter().collect();
        let not_kept = asked.iter().filter(|feature| detail.entries(**feature).is_none()).count();
        let mut families = Self { asked, not_kept, first: BTreeMap::new() };
        for Alike { left, right, .. } in alike {
            if coactivation(detail, *left, *right).is_some_and(|both| both >= COACTIVATION) {
                families.join(*left, *right);
            }
        }
        families
    }

    fn join(&mut self, left: FeatureId, right: FeatureId) {
        let of = |feature: FeatureId| self.first.get(&feature).copied().unwrap_or(feature);
        let (left_first, right_first) = (of(left), of(right));
        let first = left_first.min(right_first);
        self.first.insert(left, first);
        self.first.insert(right, first);
        for member in self.first.values_mut().filter(|member| **member == left_first || **member == right_first) {
            *member = first;
        }
    }

    /// The family of `feature`, by a member that is the same for all of them; None if it has no copies, or was not looked at.
    pub fn of(&self, feature: FeatureId) -> Option<FeatureId> {
        self.first.get(&feature).copied()
    }

    /// Number of features that were looked at: those that were asked about and whose activations were kept.
    pub fn looked_at(&self) -> usize {
        self.asked.len() - self.not_kept
    }

    /// Why copies are missing, where activations are; None if all of them were kept.
    pub fn gap(&self) -> Option<String> {
        let all = self.asked.len();
        let of = if self.not_kept == all { "them".to_owned() } else { format!("{} of {all}", self.not_kept) };
        let why = || format!("the activations of {of} are not kept: compute the run with a larger --detail");
        (self.not_kept > 0).then(why)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::effects::Detail;

    fn id(number: u32) -> FeatureId {
        format!("resid_{}/{}", number / 10, number % 10).parse().unwrap()
    }

    /// Features with one activation at each of several places, in the clean prompt of example 0.
    fn detail(features: &[(u32, &[f32])]) -> DetailIndex {
        let mut detail = Detail { features: features.iter().map(|(feature, _)| id(*feature)).collect(), ..Detail::default() };
        for (row, (_, activations)) in features.iter().enumerate() {
            for (position, activation) in activations.iter().enumerate().filter(|(_, activation)| **activation > 0.0) {
                detail.entry_features.push(row as u32);
                detail.entry_examples.push(0);
                detail.entry_positions.push(position as u32);
                detail.entry_effects.push(0.0);
                detail.entry_clean.push(*activation);
                detail.entry_patch.push(0.0);
            }
        }
        DetailIndex::new(detail, 1)
    }

    #[test]
    fn copies_point_the_same_way_and_are_active_together() {
        let detail = detail(&[(1, &[1.0, 0.0, 2.0]), (11, &[2.0, 0.0, 4.0]), (21, &[0.0, 5.0, 0.0]), (31, &[3.0, 0.5, 6.0])]);
        let both = |left, right| coactivation(&detail, id(left), id(right));
        assert!((both(1, 11).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!((both(1, 21), both(1, 12)), (Some(0.0), None));
        let alike = |left, right| Alike { left: id(left), right: id(right), cosine: 0.9 };
        let asked = [1, 11, 21, 31, 12].map(id);
        let families = Families::new(asked, &[alike(1, 11), alike(1, 21), alike(11, 31), alike(1, 12)], &detail);
        assert_eq!([1, 11, 31].map(|feature| families.of(id(feature))), [Some(id(1)); 3]);
        assert_eq!([21, 12].map(|feature| families.of(id(feature))), [None; 2]);
        assert_eq!(families.looked_at(), 4);
        assert!(families.gap().unwrap().starts_with("the activations of 1 of 5 are not kept"));
        let none = Families::new([id(12)], &[], &detail);
        assert!(none.looked_at() == 0 && none.gap().unwrap().starts_with("the activations of them are not kept"));
        assert_eq!(Families::new([id(1)], &[], &detail).gap(), None);
    }

    proptest! {
        /// Against a search along the joins.
        #[test]
        fn families_are_connected(joins in prop::collection::vec((0_u32..9, 0_u32..9), 0..12)) {
            let all: Vec<(u32, &[f32])> = (0..9).map(|number| (10 * number, &[1.0][..])).collect();
            let alike: Vec<Alike> = joins
                .iter()
                .filter(|(left, right)| left != right)
                .map(|(left, right)| Alike { left: id(10 * left), right: id(10 * right), cosine: 1.0 })
                .collect();
            let families = Families::new((0..9).map(|number| id(10 * number)), &alike, &detail(&all));
            for start in (0..9).map(|number| id(10 * number)) {
                let mut reached = BTreeSet::from([start]);
                for _ in 0..9 {
                    for Alike { left, right, .. } in &alike {
                        if reached.contains(left) || reached.contains(right) {
                            reached.extend([*left, *right]);
                        }
                    }
                }
                let expected = if reached.len() > 1 { reached.first().copied() } else { None };
                prop_assert_eq!(families.of(start), expected);
            }
        }
    }
}

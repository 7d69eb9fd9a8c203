//! Single examples of the strongest features, in bounded memory.
//!
//! Which features are strongest is known only at the end. Up to [`LARGEST`] entries, which covers the published study,
//! everything is kept. Beyond that, the entries of the features that are weakest so far are dropped until half of the room is
//! free. A feature that was dropped and turns out to be strong is not listed with half of its examples: it is left out and
//! counted.

use std::collections::HashMap;

use super::per_feature::PerFeature;
use crate::core::effects::{Detail, SubmoduleEffects};
use crate::core::selection::{Selected, by_strength};
use crate::core::submodule::FeatureId;

/// Entries that are kept before any is dropped: 28 bytes each, 11 MB a view.
const LARGEST: usize = 400_000;

/// The effect and activations of one feature at one token of one example.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Ordinal of the feature's submodule.
    pub submodule: u32,
    /// Index of the feature in its dictionary.
    pub feature: u32,
    /// Index of the example in the view's data set.
    pub example: u32,
    /// Position in the prompt.
    pub position: u32,
    /// Effect at this token.
    pub effect: f32,
    /// Activation in the run that the view starts from.
    pub clean: f32,
    /// Activation in the run that the view moves toward.
    pub patch: f32,
}

/// Collects the entries of one view.
pub struct DetailKeeper {
    wanted: usize,
    is_part: bool,
    largest: usize,
    entries: Vec<Entry>,
    let_go: PerFeature<bool>,
}

impl DetailKeeper {
    /// An empty keeper of the entries of the `wanted` strongest features. If the examples are a shard (`is_part`), it also keeps those of
    /// features without an effect: the whole of the shards may be strong in them, and then needs their activations in each example.
    pub fn new(wanted: usize, is_part: bool) -> Self {
        Self { wanted, is_part, largest: LARGEST, entries: Vec::new(), let_go: PerFeature::default() }
    }

    /// Adds entries, except those of features that were dropped.
    pub fn extend(&mut self, entries: impl Iterator<Item = Entry>) {
        if self.wanted > 0 {
            // Features that were dropped come back with every example; they are not kept again.
            let let_go = &self.let_go;
            self.entries.extend(entries.filter(|entry| !let_go.get((entry.submodule, entry.feature))));
        }
    }

    /// Drops weak features if there are too many entries; `strength` gives the magnitude of a feature's summed effect so far, by
    /// ordinal of its submodule and index.
    pub fn shrink(&mut self, strength: impl Fn(u32, u32) -> f64) {
        if self.entries.len() <= self.largest {
            return;
        }
        let mut counts: PerFeature<u32> = PerFeature::default();
        for entry in &self.entries {
            *counts.get_mut((entry.submodule, entry.feature)) += 1;
        }
        let met = counts.iter().filter(|(_, count)| *count > 0);
        let mut features: Vec<(f64, (u32, u32), u32)> =
            met.map(|(feature, count)| (strength(feature.0, feature.1), feature, count)).collect();
        features.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let mut room = self.largest / 2;
        for (_, feature, count) in features {
            // A dense feature that does not fit by itself is dropped; features after it that do fit stay.
            if count as usize <= room {
                room -= count as usize;
            } else {
                *self.let_go.get_mut(feature) = true;
            }
        }
        let let_go = &self.let_go;
        self.entries.retain(|entry| !let_go.get((entry.submodule, entry.feature)));
    }

    /// The entries of the strongest features, strongest feature first, then by example and position; those without an effect come last.
    pub fn finish(self, submodules: &[SubmoduleEffects]) -> Detail {
        let mut ranked: Vec<(Selected, (u32, u32))> = submodules
            .iter()
            .enumerate()
            .flat_map(|(ordinal, effects)| {
                effects.features.iter().zip(&effects.effects).map(move |(index, effect)| {
                    let feature = FeatureId { submodule: effects.submodule, index: *index };
                    (Selected { feature, effect: *effect }, (ordinal as u32, index.0))
                })
            })
            .collect();
        let unmoved: Vec<(Selected, (u32, u32))> = ranked.extract_if(.., |(selected, _)| selected.effect == 0.0).collect();
        let order = |left: &(Selected, _), right: &(Selected, _)| by_strength(&left.0, &right.0);
        if self.wanted < ranked.len() {
            ranked.select_nth_unstable_by(self.wanted, order);
            ranked.truncate(self.wanted);
        }
        ranked.sort_by(order);
        if self.is_part && self.wanted > 0 {
            ranked.extend(unmoved.into_iter().filter(|(_, key)| !self.let_go.get(*key)));
        }
        let (complete, incomplete): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(_, key)| !self.let_go.get(*key));
        let rank: HashMap<(u32, u32), u32> = complete.iter().enumerate().map(|(rank, (_, key))| (*key, rank as u32)).collect();
        let mut entries: Vec<(u32, Entry)> =
            self.entries.into_iter().filter_map(|entry| Some((*rank.get(&(entry.submodule, entry.feature))?, entry))).collect();
        entries.sort_by_key(|(rank, entry)| (*rank, entry.example, entry.position));
        Detail {
            features: complete.into_iter().map(|(selected, _)| selected.feature).collect(),
            incomplete: incomplete.len(),
            entry_features: entries.iter().map(|(rank, _)| *rank).collect(),
            entry_examples: entries.iter().map(|(_, entry)| entry.example).collect(),
            entry_positions: entries.iter().map(|(_, entry)| entry.position).collect(),
            entry_effects: entries.iter().map(|(_, entry)| entry.effect).collect(),
            entry_clean: entries.iter().map(|(_, entry)| entry.clean).collect(),
            entry_patch: entries.iter().map(|(_, entry)| entry.patch).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::effects::ErrorTerm;
    use crate::core::pair_effects::PairEffects;
    use crate::core::submodule::{FeatureIndex, Submodule, SubmoduleKind};

    fn entry(feature: u32, example: u32, effect: f32) -> Entry {
        Entry { submodule: 0, feature, example, position: 0, effect, clean: 0.0, patch: 1.0 }
    }

    fn effects(effects: &[f32]) -> [SubmoduleEffects; 1] {
        [SubmoduleEffects {
            submodule: Submodule::new(SubmoduleKind::Mlp, 0),
            dictionary_features: effects.len(),
            features: (0..effects.len() as u32).map(FeatureIndex).collect(),
            effects: effects.to_vec(),
            standard_errors: vec![0.0; effects.len()],
            position_effects: effects.to_vec(),
            pair_effects: PairEffects::default(),
            error: ErrorTerm { effect: 0.0, standard_error: 0.0, position_effects: vec![0.0] },
            gradient_dot_change: None,
        }]
    }

    #[test]
    fn the_strongest_features_keep_their_examples_in_order() {
        let mut keeper = DetailKeeper::new(2, false);
        keeper.extend([entry(0, 1, 0.1), entry(1, 1, -0.5), entry(2, 1, 0.3), entry(1, 0, -0.7)].into_iter());
        let detail = keeper.finish(&effects(&[0.1, -0.6, 0.3]));
        let indices: Vec<u32> = detail.features.iter().map(|feature| feature.index.0).collect();
        assert_eq!(indices, [1, 2]);
        assert_eq!(detail.entry_features, [0, 0, 1]);
        assert_eq!(detail.entry_examples, [0, 1, 1]);
        assert_eq!(detail.entry_effects, [-0.7, -0.5, 0.3]);
        assert_eq!(detail.incomplete, 0);
    }

    #[test]
    fn a_feature_that_was_let_go_is_counted_and_never_listed_in_part() {
        let mut keeper = DetailKeeper { largest: 10, ..DetailKeeper::new(1, false) };
        keeper.extend((0..20).map(|feature| entry(feature, 0, 0.1)));
        // So far feature 19 is the weakest of twenty; half of the room is for five.
        keeper.shrink(|_, feature| f64::from(20 - feature));
        assert_eq!(keeper.entries.len(), 5);
        keeper.extend([entry(19, 1, 9.0), entry(0, 1, 0.1)].into_iter());
        let mut totals = [0.1; 20];
        totals[19] = 9.1;
        let detail = keeper.finish(&effects(&totals));
        assert!(detail.features.is_empty());
        assert_eq!(detail.incomplete, 1);
    }

    #[test]
    fn no_detail_is_kept_where_none_is_wanted() {
        for is_part in [false, true] {
            let mut keeper = DetailKeeper::new(0, is_part);
            keeper.extend([entry(0, 0, 1.0), entry(1, 0, 0.0)].into_iter());
            assert_eq!(keeper.finish(&effects(&[1.0, 0.0])), Detail::default());
        }
    }

    /// A feature may have no effect in one shard, since nothing after its token depends on it there, and be strong in another.
    #[test]
    fn a_shard_keeps_the_examples_of_features_that_have_no_effect_in_it() {
        for (is_part, kept) in [(false, &[1][..]), (true, &[1, 0])] {
            let mut keeper = DetailKeeper::new(1, is_part);
            keeper.extend([entry(0, 0, 0.0), entry(1, 0, -0.5), entry(2, 0, 0.3)].into_iter());
            let detail = keeper.finish(&effects(&[0.0, -0.5, 0.3]));
            let indices: Vec<u32> = detail.features.iter().map(|feature| feature.index.0).collect();
            assert_eq!((indices.as_slice(), detail.incomplete), (kept, 0));
            assert_eq!(detail.entry_effects.len(), kept.len());
        }
    }
}

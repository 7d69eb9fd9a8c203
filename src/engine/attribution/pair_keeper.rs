//! The effects in single pairs of the features of one submodule, in bounded memory.
//!
//! Up to a bound, which covers studies of several hundred pairs, everything is kept. Beyond it, the entries of the features that are weakest
//! so far are dropped until half of the room is free. What a feature has dropped is never listed in part.

use crate::core::pair_effects::PairEffects;

/// Entries that a view keeps, over all submodules: 12 bytes each, 48 MB.
pub const LARGEST: usize = 4_000_000;

/// The effect of one feature in one pair.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Slot of the feature among those that were met.
    slot: u32,
    /// Index of the pair in the view's data set.
    pair: u32,
    /// Effect, summed over positions.
    effect: f32,
}

/// Collects the entries of one submodule.
pub struct PairKeeper {
    largest: usize,
    entries: Vec<Entry>,
    /// By slot, whether the feature's entries were dropped.
    let_go: Vec<bool>,
}

/// Pairs and effects of all features, slot after slot.
struct BySlot {
    ends: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

impl BySlot {
    fn of(&mut self, slot: usize) -> &mut [(u32, f32)] {
        let start = slot.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(self.entries.len()));
        let end = self.ends.get(slot).copied().unwrap_or(self.entries.len());
        &mut self.entries[start..end]
    }
}

impl PairKeeper {
    /// An empty keeper of up to `largest` entries.
    pub fn new(largest: usize) -> Self {
        Self { largest, entries: Vec::new(), let_go: Vec::new() }
    }

    /// Adds the effect of the feature at `slot` in `pair`. Pairs come in any order, each once.
    pub fn push(&mut self, slot: u32, pair: u32, effect: f32) {
        if effect != 0.0 && self.largest > 0 && !self.has_let_go(slot) {
            self.entries.push(Entry { slot, pair, effect });
        }
    }

    /// Drops weak features if there are too many entries; `strength` gives the magnitude of a feature's summed effect so far, by slot.
    pub fn shrink(&mut self, strength: impl Fn(u32) -> f64) {
        if self.entries.len() <= self.largest {
            return;
        }
        self.entries.sort_by(|left, right| strength(right.slot).total_cmp(&strength(left.slot)).then(left.slot.cmp(&right.slot)));
        let (mut room, mut kept) = (self.largest / 2, Vec::new());
        for of_feature in self.entries.chunk_by(|left, right| left.slot == right.slot) {
            // A feature that does not fit by itself is dropped; features after it that do fit stay.
            if of_feature.len() <= room {
                room -= of_feature.len();
                kept.extend_from_slice(of_feature);
            } else {
                let slot = of_feature[0].slot as usize;
                self.let_go.resize(self.let_go.len().max(slot + 1), false);
                self.let_go[slot] = true;
            }
        }
        self.entries = kept;
    }

    /// The entries of the features at `slots`, in this order.
    pub fn of(&self, slots: &[usize]) -> PairEffects {
        let mut by_slot = self.by_slot();
        let mut found = PairEffects::default();
        for slot in slots {
            let is_kept = self.largest > 0 && !self.has_let_go(*slot as u32);
            let of_feature = by_slot.of(*slot);
            of_feature.sort_unstable_by_key(|(pair, _)| *pair);
            found.push(is_kept.then(|| of_feature.iter().copied()));
        }
        found
    }

    /// Pairs and effects, slot after slot, in linear time: there are as many slots as features were met.
    fn by_slot(&self) -> BySlot {
        let slots = self.entries.iter().map(|entry| entry.slot as usize + 1).max().unwrap_or(0);
        // One entry more than slots: where each slot's entries end, once they are all in their places, and the next one's begin.
        let mut ends = vec![0; slots + 1];
        self.entries.iter().for_each(|entry| ends[entry.slot as usize + 1] += 1);
        for slot in 1..=slots {
            ends[slot] += ends[slot - 1];
        }
        let mut entries = vec![(0, 0.0); self.entries.len()];
        for entry in &self.entries {
            let place = &mut ends[entry.slot as usize];
            entries[*place] = (entry.pair, entry.effect);
            *place += 1;
        }
        BySlot { ends, entries }
    }

    fn has_let_go(&self, slot: u32) -> bool {
        self.let_go.get(slot as usize).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_in_order_of_pairs_and_a_pair_without_effect_has_none() {
        let mut keeper = PairKeeper::new(10);
        for (slot, pair, effect) in [(1, 5, 0.5), (0, 5, 0.25), (1, 2, -0.5), (1, 3, 0.0)] {
            keeper.push(slot, pair, effect);
        }
        let found = keeper.of(&[1, 0, 2]);
        let of = |place| found.of(place).unwrap().collect::<Vec<_>>();
        assert_eq!([of(0), of(1), of(2)], [vec![(2, -0.5), (5, 0.5)], vec![(5, 0.25)], vec![]]);
    }

    #[test]
    fn a_feature_that_was_let_go_is_never_kept_in_part() {
        let mut keeper = PairKeeper::new(4);
        for (slot, pair) in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2)] {
            keeper.push(slot, pair, 0.5);
            keeper.shrink(f64::from);
        }
        // The fifth entry is one too many, and half of the room holds the two of the stronger feature.
        let counts = |keeper: &PairKeeper| keeper.of(&[0, 1]).counts().collect::<Vec<_>>();
        assert_eq!(counts(&keeper), [None, Some(2)]);
        keeper.push(0, 9, 5.0);
        assert_eq!(counts(&keeper), [None, Some(2)]);
    }

    #[test]
    fn where_nothing_is_wanted_nothing_counts_as_kept() {
        assert_eq!(PairKeeper::new(0).of(&[0]).counts().collect::<Vec<_>>(), [None]);
    }
}

//! The effects of features in single pairs, summed over positions: what intervals, tests against chance and paired differences need. They
//! take about a tenth of the room of effects at single tokens, so they are kept for every feature.

use std::ops::Range;

/// For each feature of a submodule its effect in each pair of the view's data; a pair without an entry has effect 0.
///
/// # Shapes
/// With `m` features and `e` entries: `ranges` `[m]`, `pairs`, `effects` `[e]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairEffects {
    /// The entries of each feature; None where they were not kept.
    ranges: Vec<Option<Range<usize>>>,
    /// Indices of pairs, ascending within a feature.
    pairs: Vec<u32>,
    /// Effects in units of the metric.
    effects: Vec<f32>,
}

impl PairEffects {
    /// Adds the next feature with its pairs, ascending, and effects; None if they were not kept.
    pub fn push(&mut self, entries: Option<impl IntoIterator<Item = (u32, f32)>>) {
        let range = entries.map(|entries| {
            let start = self.pairs.len();
            for (pair, effect) in entries {
                self.pairs.push(pair);
                self.effects.push(effect);
            }
            start..self.pairs.len()
        });
        self.ranges.push(range);
    }

    /// The pairs in which the feature at `slot` has an effect, with the effect; None if they were not kept.
    pub fn of(&self, slot: usize) -> Option<impl ExactSizeIterator<Item = (u32, f32)> + '_> {
        let range = self.ranges.get(slot)?.clone()?;
        Some(self.pairs[range.clone()].iter().copied().zip(self.effects[range].iter().copied()))
    }

    /// The number of entries of each feature; None where they were not kept.
    pub fn counts(&self) -> impl ExactSizeIterator<Item = Option<usize>> + '_ {
        self.ranges.iter().map(|range| range.as_ref().map(Range::len))
    }

    /// The pairs of all entries, feature by feature.
    pub fn pairs(&self) -> &[u32] {
        &self.pairs
    }

    /// The effects of all entries, feature by feature.
    pub fn effects(&self) -> &[f32] {
        &self.effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_without_entries_is_another_thing_than_one_whose_entries_were_not_kept() {
        let mut found = PairEffects::default();
        found.push(Some([(1, 0.5), (3, -0.25)]));
        found.push(None::<[(u32, f32); 0]>);
        found.push(Some([]));
        let of = |slot| found.of(slot).map(Iterator::collect::<Vec<_>>);
        assert_eq!([of(0), of(1), of(2), of(3)], [Some(vec![(1, 0.5), (3, -0.25)]), None, Some(vec![]), None]);
        assert_eq!(found.counts().collect::<Vec<_>>(), [Some(2), None, Some(0)]);
        assert_eq!((found.pairs(), found.effects()), (&[1, 3][..], &[0.5, -0.25][..]));
    }
}

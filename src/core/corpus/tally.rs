//! How often and how strongly a feature fires, in a memory that does not grow with the corpus.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::context::Contexts;

/// Bits of an f32 below the edges of bins: five of its mantissa's are left, so that a bin's upper edge is at most 1/32 above its lower one.
const DROPPED: u32 = 18;

/// Tokens whose activation lies between two edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// Number of tokens.
    pub tokens: u64,
    /// Number of those that have each label.
    pub labelled: Vec<u64>,
}

/// What a feature did in the corpus. A code below zero, which some rules give, counts by its size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Number of tokens at which it fired: the activation was not zero.
    pub fired: u64,
    /// The sum of the activations' sizes.
    pub sum: f64,
    /// The largest size of an activation; 0 if it never fired.
    pub largest: f32,
    /// The tokens at which it fired, by the size of the activation.
    pub bins: BTreeMap<u32, Bin>,
    /// Where it fired most.
    pub contexts: Contexts,
}

impl Tally {
    /// Nothing was seen yet.
    pub fn new() -> Self {
        Self { fired: 0, sum: 0.0, largest: 0.0, bins: BTreeMap::new(), contexts: Contexts::default() }
    }

    /// Counts a token with this activation, which is not zero, and these of `labels` labels.
    pub fn count(&mut self, activation: f32, mask: u64, labels: usize) {
        let size = activation.abs();
        self.fired += 1;
        self.sum += f64::from(size);
        self.largest = self.largest.max(size);
        let bin = self.bins.entry(size.to_bits() >> DROPPED).or_insert_with(|| Bin { tokens: 0, labelled: vec![0; labels] });
        bin.tokens += 1;
        for (label, count) in bin.labelled.iter_mut().enumerate() {
            *count += mask >> label & 1;
        }
    }

    /// Whether all parts can belong to one feature's counts with `labels` labels: a file may hold anything.
    pub fn is_whole(&self, labels: usize) -> bool {
        let bins = || self.bins.values();
        let fired = bins().try_fold(0_u64, |sum, bin| sum.checked_add(bin.tokens));
        let last = (self.fired > 0).then(|| self.largest.to_bits() >> DROPPED);
        fired == Some(self.fired)
            && self.bins.last_key_value().map(|(bin, _)| *bin) == last
            && self.largest >= 0.0
            && self.largest.is_finite()
            && self.sum >= 0.0
            && self.sum.is_finite()
            && bins().all(|bin| bin.labelled.len() == labels && bin.labelled.iter().all(|count| *count <= bin.tokens))
            && self.contexts.are_whole()
    }

    /// The mean activation over the tokens at which it fired; None if it never did.
    pub fn mean(&self) -> Option<f64> {
        (self.fired > 0).then(|| self.sum / self.fired as f64)
    }

    /// The largest edge of a bin at or below the quantile `share` of the activations above zero; 0 for the quantile 0. It is at most 3.2 %
    /// below the quantile itself, and counts of tokens from it on are exact.
    pub fn edge(&self, share: f64) -> f32 {
        if share <= 0.0 {
            return 0.0;
        }
        let rank = (share * self.fired as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        for (bin, held) in &self.bins {
            below += held.tokens;
            if below >= rank {
                return f32::from_bits(bin << DROPPED);
            }
        }
        0.0
    }

    /// The numbers of tokens whose activation is at least `edge`, an edge of a bin or 0: all, and those with the label number `label`.
    pub fn count_from(&self, edge: f32, label: usize) -> [u64; 2] {
        self.bins.range(edge.to_bits() >> DROPPED..).fold([0, 0], |[tokens, labelled], (_, bin)| {
            [tokens + bin.tokens, labelled + bin.labelled.get(label).copied().unwrap_or(0)]
        })
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against the sorted list of all activations.
        #[test]
        fn counts_from_an_edge_are_exact_and_the_edge_is_near_the_quantile(
            seen in prop::collection::vec((1e-6_f32..100.0, 0_u64..4), 1..80),
            share in 0.0..0.999_f64,
        ) {
            let mut tally = Tally::new();
            seen.iter().for_each(|(activation, mask)| tally.count(*activation, *mask, 2));
            let mut sorted: Vec<f32> = seen.iter().map(|(activation, _)| *activation).collect();
            sorted.sort_by(f32::total_cmp);
            let edge = tally.edge(share);
            if share > 0.0 {
                let quantile = sorted[((share * sorted.len() as f64).ceil() as usize).max(1) - 1];
                prop_assert!(edge <= quantile && quantile < edge * (1.0 + 1.0 / 32.0) * 1.000_001, "{} {}", edge, quantile);
            } else {
                prop_assert_eq!(edge.to_bits(), 0);
            }
            for label in 0..2 {
                let at_least: Vec<u64> = seen.iter().filter(|(value, _)| *value >= edge).map(|(_, mask)| mask >> label & 1).collect();
                prop_assert_eq!(tally.count_from(edge, label), [at_least.len() as u64, at_least.iter().sum()]);
            }
            prop_assert_eq!(tally.largest.to_bits(), sorted[sorted.len() - 1].to_bits());
        }
    }

    #[test]
    fn codes_below_zero_count_by_their_size_and_nothing_has_no_mean() {
        let mut tally = Tally::new();
        assert_eq!((tally.mean(), tally.edge(0.5)), (None, 0.0));
        tally.count(-2.0, 1, 1);
        tally.count(1.0, 0, 1);
        assert_eq!((tally.fired, tally.mean(), tally.largest), (2, Some(1.5), 2.0));
        assert_eq!(tally.count_from(2.0, 0), [1, 1]);
    }
}

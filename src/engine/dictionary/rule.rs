//! Encode rules: which features are active at a token, given their pre-activations.
//!
//! With `p = z W_enc + b_enc` of one token (`z` is [`super::arithmetic::Arithmetic`]'s input):
//! - ReLU: `max(p, 0)`
//! - JumpReLU: `max(p, 0)` where `p` is strictly above the feature's threshold (Rajamanoharan et al. 2024, arXiv:2407.14435).
//!   BatchTopK dictionaries are used with one such threshold (Bussmann et al. 2024, arXiv:2412.06410)
//! - TopK: `max(p, 0)` of the `k` largest `p` (Gao et al. 2024, arXiv:2406.04093); signed: `p` of the `k` largest `|p|`
//! - group maximum: the largest `max(p, 0)` of each of `k` groups of neighbouring features (EleutherAI's sparsify)
//! - gated: `max(exp(r_mag) p + b_mag, 0)` where `p + b_gate > 0`, with `p` without a bias (Rajamanoharan et al. 2024,
//!   arXiv:2404.16014)
//!
//! Pre-activations come in blocks of features. What depends on one feature alone is decided in its block; the others keep
//! candidates, among which the whole token decides. Equal values at the edge of the top `k`: the lower index stays.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::engine::lanes::LANES;

/// The active features of one token, ascending, with their activations.
pub type TokenCodes = Arc<[(u32, f32)]>;

/// The features of a block that begins at feature `first` whose value is above zero, with their values.
pub fn active(first: usize, values: &[f32]) -> impl Iterator<Item = (u32, f32)> + '_ {
    // Nearly all are not: most blocks are passed over as a whole, which counting lets the compiler find out without a branch for each value.
    let above_zero = |block: &[f32]| block.iter().map(|value| u8::from(*value > 0.0)).sum::<u8>();
    let blocks = values.chunks(LANES).enumerate().filter(move |(_, block)| above_zero(block) > 0);
    let features = blocks.flat_map(move |(block, values)| (first + block * LANES..).zip(values));
    features.filter(|(_, value)| **value > 0.0).map(|(feature, value)| (feature as u32, *value))
}

/// How codes follow from pre-activations.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `max(p, 0)`.
    Relu,
    /// `max(p, 0)` strictly above a threshold.
    JumpRelu {
        /// One for each feature.
        thresholds: Vec<f32>,
    },
    /// The largest of a token.
    TopK {
        /// How many, at least 1.
        k: usize,
        /// Whether the sizes count and the signs are kept.
        signed: bool,
        /// Whether `p` is multiplied by the length of the feature's decoder row first.
        by_decoder_norm: bool,
    },
    /// The largest of each group.
    GroupMax {
        /// Features of a group, at least 1.
        size: usize,
    },
    /// A gate and a magnitude.
    Gated {
        /// `b_gate`, one for each feature.
        gate_bias: Vec<f32>,
        /// `exp(r_mag)`, one for each feature.
        magnitude: Vec<f32>,
        /// `b_mag`, one for each feature.
        magnitude_bias: Vec<f32>,
    },
}

impl Rule {
    /// The rule in words.
    pub fn name(&self) -> String {
        match self {
            Self::Relu => "ReLU".to_owned(),
            Self::JumpRelu { .. } => "JumpReLU".to_owned(),
            Self::TopK { k, signed: false, .. } => format!("TopK {k}"),
            Self::TopK { k, signed: true, .. } => format!("absolute TopK {k}"),
            Self::GroupMax { size } => format!("maximum of groups of {size}"),
            Self::Gated { .. } => "gated".to_owned(),
        }
    }

    /// Whether each feature's code follows from its own pre-activation alone.
    pub fn decides_each_alone(&self) -> bool {
        matches!(self, Self::Relu | Self::JumpRelu { .. } | Self::Gated { .. })
    }

    /// Whether [`Rule::select`] needs the lengths of the decoder's rows.
    pub fn needs_norms(&self) -> bool {
        matches!(self, Self::TopK { by_decoder_norm: true, .. })
    }

    /// Adds the features of a block that are active, or may be once the whole token is known, to `found`, which holds those of the same
    /// token in blocks before, and drops those that have become too many: of the largest `k`, more than `2 k` are never left.
    ///
    /// # Shapes
    /// - first: index of the block's first feature; pre: `[features of the block]`
    /// - norms: `[features]`, the lengths of all decoder rows, if the rule needs them
    pub fn select(&self, first: usize, pre: &[f32], norms: &[f32], found: &mut Vec<(u32, f32)>) {
        match self {
            Self::Relu => found.extend(active(first, pre)),
            Self::JumpRelu { thresholds } => {
                let above = |(feature, value): &(u32, f32)| *value > thresholds[*feature as usize];
                found.extend(active(first, pre).filter(above));
            }
            Self::TopK { k, signed, by_decoder_norm } => {
                let scaled = |(index, value): (usize, &f32)| {
                    let feature = first + index;
                    (feature as u32, if *by_decoder_norm { value * norms[feature] } else { *value })
                };
                // NaN is neither.
                let counts = |(_, value): &(u32, f32)| *value > 0.0 || *signed && *value < 0.0;
                found.extend(pre.iter().enumerate().map(scaled).filter(counts));
                // Not after each block: that would take longer than the product where `k` is large.
                if found.len() > k.saturating_mul(2) {
                    keep_largest(found, *k);
                }
            }
            Self::GroupMax { size } => {
                let before = found.len().saturating_sub(1);
                found.extend(active(first, pre));
                keep_group_maxima(found, before, *size);
            }
            Self::Gated { gate_bias, magnitude, magnitude_bias } => {
                let code = |(index, value): (usize, &f32)| {
                    let feature = first + index;
                    let open = value + gate_bias[feature] > 0.0;
                    (feature as u32, if open { magnitude[feature] * value + magnitude_bias[feature] } else { 0.0 })
                };
                found.extend(pre.iter().enumerate().map(code).filter(|(_, value)| *value > 0.0));
            }
        }
    }

    /// The active features of a token, given what [`Rule::select`] found in its blocks, in ascending order.
    pub fn decide(&self, candidates: impl Iterator<Item = (u32, f32)>) -> TokenCodes {
        match self {
            Self::Relu | Self::JumpRelu { .. } | Self::Gated { .. } => candidates.collect(),
            Self::TopK { k, .. } => {
                let mut candidates: Vec<_> = candidates.collect();
                keep_largest(&mut candidates, *k);
                Arc::from(candidates)
            }
            Self::GroupMax { size } => {
                let mut candidates: Vec<_> = candidates.collect();
                keep_group_maxima(&mut candidates, 0, *size);
                Arc::from(candidates)
            }
        }
    }
}

/// Leaves the `k` entries of the largest size, ascending by feature.
fn keep_largest(entries: &mut Vec<(u32, f32)>, k: usize) {
    if entries.len() <= k {
        return;
    }
    // The bits of numbers that are not negative are in their order.
    entries.select_nth_unstable_by_key(k - 1, |(feature, value)| (Reverse(value.abs().to_bits()), *feature));
    entries.truncate(k);
    entries.sort_unstable_by_key(|(feature, _)| *feature);
}

/// Leaves the entry of the largest value of each group of `size` features from place `start` on; entries are ascending by feature.
fn keep_group_maxima(entries: &mut Vec<(u32, f32)>, start: usize, size: usize) {
    let mut end = start;
    for place in start..entries.len() {
        let (feature, value) = entries[place];
        if end > start && entries[end - 1].0 as usize / size == feature as usize / size {
            if value > entries[end - 1].1 {
                entries[end - 1] = (feature, value);
            }
        } else {
            entries[end] = (feature, value);
            end += 1;
        }
    }
    entries.truncate(end);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The codes of a token whose pre-activations come in blocks of `block` features, of which a thread goes through up to three.
    fn codes(rule: &Rule, pre: &[f32], block: usize, norms: &[f32]) -> Vec<(u32, f32)> {
        let mut parts: Vec<Vec<(u32, f32)>> = Vec::new();
        for (number, pre) in pre.chunks(block).enumerate() {
            if number.is_multiple_of(3) {
                parts.push(Vec::new());
            }
            rule.select(number * block, pre, norms, parts.last_mut().unwrap());
        }
        rule.decide(parts.into_iter().flatten()).to_vec()
    }

    fn top(k: usize, signed: bool, by_decoder_norm: bool) -> Rule {
        Rule::TopK { k, signed, by_decoder_norm }
    }

    #[test]
    fn edges_are_strict_and_ties_keep_the_lower_index() {
        let jump = Rule::JumpRelu { thresholds: vec![1.0, 1.0, -1.0, -1.0] };
        assert_eq!(codes(&jump, &[1.0, 1.0_f32.next_up(), -0.5, 0.25], 3, &[]), [(1, 1.0_f32.next_up()), (3, 0.25)]);
        assert_eq!(codes(&top(2, false, false), &[1.0, 1.0, 1.0, f32::NAN], 4, &[]), [(0, 1.0), (1, 1.0)]);
        assert_eq!(codes(&top(2, true, false), &[1.0, -3.0, 2.0, 0.0], 1, &[]), [(1, -3.0), (2, 2.0)]);
        assert_eq!(codes(&top(3, false, false), &[-1.0, 0.0, 2.0], 3, &[]), [(2, 2.0)]);
        assert_eq!(codes(&top(1, false, true), &[1.0, 2.0], 2, &[3.0, 1.0]), [(0, 3.0)]);
        let gated =
            Rule::Gated { gate_bias: vec![0.0, 1e-30, 1.0], magnitude: vec![1.0; 3], magnitude_bias: vec![1.0, 1.0, -2.0] };
        assert_eq!(codes(&gated, &[0.0, 0.0, 0.5], 2, &[]), [(1, 1.0)]);
    }

    proptest! {
        /// Blocks are an order of work: they decide nothing.
        #[test]
        fn blocks_change_nothing(pre in proptest::collection::vec(-4_i8..5, 1..40), block in 1_usize..9, k in 1_usize..8) {
            let pre: Vec<f32> = pre.into_iter().map(f32::from).collect();
            let norms: Vec<f32> = (0..pre.len()).map(|feature| 1.0 + (feature % 3) as f32).collect();
            for rule in [top(k, false, false), top(k, true, false), top(k, false, true), Rule::GroupMax { size: k }] {
                prop_assert_eq!(codes(&rule, &pre, block, &norms), codes(&rule, &pre, pre.len(), &norms));
            }
        }

        #[test]
        fn the_top_k_are_the_largest(pre in proptest::collection::vec(-4_i8..5, 1..40), k in 1_usize..8) {
            let pre: Vec<f32> = pre.into_iter().map(f32::from).collect();
            let found = codes(&top(k, false, false), &pre, 5, &[]);
            let positive = pre.iter().filter(|value| **value > 0.0).count();
            prop_assert_eq!(found.len(), positive.min(k));
            prop_assert!(found.is_sorted_by_key(|(feature, _)| *feature));
            let least = found.iter().map(|(_, value)| *value).fold(f32::INFINITY, f32::min);
            let kept = |index: usize| found.iter().any(|(feature, _)| *feature as usize == index);
            prop_assert!(pre.iter().enumerate().all(|(index, value)| kept(index) || *value <= least.max(0.0)));
        }

        #[test]
        fn every_group_gives_its_largest(pre in proptest::collection::vec(-4_i8..5, 1..40), size in 1_usize..8) {
            let pre: Vec<f32> = pre.into_iter().map(f32::from).collect();
            let found = codes(&Rule::GroupMax { size }, &pre, 5, &[]);
            for (group, values) in pre.chunks(size).enumerate() {
                let largest = values.iter().copied().fold(0.0, f32::max);
                let own: Vec<f32> = found.iter().filter(|(feature, _)| *feature as usize / size == group).map(|(_, v)| *v).collect();
                prop_assert_eq!(own, if largest > 0.0 { vec![largest] } else { vec![] });
            }
        }
    }
}

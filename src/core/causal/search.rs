//! The subset of a list whose ablation leaves the least bias.
//!
//! What is made small is `|F(C complement)|`, the size of the metric that is left: a set that removes more than the whole bias has only
//! turned its sign. The subset is chosen and measured on the same pairs, so its score is optimistic.

use serde::{Deserialize, Serialize};

use super::scores::{Denominator, ROUNDING, Score};
use super::way::{ErrorTreatment, Way};
use crate::core::submodule::FeatureId;

/// The most features of which every subset is tried.
pub const MOST_EXHAUSTIVE: usize = 12;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// The value that ablated features take.
    pub way: Way,
    /// What becomes of the error terms.
    pub error: ErrorTreatment,
    /// Number of examples.
    pub examples: usize,
    /// `F(M)`, below every bias.
    pub all: Denominator,
    /// The features that were searched.
    pub features: Vec<FeatureId>,
    /// The steps of the greedy search: the feature that was added, and the bias that all up to it remove.
    pub greedy: Vec<(FeatureId, Score)>,
    /// `F(C complement)` after each step; empty in what earlier versions kept.
    #[serde(default)]
    pub left: Vec<Score>,
    /// The best of all subsets; None with more than [`MOST_EXHAUSTIVE`] features, and as long as they are not all tried.
    pub exhaustive: Option<Subset>,
}

impl Search {
    /// What was chosen: by the greedy search, and among all subsets where they were tried.
    pub fn chosen(&self) -> Vec<(&'static str, Vec<FeatureId>)> {
        let greedy = ("greedy", self.greedy.iter().map(|(feature, _)| *feature).collect());
        let exhaustive = self.exhaustive.as_ref().map(|subset| ("exhaustive", subset.features.clone()));
        std::iter::once(greedy).chain(exhaustive).collect()
    }
}

/// A subset of the searched features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subset {
    /// Its features, in the order of the list.
    pub features: Vec<FeatureId>,
    /// The share of the bias that is removed when they are ablated.
    pub bias: Score,
    /// `F(C complement)`; None in what earlier versions kept.
    #[serde(default)]
    pub left: Option<Score>,
}

/// The size of the mean metric: what is left of the bias.
pub fn left(metrics: &[f32]) -> f64 {
    (metrics.iter().map(|metric| f64::from(*metric)).sum::<f64>() / metrics.len() as f64).abs()
}

/// The place of the first of `metrics` that leaves least, if it leaves less than `before` by more than rounding.
pub fn best(before: &[f32], metrics: &[Vec<f32>]) -> Option<usize> {
    let least = metrics.iter().map(|metrics| left(metrics)).enumerate().min_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let largest = before.iter().fold(0.0_f64, |largest, metric| largest.max(f64::from(metric.abs())));
    (left(before) - least.1 > ROUNDING * largest).then_some(least.0)
}

/// Every subset of `count` things but the empty one, as bits: the small ones first, so that a tie goes to fewer.
pub fn subsets(count: usize) -> Vec<u32> {
    let mut subsets: Vec<u32> = (1..1_u32 << count).collect();
    subsets.sort_by_key(|subset| subset.count_ones());
    subsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_the_sign_is_no_improvement() {
        let before = [2.0, 4.0];
        assert_eq!(best(&before, &[vec![-3.0, -3.0], vec![-4.0, 2.0], vec![1.0, -1.0]]), Some(2));
        assert_eq!(best(&before, &[vec![-3.0, -3.0], vec![4.0, 2.0]]), None);
        assert_eq!(best(&before, &[]), None);
    }

    #[test]
    fn subsets_are_all_and_small_ones_come_first() {
        assert_eq!(subsets(3), [0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111]);
        assert_eq!(subsets(MOST_EXHAUSTIVE).len(), 4095);
    }
}

//! Scores of an ablation: the metric with and without a set of features, and the ratios that compare them.

use serde::{Deserialize, Serialize};

use super::bootstrap::Resamples;
use super::set::Member;
use super::way::{ErrorTreatment, Way};

/// Seed of the resamples behind every interval.
pub const SEED: u64 = 12;

/// The share of the largest metric below which a difference of metrics is rounding: ten times what a float32 run of the reference
/// differs from a float64 one.
pub const ROUNDING: f64 = 2e-5;

/// The metrics of an ablation, one per example in each list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ablation {
    /// The value that ablated features take.
    pub way: Way,
    /// What becomes of the error terms.
    pub error: ErrorTreatment,
    /// The metric with nothing ablated.
    pub all: Vec<f32>,
    /// The metric with every feature ablated.
    pub empty: Vec<f32>,
    /// The sets, in the order in which they were asked for.
    pub sets: Vec<AblatedSet>,
}

/// The metrics of one set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AblatedSet {
    /// The set's name.
    pub name: String,
    /// The set's members, as they were given.
    pub members: Vec<Member>,
    /// `F(C)`: the metric when every feature outside the set is ablated.
    pub kept: Vec<f32>,
    /// `F(C complement)`: the metric when the features in the set are ablated.
    pub removed: Vec<f32>,
}

/// A number over examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Of metrics the mean over examples, of ratios the ratio of the means; None where the denominator is rounding, or it is not finite.
    pub mean: Option<f64>,
    /// The number of each example by itself; None where the denominator is rounding, or it is not finite.
    pub per_example: Vec<Option<f64>>,
    /// The percentile bootstrap interval of 95 % of `mean`; None with fewer than two examples.
    pub interval: Option<[f64; 2]>,
}

/// The denominator of a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Denominator {
    /// Its mean over examples.
    pub mean: f64,
    /// The standard error of the mean (sample variance, n - 1); None with fewer than two examples.
    pub standard_error: Option<f64>,
}

impl Denominator {
    /// Whether the denominator is within its own standard error of zero, so that the ratio says nothing.
    pub fn is_within_error(self) -> bool {
        self.standard_error.is_some_and(|error| self.mean.abs() <= error)
    }
}

/// The scores of one set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetScores {
    /// `F(C)`.
    pub kept: Score,
    /// `F(C complement)`.
    pub removed: Score,
    /// `(F(C) - F(empty)) / (F(M) - F(empty))`.
    pub faithfulness: Score,
    /// `(F(C complement) - F(empty)) / (F(M) - F(empty))`.
    pub completeness: Score,
    /// `(F(M) - F(C complement)) / F(M)`: the share of the bias that is removed when the set is ablated.
    pub bias: Score,
}

/// The scores of an ablation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// `F(M)`.
    pub all: Score,
    /// `F(empty)`.
    pub empty: Score,
    /// `F(M) - F(empty)`, below faithfulness and completeness.
    pub span: Denominator,
    /// `F(M)`, below bias.
    pub bias: Denominator,
    /// One for each set, in order.
    pub sets: Vec<SetScores>,
}

impl Scores {
    /// The scores of `ablation`.
    pub fn of(ablation: &Ablation) -> Self {
        Self::with(ablation, &resamples(ablation.all.len()))
    }

    /// The scores of `ablation`, with intervals by `resamples`.
    pub fn with(ablation: &Ablation, resamples: &Resamples) -> Self {
        let (all, empty) = (widened(&ablation.all), widened(&ablation.empty));
        let span = less(&all, &empty);
        let ratio = Ratio { resamples, least: ROUNDING * largest(all.iter().chain(&empty)) };
        let set = |set: &AblatedSet| {
            let (kept, removed) = (widened(&set.kept), widened(&set.removed));
            SetScores {
                faithfulness: ratio.of(&less(&kept, &empty), &span),
                completeness: ratio.of(&less(&removed, &empty), &span),
                bias: ratio.of(&less(&all, &removed), &all),
                kept: plain(&kept, resamples),
                removed: plain(&removed, resamples),
            }
        };
        Self {
            sets: ablation.sets.iter().map(set).collect(),
            span: denominator(&span),
            bias: denominator(&all),
            all: plain(&all, resamples),
            empty: plain(&empty, resamples),
        }
    }
}

/// The resamples behind the intervals of `examples` examples.
pub fn resamples(examples: usize) -> Resamples {
    Resamples::draw(examples, SEED)
}

/// The share of the bias that is removed: `(F(M) - F(C complement)) / F(M)`, given both metrics of each example.
pub fn removed_bias(all: &[f32], removed: &[f32], resamples: &Resamples) -> Score {
    let (all, removed) = (widened(all), widened(removed));
    let ratio = Ratio { resamples, least: ROUNDING * largest(all.iter().chain(&removed)) };
    ratio.of(&less(&all, &removed), &all)
}

/// The mean of some metrics with its interval.
pub fn score_of(values: &[f32], resamples: &Resamples) -> Score {
    plain(&widened(values), resamples)
}

/// The mean of `values` as a denominator.
pub fn denominator_of(values: &[f32]) -> Denominator {
    denominator(&widened(values))
}

fn less(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

fn largest<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.fold(0.0, |largest, value| largest.max(value.abs()))
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn plain(values: &[f64], resamples: &Resamples) -> Score {
    Score {
        mean: Some(mean(values)).filter(|mean| mean.is_finite()),
        per_example: values.iter().map(|value| Some(*value).filter(|value| value.is_finite())).collect(),
        interval: resamples.interval(&[values], |means| means[0]),
    }
}

fn denominator(values: &[f64]) -> Denominator {
    let (count, mean) = (values.len() as f64, mean(values));
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Denominator { mean, standard_error: (values.len() > 1).then(|| (squares / (count - 1.0) / count).sqrt()) }
}

/// What all ratios of an ablation share.
struct Ratio<'a> {
    resamples: &'a Resamples,
    /// A denominator that is not larger is rounding.
    least: f64,
}

impl Ratio<'_> {
    fn of(&self, numerators: &[f64], denominators: &[f64]) -> Score {
        let ratio = |numerator: f64, denominator: f64| {
            (denominator.abs() > self.least).then(|| numerator / denominator).filter(|ratio| ratio.is_finite())
        };
        Score {
            mean: ratio(mean(numerators), mean(denominators)),
            per_example: numerators.iter().zip(denominators).map(|(above, below)| ratio(*above, *below)).collect(),
            interval: self.resamples.interval(&[numerators, denominators], |means| means[0] / means[1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ablation(all: &[f32], empty: &[f32], kept: &[f32], removed: &[f32]) -> Ablation {
        let set = AblatedSet { name: "a".to_owned(), members: Vec::new(), kept: kept.to_vec(), removed: removed.to_vec() };
        let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
        Ablation { way, error, all: all.to_vec(), empty: empty.to_vec(), sets: vec![set] }
    }

    #[test]
    fn ratios_are_of_means_and_examples_have_their_own() {
        let scores = Scores::of(&ablation(&[4.0, 2.0], &[0.0, 1.0], &[2.0, 1.0], &[1.0, 2.0]));
        let set = &scores.sets[0];
        assert_eq!((set.kept.mean, set.removed.mean), (Some(1.5), Some(1.5)));
        assert_eq!(set.faithfulness.mean, Some(1.0 / 2.5));
        assert_eq!(set.completeness.mean, Some(1.0 / 2.5));
        assert_eq!(set.bias.mean, Some(1.5 / 3.0));
        assert_eq!(set.bias.per_example, [Some(0.75), Some(0.0)]);
        assert_eq!(set.faithfulness.per_example, [Some(0.5), Some(0.0)]);
    }

    #[test]
    fn nothing_and_everything_score_as_they_must() {
        let (all, empty) = ([4.0, 2.0, 3.0], [0.0, 1.0, 0.5]);
        let nothing = Scores::of(&ablation(&all, &empty, &empty, &all)).sets.remove(0);
        assert_eq!((nothing.faithfulness.mean, nothing.completeness.mean, nothing.bias.mean), (Some(0.0), Some(1.0), Some(0.0)));
        let everything = Scores::of(&ablation(&all, &empty, &all, &empty)).sets.remove(0);
        assert_eq!((everything.faithfulness.mean, everything.completeness.mean), (Some(1.0), Some(0.0)));
        assert_eq!(everything.faithfulness.interval, Some([1.0, 1.0]));
    }

    #[test]
    fn a_denominator_says_when_it_is_no_more_than_its_error() {
        let scores = Scores::of(&ablation(&[1.0, -1.0, 0.5], &[0.0; 3], &[0.0; 3], &[0.0; 3]));
        assert!(scores.span.is_within_error() && scores.bias.is_within_error());
        assert!(scores.sets[0].bias.mean.is_some());
        let equal = Scores::of(&ablation(&[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0]));
        assert_eq!((equal.sets[0].faithfulness.mean, equal.sets[0].bias.mean), (None, Some(0.0)));
        assert_eq!(equal.sets[0].faithfulness.interval, None);
        let one = Scores::of(&ablation(&[1.0], &[0.0], &[1.0], &[0.0]));
        assert!(!one.bias.is_within_error() && one.bias.standard_error.is_none());
    }
}

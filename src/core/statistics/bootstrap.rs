//! Bootstrap intervals of a mean: percentile, and bias-corrected and accelerated (BCa; Efron 1987, "Better bootstrap confidence
//! intervals").

use statrs::distribution::{ContinuousCDF, Normal};

use super::draw::Draw;
use super::sample::mean;
use super::{COVERAGE, Interval, TIE};

/// Number of resamples unless another is asked for.
pub const RESAMPLES: usize = 1000;

/// Resamples of examples with replacement. One set of them serves all features of a view, so their intervals can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resamples {
    examples: usize,
    /// `[resamples, examples]`: which example stands at each place.
    places: Vec<u32>,
}

impl Resamples {
    /// `count` resamples of `examples` examples, drawn from `seed`.
    pub fn draw(examples: usize, count: usize, seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        Self::given(examples, (0..examples * count).map(|_| draw.below(examples as u32)).collect())
    }

    /// Resamples that were drawn elsewhere, `[resamples, examples]`.
    ///
    /// # Panics
    /// If a place names no example: a fault of the caller.
    pub fn given(examples: usize, places: Vec<u32>) -> Self {
        assert!(places.iter().all(|place| (*place as usize) < examples), "a resample names an example that does not exist");
        Self { examples, places }
    }

    /// The mean of each resample of `values`, ascending.
    fn means(&self, values: &[f64]) -> Vec<f64> {
        let mean = |places: &[u32]| places.iter().map(|place| values[*place as usize]).sum::<f64>() / places.len() as f64;
        let mut means: Vec<f64> = self.places.chunks_exact(self.examples).map(mean).collect();
        means.sort_unstable_by(f64::total_cmp);
        means
    }
}

/// What the bootstrap says of a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// The percentile interval: quantiles of the resamples' means.
    pub percentile: Interval,
    /// The BCa interval; None if all resamples lie on one side of the mean, where it is not defined.
    pub bca: Option<Interval>,
    /// The bias correction: normal quantile of the share of resamples below the mean, equal ones counted half.
    pub z0: f64,
    /// The acceleration, from the means with one example left out.
    pub acceleration: f64,
    /// The standard deviation of the resamples' means.
    pub standard_error: f64,
}

/// The bootstrap of the mean of `values`; None for fewer than two of them, or if `resamples` are not of as many.
pub fn bootstrap(values: &[f64], resamples: &Resamples) -> Option<Bootstrap> {
    if values.len() < 2 || values.len() != resamples.examples || resamples.places.is_empty() {
        return None;
    }
    let means = resamples.means(values);
    let normal = Normal::standard();
    let z0 = normal.inverse_cdf(share_below(&means, values));
    let acceleration = acceleration(values);
    let tail = f64::midpoint(1.0, -COVERAGE);
    let percentile = Interval { low: quantile(&means, tail), high: quantile(&means, 1.0 - tail) };
    let level = |level: f64| {
        let shifted = z0 + normal.inverse_cdf(level);
        normal.cdf(z0 + shifted / (1.0 - acceleration * shifted))
    };
    let bca = z0.is_finite().then(|| Interval { low: quantile(&means, level(tail)), high: quantile(&means, level(1.0 - tail)) });
    Some(Bootstrap { percentile, bca, z0, acceleration, standard_error: deviation(&means) })
}

/// The share of `means` below the mean of `values`; those that equal it count half.
fn share_below(means: &[f64], values: &[f64]) -> f64 {
    let mean = mean(values);
    let tie = TIE * values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let below = means.partition_point(|resampled| *resampled < mean - tie);
    let up_to = means.partition_point(|resampled| *resampled <= mean + tie);
    f64::midpoint(below as f64, up_to as f64) / means.len() as f64
}

/// `sum d^3 / (6 (sum d^2)^1.5)` of the distances `d` of each mean with one example left out from the mean of all such; 0 if they are all
/// the same.
fn acceleration(values: &[f64]) -> f64 {
    let (sum, others) = (values.iter().sum::<f64>(), (values.len() - 1) as f64);
    let without: Vec<f64> = values.iter().map(|value| (sum - value) / others).collect();
    let middle = mean(&without);
    let (mut squares, mut cubes) = (0.0, 0.0);
    for left_out in without {
        let distance = middle - left_out;
        squares += distance.powi(2);
        cubes += distance.powi(3);
    }
    if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 }
}

/// The quantile at `level` of ascending numbers, linear between them.
fn quantile(ascending: &[f64], level: f64) -> f64 {
    let place = level * (ascending.len() - 1) as f64;
    let (below, above) = (ascending[place.floor() as usize], ascending[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

fn deviation(means: &[f64]) -> f64 {
    let middle = mean(means);
    (means.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / (means.len() - 1) as f64).sqrt()
}

#[cfg(test)]
#[path = "bootstrap_tests.rs"]
mod tests;

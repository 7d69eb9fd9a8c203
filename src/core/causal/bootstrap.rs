//! Percentile bootstrap intervals of statistics of examples (Efron and Tibshirani 1993, chapter 13).

use rand_mt::Mt64;

/// Number of resamples.
pub const RESAMPLES: usize = 10_000;

/// The levels of an interval of 95 %.
pub(super) const LEVELS: [f64; 2] = [0.025, 0.975];

/// Resamples of a number of examples, drawn once for all statistics, so that these are compared on the same draws.
pub struct Resamples {
    /// How often each example was drawn, `[resamples, examples]`.
    counts: Vec<u16>,
    examples: usize,
}

impl Resamples {
    /// Draws [`RESAMPLES`] times `examples` of the examples with replacement, from the 64-bit Mersenne Twister seeded with `seed`.
    pub fn draw(examples: usize, seed: u64) -> Self {
        let mut generator = Mt64::new(seed);
        let mut counts = vec![0_u16; RESAMPLES * examples];
        for resample in counts.chunks_exact_mut(examples.max(1)) {
            for _ in 0..examples {
                let drawn = (u128::from(generator.next_u64()) * examples as u128) >> 64;
                resample[drawn as usize] += 1;
            }
        }
        Self { counts, examples }
    }

    /// No resamples: nothing has an interval.
    pub fn none() -> Self {
        Self { counts: Vec::new(), examples: 0 }
    }

    /// The interval of `statistic`, which gets the sums of each of `columns` over a resample's examples, divided by their number.
    /// None with fewer than two examples, or if the statistic is not finite in some resample.
    pub fn interval(&self, columns: &[&[f64]], statistic: impl Fn(&[f64]) -> f64) -> Option<[f64; 2]> {
        if self.examples < 2 {
            return None;
        }
        let mut means = vec![0.0; columns.len()];
        let mut values: Vec<f64> = self
            .counts
            .chunks_exact(self.examples)
            .map(|counts| {
                for (mean, column) in means.iter_mut().zip(columns) {
                    let sum: f64 = counts.iter().zip(*column).map(|(count, value)| f64::from(*count) * value).sum();
                    *mean = sum / self.examples as f64;
                }
                statistic(&means)
            })
            .collect();
        if values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        values.sort_unstable_by(f64::total_cmp);
        Some(LEVELS.map(|level| quantile(&values, level)))
    }
}

/// The quantile at `level` of sorted values, linear between order statistics at `level * (n - 1)`.
pub(super) fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_order_statistics() {
        let sorted = [0.0, 1.0, 2.0, 4.0];
        for (level, expected) in [(0.0, 0.0), (1.0 / 3.0, 1.0), (0.5, 1.5), (1.0, 4.0)] {
            assert!((quantile(&sorted, level) - expected).abs() < 1e-12, "{level}");
        }
    }

    /// With two examples 0 and 1 the mean of a resample is 0, 0.5 or 1 with shares 1/4, 1/2, 1/4.
    #[test]
    fn the_interval_of_two_examples_is_known() {
        let resamples = Resamples::draw(2, 12);
        assert_eq!(resamples.interval(&[&[0.0, 1.0]], |means| means[0]), Some([0.0, 1.0]));
        assert_eq!(resamples.interval(&[&[3.0, 3.0]], |means| means[0]), Some([3.0, 3.0]));
        assert_eq!(resamples.interval(&[&[0.0, 0.0]], |means| 1.0 / means[0]), None);
        assert_eq!(Resamples::draw(1, 12).interval(&[&[1.0]], |means| means[0]), None);
    }

    #[test]
    fn one_seed_gives_one_interval_and_every_resample_is_full() {
        let values: Vec<f64> = (0..8).map(|value| f64::from(value * value)).collect();
        let interval = |seed| Resamples::draw(8, seed).interval(&[&values], |means| means[0]);
        assert_eq!(interval(3), interval(3));
        assert_ne!(interval(3), interval(4));
        let resamples = Resamples::draw(8, 3);
        assert!(resamples.counts.chunks_exact(8).all(|counts| counts.iter().map(|count| u32::from(*count)).sum::<u32>() == 8));
    }
}

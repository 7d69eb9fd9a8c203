//! Tests of the intervals where they degenerate, and of how often they hold the true mean.

use proptest::prelude::*;

use super::*;
use crate::core::statistics::SEED;

#[test]
fn equal_values_have_an_interval_of_one_point() {
    let resamples = Resamples::draw(5, 100, SEED);
    let found = bootstrap(&[0.25; 5], &resamples).unwrap();
    let point = Interval { low: 0.25, high: 0.25 };
    assert_eq!((found.percentile, found.bca, found.acceleration), (point, Some(point), 0.0));
}

#[test]
fn a_single_example_has_no_interval() {
    assert_eq!(bootstrap(&[0.25], &Resamples::draw(1, 100, SEED)), None);
    assert_eq!(bootstrap(&[0.25, 0.5], &Resamples::draw(3, 100, SEED)), None);
}

/// How simulated effects of single pairs are distributed.
#[derive(Debug, Clone, Copy)]
enum Effects {
    /// Standard normal.
    Normal,
    /// A normal value z plus z^2 / 8: mean 1/8, skewness about 0.7.
    Skewed,
    /// Exponential with mean 1: skewness 2.
    Exponential,
}

impl Effects {
    fn drawn(self, draw: &mut Draw) -> f64 {
        let unit = (f64::from(draw.below(u32::MAX)) + 0.5) / f64::from(u32::MAX);
        let normal = || Normal::standard().inverse_cdf(unit);
        match self {
            Self::Normal => normal(),
            Self::Skewed => normal() + normal().powi(2) / 8.0,
            Self::Exponential => -unit.ln(),
        }
    }

    fn mean(self) -> f64 {
        match self {
            Self::Normal => 0.0,
            Self::Skewed => 0.125,
            Self::Exponential => 1.0,
        }
    }
}

/// The share of simulated samples of `examples` effects whose intervals hold the true mean: percentile, BCa. The intervals are those of the
/// program: its number of resamples from its seed, the same for all samples as they are for all features of a view.
fn coverage(effects: Effects, examples: usize) -> [f64; 2] {
    const SAMPLES: usize = 2000;
    let resamples = Resamples::draw(examples, RESAMPLES, SEED);
    let mut draw = Draw::keyed(&[7, examples as u64]);
    let mut held = [0_usize; 2];
    for _ in 0..SAMPLES {
        let values: Vec<f64> = (0..examples).map(|_| effects.drawn(&mut draw)).collect();
        let found = bootstrap(&values, &resamples).unwrap();
        for (held, interval) in held.iter_mut().zip([found.percentile, found.bca.unwrap()]) {
            *held += usize::from(interval.holds(effects.mean()));
        }
    }
    held.map(|held| held as f64 / SAMPLES as f64)
}

/// Nominal 95 %. Both methods keep it from 40 pairs on; the standard error of these shares is half a percent.
#[test]
fn intervals_hold_the_true_mean_as_often_as_they_say() {
    for effects in [Effects::Normal, Effects::Skewed, Effects::Exponential] {
        for examples in [40, 50] {
            for (method, share) in ["percentile", "BCa"].into_iter().zip(coverage(effects, examples)) {
                assert!((0.93..=0.97).contains(&share), "{method}, {effects:?}, {examples} pairs: {share}");
            }
        }
    }
}

/// What the manual says of fewer pairs: the intervals are somewhat too short, whichever the method.
#[test]
fn intervals_of_few_pairs_are_somewhat_too_short() {
    for effects in [Effects::Normal, Effects::Skewed, Effects::Exponential] {
        for (method, share) in ["percentile", "BCa"].into_iter().zip(coverage(effects, 30)) {
            assert!((0.91..0.93).contains(&share), "{method}, {effects:?}: {share}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Turning every sign turns the interval around; scaling scales it.
    #[test]
    fn intervals_follow_sign_and_scale(values in prop::collection::vec(-10.0..10.0_f64, 3..12)) {
        let resamples = Resamples::draw(values.len(), 200, 3);
        let found = bootstrap(&values, &resamples).unwrap();
        let doubled: Vec<f64> = values.iter().map(|value| -2.0 * value).collect();
        let turned = bootstrap(&doubled, &resamples).unwrap();
        let close = |left: f64, right: f64| (left - right).abs() < 1e-9;
        prop_assert!(close(turned.percentile.low, -2.0 * found.percentile.high));
        prop_assert!(close(turned.percentile.high, -2.0 * found.percentile.low));
        prop_assert!(found.percentile.low <= found.percentile.high);
        prop_assert!(close(turned.acceleration, -found.acceleration));
    }
}

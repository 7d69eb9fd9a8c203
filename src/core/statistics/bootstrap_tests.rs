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

/// Nominal 95 %: of 1,000 samples of 50 normal values, and of 50 values of which most are 0 and the others skewed as effects are, between
/// 93 and 97 % of the intervals hold the true mean.
#[test]
fn intervals_hold_the_true_mean_as_often_as_they_say() {
    const SAMPLES: usize = 1000;
    const EXAMPLES: usize = 50;
    let resamples = Resamples::draw(EXAMPLES, RESAMPLES, SEED);
    let mut draw = Draw::new(7);
    let mut unit = || f64::from(draw.below(u32::MAX)) / f64::from(u32::MAX);
    let normal = Normal::standard();
    for skewed in [false, true] {
        let (mut percentile, mut bca) = (0, 0);
        for _ in 0..SAMPLES {
            let values: Vec<f64> = (0..EXAMPLES)
                .map(|_| {
                    let drawn = normal.inverse_cdf(unit().clamp(1e-9, 1.0 - 1e-9));
                    // A normal value plus an eighth of its square: mean 1/8, skewness about 0.7.
                    if skewed { drawn + drawn * drawn / 8.0 } else { drawn }
                })
                .collect();
            let truth = if skewed { 0.125 } else { 0.0 };
            let found = bootstrap(&values, &resamples).unwrap();
            percentile += usize::from(found.percentile.holds(truth));
            bca += usize::from(found.bca.unwrap().holds(truth));
        }
        for (what, held) in [("percentile", percentile), ("BCa", bca)] {
            let share = held as f64 / SAMPLES as f64;
            assert!((0.93..=0.97).contains(&share), "{what}, skewed {skewed}: {share}");
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

//! Mean, standard error, signs and the t interval of a few numbers.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{COVERAGE, Interval};

/// The mean; NaN of no values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard error of the mean (sample variance, n - 1); None for fewer than two values.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    let count = values.len();
    if count < 2 {
        return None;
    }
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    Some((squares / (count - 1) as f64 / count as f64).sqrt())
}

/// The interval of the mean that holds for normal values: mean -/+ t standard errors, of Student's t with n - 1 degrees of freedom.
pub fn t_interval(values: &[f64]) -> Option<Interval> {
    let (mean, error) = (mean(values), standard_error(values)?);
    let t = student(values.len())?.inverse_cdf(f64::midpoint(1.0, COVERAGE));
    Some(Interval { low: mean - t * error, high: mean + t * error })
}

/// The two-sided p of Student's one-sample test against a mean of 0; None for fewer than two values, or where all are equal.
pub fn t_test(values: &[f64]) -> Option<f64> {
    let error = standard_error(values).filter(|error| *error > 0.0)?;
    Some(2.0 * student(values.len())?.sf((mean(values) / error).abs()))
}

fn student(values: usize) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, (values - 1) as f64).ok()
}

/// How many values are above, below and exactly at 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    /// Number of values above 0.
    pub positive: usize,
    /// Number of values below 0.
    pub negative: usize,
    /// Number of values that are 0.
    pub zero: usize,
}

impl Signs {
    /// Counts the signs of `values`.
    pub fn of(values: &[f64]) -> Self {
        let positive = values.iter().filter(|value| **value > 0.0).count();
        let negative = values.iter().filter(|value| **value < 0.0).count();
        Self { positive, negative, zero: values.len() - positive - negative }
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.positive + self.negative + self.zero
    }

    /// The share of all values whose sign is that of `mean`; zeros agree with no sign. None of no values.
    pub fn consistency(&self, mean: f64) -> Option<f64> {
        share(self.agreeing(mean), self.count())
    }

    /// The share of the values other than 0 whose sign is that of `mean`; None if all are 0.
    pub fn consistency_of_nonzero(&self, mean: f64) -> Option<f64> {
        share(self.agreeing(mean), self.positive + self.negative)
    }

    /// Number of values whose sign is that of `mean`; none if that is 0.
    pub fn agreeing(&self, mean: f64) -> usize {
        if mean > 0.0 {
            self.positive
        } else if mean < 0.0 {
            self.negative
        } else {
            0
        }
    }
}

fn share(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_agree_with_no_sign() {
        let signs = Signs::of(&[1.0, 2.0, -0.5, 0.0]);
        assert_eq!(signs, Signs { positive: 2, negative: 1, zero: 1 });
        assert_eq!((signs.consistency(0.6), signs.consistency_of_nonzero(0.6)), (Some(0.5), Some(2.0 / 3.0)));
        assert_eq!((signs.consistency(-0.6), signs.consistency(0.0)), (Some(0.25), Some(0.0)));
        assert_eq!(Signs::of(&[0.0]).consistency_of_nonzero(1.0), None);
        assert_eq!(Signs::of(&[]).consistency(1.0), None);
    }

    #[test]
    fn a_single_value_has_no_error_and_equal_values_none_to_test() {
        assert_eq!((standard_error(&[1.0]), t_interval(&[1.0]), t_test(&[2.0, 2.0])), (None, None, None));
        assert_eq!(t_interval(&[2.0, 2.0]), Some(Interval { low: 2.0, high: 2.0 }));
    }
}

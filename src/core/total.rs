//! Sums of numbers that people read.

/// The sum of `values`, 0 if there are none. The standard library's sum of no floats is -0.0, which is shown as such.
pub fn total(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_adds_up_to_zero_without_a_sign() {
        for zero in [total([]), total([-0.0, -0.0]), total([1.5, -1.5])] {
            assert_eq!(format!("{zero:+}"), "+0");
        }
        assert!((total([0.5, -2.0]) + 1.5).abs() < 1e-12);
    }
}

//! Numbers of causal checks as text, the same on the command line and in the explorer.

use super::scores::{Denominator, Score};

/// A number of the metric, or `-`.
pub fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let text = format!("{value:+.4}");
    // What rounds to zero has no sign that means something.
    if text == "-0.0000" { "+0.0000".to_owned() } else { text }
}

/// An interval, or `-`.
pub fn interval(interval: Option<[f64; 2]>) -> String {
    // Zero is added, since it takes the sign of -0.0 away.
    interval.map_or_else(|| "-".to_owned(), |[low, high]| format!("{:+.3} .. {:+.3}", low + 0.0, high + 0.0))
}

/// A number of a thousandth or less, such as a divergence, or `-`.
pub fn small(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), six_decimals)
}

/// An interval of such numbers, or `-`.
pub fn small_interval(interval: Option<[f64; 2]>) -> String {
    interval.map_or_else(|| "-".to_owned(), |ends| ends.map(six_decimals).join(" .. "))
}

/// A probability in at least three digits that say something, and at most eight columns down to 1e-99: `0.01234`, `1.23e-6`.
pub fn probability(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value < 1e-3 {
        format!("{value:.2e}")
    } else {
        format!("{value:.5}")
    }
}

fn six_decimals(value: f64) -> String {
    let text = format!("{value:.6}");
    // What rounds to zero has no sign that means something.
    if text == "-0.000000" { "0.000000".to_owned() } else { text }
}

/// The mean of a ratio with its interval, both `-` where the denominator is within its own error of zero.
pub fn ratio(score: &Score, denominator: Denominator) -> [String; 2] {
    let says = !denominator.is_within_error();
    [number(score.mean.filter(|_| says)), interval(score.interval.filter(|_| says))]
}

/// Says of a denominator that it is within its own standard error of zero, if it is.
pub fn doubt(name: &str, denominator: Denominator) -> Option<String> {
    let error = denominator.standard_error.filter(|_| denominator.is_within_error())?;
    let mean = denominator.mean;
    Some(format!(
        "{name} = {mean:+.4} is within its standard error {error:.4} of zero: ratios to it say nothing and are shown as -"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_probability_is_not_zero() {
        let texts = [0.0, 1.234e-6, 9.999e-4, 0.001, 0.012_34, 1.0].map(probability);
        assert_eq!(texts, ["0", "1.23e-6", "1.00e-3", "0.00100", "0.01234", "1.00000"]);
    }

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        assert_eq!(
            (number(Some(-4e-5)), small(Some(-3e-8)), small(None)),
            ("+0.0000".to_owned(), "0.000000".to_owned(), "-".to_owned())
        );
        assert_eq!(small_interval(Some([-3e-8, 1e-6])), "0.000000 .. 0.000001");
        assert_eq!(small(Some(-3e-6)), "-0.000003");
        assert_eq!(interval(Some([-0.0, 0.25])), "+0.000 .. +0.250");
    }
}

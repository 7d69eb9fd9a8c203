//! Results of causal checks as JSON.

use serde_json::{Value, json};

use crate::cli::output;
use crate::core::causal::scores::{Denominator, Score};
use crate::core::problem::{Problem, Result};

/// A number over examples: `mean`, `per_example` and the 95 % bootstrap `interval`; what is not known is null.
pub fn score(score: &Score) -> Value {
    // A difference of equal numbers may be a negative zero, which means nothing.
    let plain = |value: f64| value + 0.0;
    json!({
        "mean": score.mean.map(plain),
        "per_example": score.per_example.iter().map(|value| value.map(plain)).collect::<Vec<_>>(),
        "interval": score.interval.map(|ends| ends.map(plain)),
    })
}

/// A denominator, and whether it is within its own standard error of zero.
pub fn denominator(denominator: Denominator) -> Value {
    json!({
        "mean": denominator.mean,
        "standard_error": denominator.standard_error,
        "within_its_error_of_zero": denominator.is_within_error(),
    })
}

/// Prints one JSON object.
pub fn print(object: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(object)
        .map_err(|error| Problem::new("result", format_args!("cannot be written as JSON: {error}"), "report this as a fault"))?;
    output::print(&(text + "\n"))
}

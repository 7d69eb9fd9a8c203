//! Median, 99th percentile and maximum of measurements.

use std::time::Duration;

use serde_json::{Value, json};

/// The reported figures of a list of measurements, in their own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Number of measurements.
    pub count: usize,
    /// The smallest measurement that half of them do not exceed.
    pub median: f64,
    /// The smallest measurement that 99 of 100 do not exceed.
    pub p99: f64,
    /// The largest measurement.
    pub max: f64,
}

impl Figures {
    /// The figures of `values`; None if there are no values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        // The nearest rank gives a measured value, not one between two.
        let rank = |percent: usize| values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { count: values.len(), median: rank(50)?, p99: rank(99)?, max: values.last().copied()? })
    }

    /// The figures of durations, in milliseconds.
    pub fn milliseconds(times: impl IntoIterator<Item = Duration>) -> Option<Self> {
        Self::of(times.into_iter().map(|time| 1000.0 * time.as_secs_f64()))
    }

    /// The figure that `pick` returns, with `digits` decimals, for a table; empty if nothing was measured.
    pub fn cell(figures: Option<Self>, pick: fn(Self) -> f64, digits: usize) -> String {
        figures.map_or_else(String::new, |figures| format!("{:.digits$}", pick(figures)))
    }

    /// All figures as JSON; null if nothing was measured.
    pub fn json(figures: Option<Self>) -> Value {
        figures.map_or(
            Value::Null,
            |Self { count, median, p99, max }| json!({ "count": count, "median": median, "p99": p99, "max": max }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let figures = Figures::of((1..=200).rev().map(f64::from)).unwrap();
        assert_eq!(figures, Figures { count: 200, median: 100.0, p99: 198.0, max: 200.0 });
        assert_eq!(Figures::of([3.0]), Some(Figures { count: 1, median: 3.0, p99: 3.0, max: 3.0 }));
        assert_eq!(Figures::of([]), None);
    }
}

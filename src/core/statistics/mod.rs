//! How sure a mean over examples is, and what chance alone would give: plain functions of numbers, which know nothing of features.
//!
//! Everything is computed in f64, and everything random is drawn from a generator with a fixed seed, so the same effects always give
//! the same numbers.

pub mod bootstrap;
pub mod correlation;
pub mod discovery;
pub mod draw;
pub mod exchange;
pub mod partners;
pub mod sample;

/// The seed of all resamples and patterns.
pub const SEED: u64 = 20_251_125;

/// The nominal coverage of every interval.
pub const COVERAGE: f64 = 0.95;

/// Two numbers whose distance is within this share of the largest value that they are made of count as equal: they differ by rounding.
const TIE: f64 = 1e-9;

/// Both ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies in the interval, ends included.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The smallest size of a number in the interval: how large the effect is at least, whatever its sign. 0 if the interval holds 0.
    pub fn least(&self) -> f64 {
        if self.holds(0.0) { 0.0 } else { self.low.abs().min(self.high.abs()) }
    }
}

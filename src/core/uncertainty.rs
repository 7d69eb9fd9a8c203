//! How sure the effect of a feature is, from its effects in single examples.

use super::selection::Selection;
use super::statistics::bootstrap::{Bootstrap, Resamples};
use super::statistics::sample::{Signs, mean, standard_error};
use super::statistics::{Interval, SEED, bootstrap};

/// What the examples say of a mean effect, in units of the metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uncertainty {
    /// The mean over examples.
    pub mean: f64,
    /// The standard error of the mean; None for a single example.
    pub standard_error: Option<f64>,
    /// In how many examples the effect is positive, negative, zero.
    pub signs: Signs,
    /// The bootstrap's intervals; None for a single example.
    pub bootstrap: Option<Bootstrap>,
}

impl Uncertainty {
    /// What `effects`, one an example, say of their mean.
    pub fn of(effects: &[f64], resamples: &Resamples) -> Self {
        Self {
            mean: mean(effects),
            standard_error: standard_error(effects),
            signs: Signs::of(effects),
            bootstrap: bootstrap::bootstrap(effects, resamples),
        }
    }

    /// The interval that is shown: BCa.
    pub fn interval(&self) -> Option<Interval> {
        self.bootstrap?.bca
    }
}

/// What the interval of an effect cannot be told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// Zero: the effect may have either sign.
    Zero,
    /// The threshold of the selection: another draw of examples may list the feature or not.
    Threshold,
}

impl Touched {
    /// What `interval` touches: zero comes before the threshold of `selection`, of either sign.
    pub fn by(interval: Interval, selection: Selection) -> Option<Self> {
        if interval.holds(0.0) {
            return Some(Self::Zero);
        }
        let Selection::Threshold(threshold) = selection else { return None };
        let holds = [threshold, -threshold].into_iter().any(|end| interval.holds(f64::from(end)));
        holds.then_some(Self::Threshold)
    }

    /// The mark behind an interval.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Zero => "∋0",
            Self::Threshold => "∋t",
        }
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Threshold => "threshold",
        }
    }
}

/// The default resamples of a view with so many examples.
pub fn resamples(examples: usize) -> Resamples {
    Resamples::draw(examples, bootstrap::RESAMPLES, SEED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_touches_zero_before_the_threshold() {
        let touched = |low: f64, high: f64, selection| Touched::by(Interval { low, high }, selection);
        let threshold = Selection::Threshold(0.25);
        assert_eq!(touched(-0.3, 0.3, threshold), Some(Touched::Zero));
        assert_eq!(touched(0.1, 0.3, threshold), Some(Touched::Threshold));
        assert_eq!(touched(-0.3, -0.1, threshold), Some(Touched::Threshold));
        assert_eq!((touched(0.3, 0.4, threshold), touched(0.1, 0.3, Selection::TopK(3))), (None, None));
    }
}

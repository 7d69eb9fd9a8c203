//! How sure the effect of a feature is, from its effects in single examples.

use super::findings::Findings;
use super::selection::Selection;
use super::statistics::bootstrap::{Bootstrap, Resamples};
use super::statistics::sample::{Signs, mean, standard_error, t_interval};
use super::statistics::{Interval, SEED, bootstrap};
use super::submodule::FeatureId;
use super::view::View;

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

/// The difference of two views in the same pairs, pair by pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedDifference {
    /// The differences' mean, standard error, signs and bootstrap.
    pub uncertainty: Uncertainty,
    /// Mean / standard error; None if that is not known, or 0.
    pub t: Option<f64>,
    /// The interval by Student's t with n - 1 degrees of freedom.
    pub t_interval: Option<Interval>,
}

impl PairedDifference {
    /// The effect of `feature` in `first` minus that in `second`.
    ///
    /// # Errors
    /// Why there is none, for the end of a sentence.
    pub fn between(
        findings: &Findings,
        [first, second]: [View; 2],
        feature: FeatureId,
        resamples: &Resamples,
    ) -> Result<Self, String> {
        let names = || format!("{} and {}", findings.study.name(first), findings.study.name(second));
        if !findings.has_same_pairs(first, second) {
            return Err(format!("{} are not of the same pairs", names()));
        }
        let examples = [first, second].map(|view| findings.view(view).by_example(feature));
        let [Some(left), Some(right)] = examples else {
            return Err(format!("its single examples were not kept in both {}", names()));
        };
        let differences: Vec<f64> = left.iter().zip(&right).map(|(left, right)| left - right).collect();
        let uncertainty = Uncertainty::of(&differences, resamples);
        let error = uncertainty.standard_error.filter(|error| *error > 0.0);
        Ok(Self { uncertainty, t: error.map(|error| uncertainty.mean / error), t_interval: t_interval(&differences) })
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

//! The difference of a feature's effects in two views, pair by pair, with its intervals.

use super::findings::Findings;
use super::statistics::Interval;
use super::statistics::bootstrap::Resamples;
use super::statistics::sample::t_interval;
use super::submodule::FeatureId;
use super::uncertainty::Uncertainty;
use super::view::View;

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
            return Err(format!("its effects in single pairs were not kept in both {}", names()));
        };
        let differences: Vec<f64> = left.iter().zip(&right).map(|(left, right)| left - right).collect();
        let uncertainty = Uncertainty::of(&differences, resamples);
        let error = uncertainty.standard_error.filter(|error| *error > 0.0);
        Ok(Self { uncertainty, t: error.map(|error| uncertainty.mean / error), t_interval: t_interval(&differences) })
    }
}

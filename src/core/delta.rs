//! The difference of a feature's effects in two views, with its standard error.
//!
//! Where both views are of the same pairs of prompts, and the effects of single examples are known, each example has a
//! difference of its own, and the standard error is that of their mean (sample variance, n - 1): what both views share in an
//! example then does not count as noise. Otherwise both effects are taken as independent, and the standard error is the root of
//! the sum of their squared standard errors.

use super::findings::Findings;
use super::statistics::sample::standard_error;
use super::submodule::FeatureId;
use super::view::View;
use super::view_findings::ViewFindings;

/// A difference of less than so many standard errors is not told from zero.
pub const CLEAR: f32 = 2.0;

/// The effect in one view minus the effect in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delta {
    /// The difference of the effects, in units of the metric.
    pub effect: f32,
    /// Its standard error; None if it is not known.
    pub standard_error: Option<f32>,
    /// Whether the standard error is that of the differences of single examples.
    pub is_paired: bool,
    /// The difference of the effects' shares of the total effect of their view, in percent; None if a total effect is not known, or 0.
    pub share: Option<f32>,
}

impl Delta {
    /// The effect of `feature` in `first` minus that in `second`; None if one of them is not known.
    pub fn between(findings: &Findings, first: View, second: View, feature: FeatureId) -> Option<Self> {
        let found = [first, second].map(|view| findings.view(view));
        let [left, right] = found.map(|view| view.effect(feature));
        let (left, right) = (left?, right?);
        let examples =
            if findings.has_same_pairs(first, second) { found.map(|view| view.by_example(feature)) } else { [None, None] };
        let paired = if let [Some(left), Some(right)] = &examples { error_of_differences(left, right) } else { None };
        let independent = || {
            let [left, right] = found.map(|view| view.standard_error(feature).map(f64::from));
            Some(left?.hypot(right?))
        };
        let share = |view: &ViewFindings, effect: f32| {
            let total = view.summary.total_effect.filter(|total| total.is_finite() && *total != 0.0)?;
            Some(100.0 * f64::from(effect) / total)
        };
        let shares = share(found[0], left).zip(share(found[1], right));
        Some(Self {
            effect: left - right,
            standard_error: paired.or_else(independent).map(|error| error as f32),
            is_paired: paired.is_some(),
            share: shares.map(|(left, right)| (left - right) as f32),
        })
    }

    /// Whether the difference is within [`CLEAR`] standard errors of zero. False if the standard error is not known.
    pub fn may_be_zero(&self) -> bool {
        self.standard_error.is_some_and(|error| self.effect.abs() <= CLEAR * error)
    }
}

/// The standard error of the mean of the differences; None for fewer than two.
fn error_of_differences(left: &[f64], right: &[f64]) -> Option<f64> {
    if right.len() != left.len() {
        return None;
    }
    let differences: Vec<f64> = left.iter().zip(right).map(|(left, right)| left - right).collect();
    standard_error(&differences)
}

#[cfg(test)]
#[path = "delta_tests.rs"]
mod tests;

//! How far two lists of a comparison are alike: what they share, and whether they order it alike.

use super::findings::Findings;
use super::selection::HeldBy;
use super::statistics::correlation::spearman;
use super::submodule::FeatureId;
use super::view::View;

/// What two lists share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Number of features that both lists hold.
    pub common: usize,
    /// Number of features that at least one list holds.
    pub union: usize,
    /// Spearman's rank correlation of both views' effects, with their signs, over the features of either list, ties at their average
    /// rank; None where an effect is not known, or one view has no two different ones.
    pub spearman: Option<f64>,
}

impl Overlap {
    /// What the lists of `first` and `second` share, whose features are `held`.
    pub fn of(findings: &Findings, first: View, second: View, held: &[(FeatureId, HeldBy)]) -> Self {
        let features = || held.iter().map(|(feature, _)| *feature);
        let common = held.iter().filter(|(_, by)| *by == HeldBy::Both).count();
        Self { common, union: held.len(), spearman: correlated(findings, [first, second], &features(), |effect| effect) }
    }

    /// `common / union` (Jaccard index); None if both lists are empty.
    pub fn jaccard(&self) -> Option<f64> {
        (self.union > 0).then(|| self.common as f64 / self.union as f64)
    }
}

/// Spearman's rank correlation of what `number` makes of the effects in both views; None where an effect is not known, or one view has no
/// two different ones.
pub fn correlated(
    findings: &Findings,
    views: [View; 2],
    features: &(impl Iterator<Item = FeatureId> + Clone),
    number: fn(f64) -> f64,
) -> Option<f64> {
    let effects = |view: View| -> Option<Vec<f64>> {
        let effect = |feature: FeatureId| findings.view(view).effect(feature).map(f64::from).filter(|effect| effect.is_finite());
        features.clone().map(|feature| effect(feature).map(number)).collect()
    };
    let [left, right] = views.map(effects);
    spearman(&left?, &right?)
}

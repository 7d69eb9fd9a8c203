//! How far two lists of a comparison are alike: what they share, and whether they order it alike.

use super::findings::Findings;
use super::overlap::Overlap;
use super::selection::{HeldBy, Selection};
use super::statistics::correlation::spearman;
use super::submodule::FeatureId;
use super::view::View;

/// What the lists of `views` share, of which `selection` picks the features `held`.
pub fn overlap(findings: &Findings, views: [View; 2], selection: Selection, held: &[(FeatureId, HeldBy)]) -> Overlap {
    findings.last_overlap().or_compute(views, selection, || {
        let features = held.iter().map(|(feature, _)| *feature);
        let common = held.iter().filter(|(_, by)| *by == HeldBy::Both).count();
        Overlap { common, union: held.len(), spearman: correlated(findings, views, &features, |effect| effect) }
    })
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

//! How far the lists of two views agree.

use super::alike::{self, correlated};
use super::findings::Findings;
use super::rows::arrange::held;
use super::selection::{HeldBy, Selection};
use super::submodule::FeatureId;
use super::view::View;

/// The agreement of the features that one selection picks in two views.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Number of features that both lists hold.
    pub common: usize,
    /// Number of features that at least one list holds.
    pub union: usize,
    /// `common / union` (Jaccard index); None if both lists are empty.
    pub jaccard: Option<f64>,
    /// Over the features of either list.
    pub in_union: Correlation,
    /// Over the features of both lists.
    pub in_common: Correlation,
    /// Over all features whose effect is not zero in at least one view.
    pub of_nonzero: Correlation,
}

/// Spearman's rank correlation of both views' effects, ties at their average rank; None where one view has no two different effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Number of features.
    pub features: usize,
    /// Of the effects with their signs.
    pub signed: Option<f64>,
    /// Of the effects without their signs.
    pub absolute: Option<f64>,
}

/// The agreement of what `selection` picks in `first` and in `second`.
///
/// # Errors
/// If one of the selections is not completely known: the view, and the reason.
pub fn agreement(findings: &Findings, first: View, second: View, selection: Selection) -> Result<Agreement, (View, String)> {
    let held = held(findings.view(first), findings.view(second), selection)?;
    let union: Vec<FeatureId> = held.iter().map(|(feature, _)| *feature).collect();
    let common: Vec<FeatureId> = held.iter().filter(|(_, by)| *by == HeldBy::Both).map(|(feature, _)| *feature).collect();
    let overlap = alike::overlap(findings, [first, second], selection, &held);
    let correlation = |features: &[FeatureId]| correlation(findings, first, second, features);
    Ok(Agreement {
        common: overlap.common,
        union: overlap.union,
        jaccard: overlap.jaccard(),
        in_union: correlation(&union),
        in_common: correlation(&common),
        of_nonzero: correlation(&nonzero(findings, first, second)),
    })
}

/// The features with an effect in at least one of both views, ascending.
fn nonzero(findings: &Findings, first: View, second: View) -> Vec<FeatureId> {
    let of = |view: View| {
        let ranked = findings.view(view).submodules();
        ranked.flat_map(|ranked| ranked.strongest(ranked.len())).map(|selected| selected.feature)
    };
    let mut features: Vec<FeatureId> = of(first).chain(of(second)).collect();
    features.sort_unstable();
    features.dedup();
    features
}

fn correlation(findings: &Findings, first: View, second: View, features: &[FeatureId]) -> Correlation {
    let correlated = |number| correlated(findings, [first, second], &features.iter().copied(), number);
    Correlation { features: features.len(), signed: correlated(|effect| effect), absolute: correlated(f64::abs) }
}

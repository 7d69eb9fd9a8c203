//! On which prompt a row's feature fires.

use super::{Row, Spec};
use crate::core::findings::Findings;
use crate::core::firing::Firing;
use crate::core::view::View;

/// The prompt on which the feature fires, and the view whose prompts are meant: in a comparison always the first view, so that one word
/// means one thing in all rows, except for a feature of which that view kept no activations.
pub fn firing(row: &Row, findings: &Findings, spec: &Spec) -> Option<(View, Firing)> {
    let of = |view: View| findings.detail(view).firing(row.feature).map(|firing| (view, firing));
    of(spec.shown.first()).or_else(|| of(row.ranked_in))
}

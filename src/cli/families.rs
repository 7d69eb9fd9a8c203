//! Lists of which each family is one row: its members are found with the run's model.

use std::path::Path;
use std::sync::Arc;

use super::arguments::ModelArguments;
use super::causal::Checked;
use super::output;
use crate::core::families::Families;
use crate::core::findings::Findings;
use crate::core::problem::Result;
use crate::core::rows::Spec;
use crate::core::rows::arrange::arrange;
use crate::core::submodule::FeatureId;
use crate::core::tags::Features;
use crate::engine::lens::copies::alike;

/// `spec` with the families of the features that it lists of the run at `run`.
///
/// # Errors
/// When the run's model cannot be opened, or is another one.
pub fn folded(run: &Path, findings: &Findings, tags: &Features, spec: Spec, model: ModelArguments) -> Result<Spec> {
    let features: Vec<FeatureId> = arrange(findings, tags, &spec).rows.iter().map(|row| row.feature).collect();
    let alike = Checked::open(run, None)?.with_loaded(model, |loaded, _, cancel| alike(loaded, &features, cancel))?;
    let families = Families::new(features, &alike, findings.detail(spec.shown.first()));
    if let Some(gap) = families.gap() {
        output::note(&format!("note: families: {gap}"));
    }
    Ok(Spec { families: Some(Arc::new(families)), ..spec })
}

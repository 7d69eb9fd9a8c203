//! `saescope lens`: what the decoder rows of features promote and suppress, and which features are near them.

mod json;
mod table;

use std::process::ExitCode;

use super::arguments::{LensArguments, LensFormat};
use super::causal::Checked;
use super::output;
use crate::core::problem::Result;
use crate::engine::lens::{ViewPairs, lenses};

/// Runs `lens`.
pub fn lens(arguments: LensArguments) -> Result<ExitCode> {
    let checked = Checked::open(&arguments.run, arguments.view.as_deref())?;
    let pairs = ViewPairs::of_run(checked.manifest(), checked.view);
    let found = checked.with_loaded(arguments.model, |loaded, _, cancel| lenses(loaded, &arguments.features, &pairs, cancel))?;
    // What the lens makes of one direction alone stands beside what the feature does at the position that the logits are read from.
    let findings = checked.findings();
    let last = |feature| findings.detail(checked.view).at_last_position(feature, checked.manifest().data(checked.view));
    output::print(&match arguments.format {
        LensFormat::Table => table::text(&found, arguments.form, &last),
        LensFormat::Json => json::text(&found, &checked.view_name(), &last)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

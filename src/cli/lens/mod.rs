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
    output::print(&match arguments.format {
        LensFormat::Table => table::text(&found, arguments.form),
        LensFormat::Json => json::text(&found, &checked.view_name())?,
    })?;
    Ok(ExitCode::SUCCESS)
}

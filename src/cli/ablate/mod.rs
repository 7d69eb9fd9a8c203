//! `saescope ablate`: what becomes of the metric when features are ablated.

mod curve;
mod each;
mod facts;
mod search;
mod sets;

use std::process::ExitCode;

use super::arguments::AblateArguments;
use super::causal::Checked;
use crate::core::problem::Result;

/// Runs `ablate`.
pub fn ablate(arguments: AblateArguments) -> Result<ExitCode> {
    let checked = Checked::open(&arguments.run, arguments.view.as_deref())?;
    let run = if arguments.each {
        each::run
    } else if arguments.curve {
        curve::run
    } else if arguments.search {
        search::run
    } else {
        sets::run
    };
    run(&checked, arguments)?;
    Ok(ExitCode::SUCCESS)
}

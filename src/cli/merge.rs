//! `saescope merge`: merges shards into the run that one machine would have computed.

use std::process::ExitCode;

use super::arguments::MergeArguments;
use super::{output, summary};
use crate::core::merge::{self, Named};
use crate::core::problem::Result;
use crate::store::atomic::AtomicFile;
use crate::store::run_file;

/// Runs `merge`.
pub fn merge(arguments: &MergeArguments) -> Result<ExitCode> {
    let file = AtomicFile::reserve(&arguments.output)?;
    run_file::expect_replaceable(&arguments.output)?;
    let read = |path: &std::path::PathBuf| Ok((path.display().to_string(), run_file::read(path)?));
    let runs = arguments.runs.iter().map(read).collect::<Result<Vec<Named>>>()?;
    let count = runs.len();
    let run = merge::merge(runs)?;
    run_file::write(&run, file)?;
    output::print(&format!("{count} shards; times are sums over them\n{}", summary::results(run, &arguments.output)))?;
    Ok(ExitCode::SUCCESS)
}

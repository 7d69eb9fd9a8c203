//! `saescope merge`: merges shards into the run that one machine would have computed.

use std::process::ExitCode;

use super::arguments::MergeArguments;
use super::which_run::file_or_kept;
use super::{output, summary};
use crate::core::merge::{self, Named};
use crate::core::merge_submodules;
use crate::core::notes;
use crate::core::problem::Result;
use crate::core::text::counted;
use crate::store::atomic::AtomicFile;
use crate::store::run_file;

/// Runs `merge`.
pub fn merge(arguments: &MergeArguments) -> Result<ExitCode> {
    let file = AtomicFile::reserve(&arguments.output)?;
    run_file::expect_replaceable(&arguments.output)?;
    let read = |path: &std::path::PathBuf| Ok((path.display().to_string(), run_file::read(&file_or_kept(path)?)?));
    let runs = arguments.runs.iter().map(read).collect::<Result<Vec<Named>>>()?;
    let count = runs.len();
    // Without a shard among them they can only be runs over different submodules.
    let is_by_submodule = count > 1 && runs.iter().all(|(_, run)| run.manifest.shard.is_none());
    let run = if is_by_submodule { merge_submodules::merge(runs)? } else { merge::merge(runs)? };
    run_file::write(&run, file)?;
    output::print(&format!(
        "{}; times are sums over them\n{}{}",
        counted(count, "part"),
        summary::noted(&notes::of_run(&run.manifest)),
        summary::results(run, &arguments.output)
    ))?;
    Ok(ExitCode::SUCCESS)
}

//! `saescope run`: computes, prints a summary, and writes the run file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::RunArguments;
use super::compute::{Careful, compute_careful};
use super::study::{self, DEMO};
use super::{output, parts, summary};
use crate::core::problem::Result;
use crate::core::request::{Care, Request};
use crate::core::run::default_name;
use crate::store::atomic::AtomicFile;
use crate::store::run_file;

/// Runs `run`.
pub fn run(arguments: RunArguments) -> Result<ExitCode> {
    let model = arguments.study.model.clone();
    let request = Request { shard: arguments.shard, ..study::request(arguments.study, DEMO)? };
    let path = arguments.output.unwrap_or_else(|| default_output(model.as_deref().unwrap_or(DEMO), &request));
    // This is checked before the work, so that no result is computed that cannot be written.
    let file = AtomicFile::reserve(&path)?;
    run_file::expect_replaceable(&path)?;
    let care = Care { fit: !arguments.despite_fit, memory: arguments.memory };
    let outcome = match arguments.parts {
        Some(parts) => parts::compute(&request, care, &path, parts)?,
        None => compute_careful(request, care)?,
    };
    let Careful::Computed(run, said) = outcome else { return Ok(ExitCode::from(1)) };
    run_file::write(&run, file)?;
    if arguments.parts.is_some() {
        parts::remove(&path)?;
    }
    output::print_lines(&summary::results(*run, &path))?;
    said.values().try_for_each(|text| output::print(text))?;
    Ok(ExitCode::SUCCESS)
}

fn default_output(model: &str, request: &Request) -> PathBuf {
    let model = Path::new(model).file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned());
    PathBuf::from(format!("{}.safetensors", default_name(&model, &request.study.study, request.settings.method)))
}

//! `saescope run`: computes, shows the progress, prints a summary, and writes the run file.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::RecvTimeoutError;

use super::arguments::RunArguments;
use super::study::{self, DEMO};
use super::{output, progress, summary};
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::Request;
use crate::core::run::{Opened, Run, default_name};
use crate::engine::worker::Job;
use crate::store::atomic::AtomicFile;
use crate::store::run_file;

/// The template before the inputs are open.
const OPENING: &str = "opening model, dictionaries and data, {elapsed}";

/// The template of the progress bar: parts (one submodule in one view, for one batch of pairs), rate and remaining time.
const PROGRESS: &str = "{wide_bar} {pos}/{len} parts, {per_sec}, {eta} left, {msg}";

/// Runs `run`.
pub fn run(arguments: RunArguments) -> Result<ExitCode> {
    let model = arguments.study.model.clone();
    let request = Request { shard: arguments.shard, ..study::request(arguments.study, DEMO)? };
    let path = arguments.output.unwrap_or_else(|| default_output(model.as_deref().unwrap_or(DEMO), &request));
    // This is checked before the work, so that no result is computed that cannot be written.
    let file = AtomicFile::reserve(&path)?;
    run_file::expect_replaceable(&path)?;
    let run = compute(request)?;
    run_file::write(&run, file)?;
    output::print(&summary::results(run, &path))?;
    Ok(ExitCode::SUCCESS)
}

/// Computes on the background thread and shows the progress.
pub(super) fn compute(request: Request) -> Result<Run> {
    compute_checked(request, &|_| Ok(()))
}

/// Computes like [`compute`], and stops if `check` refuses the opened inputs.
pub(super) fn compute_checked(request: Request, check: &dyn Fn(&Opened) -> Result<()>) -> Result<Run> {
    let job = Job::start(request)?;
    let bar = progress::bar(OPENING);
    // Through a pipe, what is printed reaches the terminal later than the bar is drawn again, and leaves a rest of it behind. So it
    // waits there until the bar is gone.
    let waits = progress::is_shown() && !std::io::stdout().is_terminal();
    let mut inputs = String::new();
    loop {
        let event = match job.events().recv_timeout(progress::TICK) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => {
                bar.tick();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        match event {
            Event::Opened(opened) => {
                if waits {
                    inputs = summary::inputs(&opened);
                } else {
                    bar.suspend(|| output::print(&summary::inputs(&opened)))?;
                }
                check(&opened)?;
                progress::restyle(&bar, PROGRESS);
            }
            Event::Step(Step::Progress(progress)) => {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
                bar.set_message(progress.stage);
            }
            // The explorer shows these parts at once; here only the complete run is used.
            Event::Step(Step::Found(..) | Step::Fitted(..)) | Event::Identified(_) => {}
            Event::Ended(outcome) => {
                bar.finish_and_clear();
                output::print(&inputs)?;
                return outcome.map(|run| *run);
            }
        }
    }
    Err(Problem::new("attribution", "ended without a result", "report it with the command line"))
}

fn default_output(model: &str, request: &Request) -> PathBuf {
    let model = Path::new(model).file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned());
    PathBuf::from(format!("{}.safetensors", default_name(&model, &request.study.study, request.settings.method)))
}

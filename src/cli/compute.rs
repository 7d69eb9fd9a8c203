//! Computes on the background thread and shows the progress, for every command that computes a study.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::mpsc::RecvTimeoutError;

use super::{inspection, output, progress, summary};
use crate::core::inspection::Inspection;
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::{Care, Request};
use crate::core::run::{Opened, Run};
use crate::core::submodule::Submodule;
use crate::engine::worker::Job;

/// The template before the inputs are open.
const OPENING: &str = "opening model, dictionaries and data, {elapsed}";

/// The template of the progress bar: parts (one submodule in one view, for one batch of pairs), rate and remaining time.
const PROGRESS: &str = "{wide_bar} {pos}/{len} parts, {per_sec}, {eta} left, {msg}";

/// What the site finder found at dictionaries, in words.
pub(super) type Said = BTreeMap<Submodule, String>;

/// The end of a careful computation.
pub(super) enum Careful {
    /// The run, and what the site finder found on the way.
    Computed(Box<Run>, Said),
    /// A dictionary is set up wrongly, which was said.
    WrongSetUp,
}

/// Computes with care, and says so if a dictionary is set up wrongly.
pub(super) fn compute_careful(request: Request, care: Care) -> Result<Careful> {
    let mut looks = Vec::new();
    let outcome = drive(&Job::start_careful(request, care)?, &|_| Ok(()), &mut |inspection| looks.push(inspection));
    if let Some(wrong) = looks.iter().find(|inspection| inspection.is_wrong_set_up()) {
        output::print(&inspection::of_study(wrong))?;
        output::print("Nothing was written: these are not that dictionary's features. --despite-fit computes all the same.\n")?;
        return Ok(Careful::WrongSetUp);
    }
    let said = looks.iter().map(|inspection| (inspection.submodule, inspection::of_study(inspection))).collect();
    Ok(Careful::Computed(Box::new(outcome?), said))
}

/// Computes on the background thread and shows the progress.
pub(super) fn compute(request: Request) -> Result<Run> {
    compute_checked(request, &|_| Ok(()))
}

/// Computes like [`compute`], and stops if `check` refuses the opened inputs.
pub(super) fn compute_checked(request: Request, check: &dyn Fn(&Opened) -> Result<()>) -> Result<Run> {
    drive(&Job::start(request)?, check, &mut |_| {})
}

/// Shows the progress of `job` until its end; `look` gets what the site finder found on the way.
fn drive(job: &Job, check: &dyn Fn(&Opened) -> Result<()>, look: &mut dyn FnMut(Inspection)) -> Result<Run> {
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
                    bar.suspend(|| output::print_lines(&summary::inputs(&opened)))?;
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
            Event::Step(Step::Inspected(inspection)) => look(*inspection),
            Event::Step(Step::Found(..) | Step::Fitted(..) | Step::Measured(..)) | Event::Identified(_) => {}
            Event::Ended(outcome) => {
                bar.finish_and_clear();
                output::print(&inputs)?;
                return outcome.map(|run| *run);
            }
        }
    }
    Err(Problem::new("attribution", "ended without a result", "report it with the command line"))
}

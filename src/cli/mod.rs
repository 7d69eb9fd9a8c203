//! The command line: commands that use the engine and the store without the explorer, and the start of the explorer.

mod ablate;
pub mod arguments;
mod bench;
mod causal;
mod check;
mod circuit;
mod compare_methods;
mod compute;
mod corpus;
mod doctor;
mod estimate;
mod explore;
mod export;
mod families;
mod fetch;
mod generated;
mod import;
mod inspect;
mod inspection;
mod lens;
mod listing;
mod manual;
mod merge;
mod misplaced;
mod model_of_run;
pub mod models;
mod output;
mod parts;
mod plain;
mod plot;
mod progress;
mod report;
mod run;
mod runs;
mod saved;
mod statistics;
mod steer;
mod studies;
mod study;
mod summary;
mod synth;
mod table;
mod tags;
#[cfg(feature = "train")]
mod train;
mod verify;
mod which_run;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::{panic, thread};

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};

use crate::core::problem::Result;
use crate::core::text::excerpt;
use crate::engine::file_facts;
use crate::engine::threads::{THREAD, reason, refused_thread};
use crate::store::file_facts::KeptFacts;
use crate::store::folders;

/// Makes the program report a panic on any thread in one line, except on the threads whose panics come back as results. A thread that a
/// library did not get is no fault of the program.
pub fn report_panics_in_one_line() {
    panic::set_hook(Box::new(|fault| {
        if thread::current().name() != Some(THREAD) {
            let reason = fault.payload_as_str().unwrap_or("no reason given");
            if let Some(problem) = refused_thread(reason) {
                return output::note(&format!("error: {problem}"));
            }
            let place =
                fault.location().map_or_else(String::new, |location| format!(" ({}:{})", location.file(), location.line()));
            output::note(&format!(
                "error: saescope: fault of the program: {}{place}; report it with the command line",
                excerpt(reason, 200)
            ));
        }
    }));
}

/// Turns reaching a file size limit (`ulimit -f`) into an error of the write, which reports it. Without this, the system would
/// end the program.
pub fn fail_at_size_limits() {
    #[cfg(unix)]
    {
        let met = std::sync::Arc::default();
        // If the handler cannot be installed, the system ends the program as before.
        let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), met);
    }
}

/// Runs the command of the command line and returns its exit status: 0 for success, 1 for a check that failed, 2 for a
/// [`Problem`](crate::core::problem::Problem) of any kind and for arguments that make no command.
pub fn main() -> ExitCode {
    let outcome = match Arguments::try_parse() {
        Ok(arguments) => match catch_unwind(AssertUnwindSafe(|| dispatch(arguments))) {
            Ok(outcome) => outcome,
            // The panic hook has said it.
            Err(panic) if reason(&*panic).is_some_and(|reason| refused_thread(reason).is_some()) => return ExitCode::from(2),
            Err(panic) => resume_unwind(panic),
        },
        // If standard error cannot be written, the line is lost; the status remains.
        Err(error) if error.use_stderr() => {
            let _ = misplaced::explained(error, &Arguments::command()).print();
            return ExitCode::from(2);
        }
        Err(help) => output::print_with(|| help.print()).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(problem) => {
            output::note(&format!("error: {problem}"));
            ExitCode::from(2)
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<ExitCode> {
    if let Ok(folder) = folders::cache() {
        file_facts::keep_in(Box::new(KeptFacts::in_folder(&folder)));
        #[cfg(feature = "cuda")]
        crate::engine::compute::keep_kernels_in(folder.join("kernels"));
    }
    let Some(command) = arguments.command else { return explore::explore(arguments.explore) };
    match command {
        Command::Run(arguments) => run::run(arguments),
        Command::Ablate(arguments) => ablate::ablate(arguments),
        Command::CompareMethods(arguments) => compare_methods::compare_methods(arguments),
        Command::Circuit(arguments) => circuit::circuit(arguments),
        Command::Steer(arguments) => steer::steer(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Plot(arguments) => plot::plot(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Corpus(arguments) => corpus::corpus(&arguments),
        Command::Lens(arguments) => lens::lens(arguments),
        Command::Statistics(arguments) => statistics::statistics(&arguments),
        Command::Open(arguments) => explore::open(arguments),
        Command::Runs(arguments) => runs::runs(&arguments),
        Command::Import(arguments) => import::import(&arguments),
        Command::Merge(arguments) => merge::merge(&arguments),
        Command::Studies(arguments) => studies::studies(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Models => models::models(),
        Command::Inspect(arguments) => inspect::inspect(&arguments),
        Command::Fetch(arguments) => fetch::fetch(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::Completions(arguments) => generated::completions(&arguments),
        Command::Man => generated::man(),
        Command::Manual(arguments) => manual::manual(&arguments),
        Command::Verify(arguments) => verify::verify(arguments),
        Command::Synth(arguments) => synth::synth(&arguments),
        Command::Bench(arguments) => bench::bench(*arguments),
        #[cfg(feature = "train")]
        Command::TrainDemo(arguments) => train::train(&arguments),
    }
}

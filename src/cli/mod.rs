//! The command line: headless commands on the engine and the store.

pub mod arguments;
mod check;
mod export;
mod output;
mod run;
mod summary;
mod table;
#[cfg(feature = "train")]
mod train;

use std::process::ExitCode;

use arguments::{Arguments, Command};

use crate::core::problem::Result;

/// Runs one command and says how it ended: 0 for success, 1 for a check that failed, 2 for bad input.
pub fn main(arguments: Arguments) -> ExitCode {
    match dispatch(arguments) {
        Ok(code) => code,
        Err(problem) => {
            output::note(&format!("error: {problem}"));
            ExitCode::from(2)
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        #[cfg(feature = "train")]
        Command::TrainDemo(arguments) => train::train(&arguments),
    }
}

//! `saescope train-demo`: makes everything in assets/demo.

use std::process::ExitCode;

use super::arguments::{Kept, TrainArguments};
use super::output;
use crate::core::problem::Result;
use crate::engine::train::{Keep, TrainOptions, train_demo};

/// Runs the command; every line of its report is printed as it comes.
pub fn train(arguments: &TrainArguments) -> Result<ExitCode> {
    let options = TrainOptions {
        output: arguments.output.clone(),
        data: arguments.data.clone(),
        seed: arguments.seed,
        keep: match arguments.keep {
            Kept::Nothing => Keep::Nothing,
            Kept::Model => Keep::Model,
            Kept::All => Keep::All,
        },
        ..TrainOptions::default()
    };
    // A reader that went away is no reason to stop a training of twenty minutes; its files are what counts.
    train_demo(&options, &mut |line| drop(output::print(&format!("{line}\n"))))?;
    Ok(ExitCode::SUCCESS)
}

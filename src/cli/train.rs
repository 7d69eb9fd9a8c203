//! `saescope train-demo`: makes everything in assets/demo.

use std::process::ExitCode;

use super::arguments::{Kept, TrainArguments};
use super::output;
use crate::core::problem::Result;
use crate::engine::train::{Keep, TrainOptions, train_demo};

/// Runs the command; prints every line of its report at once.
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
    // The files count: a reader of the output that went away is not a reason to stop a training of twenty minutes.
    train_demo(&options, &mut |line| drop(output::print(&format!("{line}\n"))))?;
    Ok(ExitCode::SUCCESS)
}

//! `saescope train-demo`: makes all files in assets/demo.

use std::process::ExitCode;

use super::arguments::{Kept, TrainArguments};
use super::output;
use crate::core::problem::Result;
use crate::engine::train::{Keep, TrainOptions, train_demo};

/// Runs `train-demo` and prints each line of its report at once.
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
    // Only the files matter: a training of twenty minutes goes on if the reader of the output has gone away.
    train_demo(&options, &mut |line| drop(output::print(&format!("{line}\n"))))?;
    Ok(ExitCode::SUCCESS)
}

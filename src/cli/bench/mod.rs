//! `saescope bench`: measures the program on this machine and reports the measurements.

mod again;
mod engine;
mod figures;
mod keys;
mod measure;
mod pairs;
mod report;
mod study;
mod ui;

use std::process::ExitCode;

use super::arguments::{Bench, BenchArguments};
use crate::core::problem::{Problem, Result};

/// The seed of every random draw, so that two runs of a benchmark use the same numbers and press the same keys. It is part of
/// the report.
const SEED: u32 = 20_240_601;

/// Runs the chosen benchmark. A benchmark only reports: a figure that misses its goal is not a failure.
pub fn bench(arguments: BenchArguments) -> Result<ExitCode> {
    match arguments.what.unwrap_or(Bench::Engine(arguments.engine)) {
        Bench::Ui(arguments) => ui::ui(&arguments),
        Bench::Engine(arguments) => engine::engine(arguments),
        Bench::Pairs(arguments) => pairs::pairs(arguments),
        Bench::Again(arguments) => again::again(arguments),
    }
}

/// A report for programs: one JSON object on one line.
fn json_line(report: &serde_json::Value) -> Result<String> {
    let text = serde_json::to_string(report)
        .map_err(|error| Problem::new("bench", format_args!("cannot be written as JSON: {error}"), "report it"))?;
    Ok(format!("{text}\n"))
}

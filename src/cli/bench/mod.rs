//! `saescope bench`: measures on this machine, and says what it measured.

mod engine;
mod figures;
mod keys;
mod random;
mod report;
mod study;
mod ui;

use std::process::ExitCode;

use super::arguments::{Bench, BenchArguments};
use crate::core::problem::Result;

/// Measures. A benchmark reports: a figure that misses its goal is no failure.
pub fn bench(arguments: BenchArguments) -> Result<ExitCode> {
    match arguments.what {
        Bench::Ui(arguments) => ui::ui(&arguments),
        Bench::Engine(arguments) => engine::engine(arguments),
    }
}

//! `saescope bench ui`: measures the time from a key to its frame, with as many rows as a study of 18 dictionaries can have.
//!
//! The figures are for this process on this machine: the explorer's own state, drawing and threads ([`crate::term::bench`]) on
//! a made-up study ([`super::study`]), without a terminal. The time from key to frame begins when a key arrives and ends when
//! the frame after its update is flushed; it includes waiting for the loop's pace and for the processor. Unless `--idle` is
//! given, the demo study is computed repeatedly at the same time, with the explorer's default settings.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use super::report::Report;
use super::{keys, study};
use crate::cli::arguments::{Arguments, BenchUiArguments};
use crate::cli::{output, study as flags};
use crate::core::problem::{Problem, Result};
use crate::core::request::Request;
use crate::term::bench::{self, Plan};

/// Runs the benchmark and prints its report.
pub fn ui(arguments: &BenchUiArguments) -> Result<ExitCode> {
    let load = if arguments.idle { None } else { Some(default_request()?) };
    let plan = Plan { findings: Arc::new(study::findings(arguments.features)?), presses: keys::presses(arguments.keys)?, load };
    let report = Report::new(arguments.features, &bench::measure(plan)?);
    output::print(&if arguments.json { report.json()? } else { report.text() })?;
    Ok(ExitCode::SUCCESS)
}

/// The request of `saescope` without any flag, on a machine without the published study's model.
fn default_request() -> Result<Request> {
    let parsed = Arguments::try_parse_from(["saescope"])
        .map_err(|error| Problem::new("bench", format_args!("has no request: {error}"), "measure with --idle"))?;
    flags::request(parsed.explore.study, flags::DEMO)
}

//! `saescope bench ui`: how long a key takes to its frame, with as many rows as a study of 18 dictionaries can have.
//!
//! Figures are of this process on this machine: the explorer's own state, drawing and threads ([`crate::term::bench`]) on a made-up
//! study ([`super::study`]), without a terminal. Key to frame is from the moment a key is there until the frame after its update is
//! flushed, waiting for the loop's pace and for the processor included. Unless `--idle`, the demo study is computed again and again
//! beside it, with the settings that the explorer has by default.

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

/// Measures and prints.
pub fn ui(arguments: &BenchUiArguments) -> Result<ExitCode> {
    let load = if arguments.idle { None } else { Some(default_request()?) };
    let plan = Plan { findings: Arc::new(study::findings(arguments.features)?), presses: keys::presses(arguments.keys)?, load };
    let report = Report::new(arguments.features, &bench::measure(plan)?);
    output::print(&if arguments.json { report.json()? } else { report.text() })?;
    Ok(ExitCode::SUCCESS)
}

/// What `saescope` computes without any flag and without the published study's model on the machine.
fn default_request() -> Result<Request> {
    let parsed = Arguments::try_parse_from(["saescope"])
        .map_err(|error| Problem::new("bench", format_args!("has no request: {error}"), "measure with --idle"))?;
    flags::request(parsed.explore.study, flags::DEMO)
}

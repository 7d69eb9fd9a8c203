//! The flags of `report`.

use std::path::PathBuf;

use clap::Args;

use super::values::threshold;
use crate::app::state::THRESHOLD;

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// List the features of every view with |effect| above X.
    #[arg(long, value_name = "X", default_value_t = THRESHOLD, value_parser = threshold)]
    pub threshold: f32,

    /// Cards of the N strongest features of every view, beside those of all tagged ones.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,

    /// The page to write. [default: RUN.html in the current folder]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

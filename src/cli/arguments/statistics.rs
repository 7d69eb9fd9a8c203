//! The flags of `statistics`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::causal::ModelArguments;
use super::listing::ListingArguments;
use super::values::within;
use crate::core::shuffled::MOST;
use crate::core::statistics::SEED;
use crate::core::statistics::bootstrap::RESAMPLES;

/// Flags of `statistics`.
#[derive(Debug, Args)]
pub struct StatisticsArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Which features.
    #[command(flatten)]
    pub listing: ListingArguments,

    /// Also the difference to this view, pair by pair, and how far both lists agree. [default: the second view of a comparison]
    #[arg(long, value_name = "VIEW")]
    pub against: Option<String>,

    /// Resamples of the bootstrap.
    #[arg(long, value_name = "N", default_value_t = RESAMPLES, value_parser = within(1..=100_000))]
    pub resamples: usize,

    /// Also N computations of one view whose prompts, of both sides, are dealt out anew to the pairs: how many features such a list would hold
    /// if the pairs carried no concept. Each takes about as long as the view did; they are kept.
    #[arg(long, value_name = "N", value_parser = within(1..=MOST))]
    pub shuffled: Option<usize>,

    /// Seed of these shuffles.
    #[arg(long, value_name = "N", default_value_t = SEED, requires = "shuffled")]
    pub seed: u64,

    /// How to print them.
    #[arg(long, value_enum, default_value = "table")]
    pub format: StatisticsFormat,

    /// Where the model is, for --shuffled.
    #[command(flatten)]
    pub model: ModelArguments,
}

/// How `statistics` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatisticsFormat {
    /// Tables to read.
    Table,
    /// One object with all digits.
    Json,
}

//! The measurements of `bench`, and their flags.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::StudyArguments;
use super::values::within;

/// Flags of `bench`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BenchArguments {
    /// What to measure; without it the engine.
    #[command(subcommand)]
    pub what: Option<Bench>,

    /// Without a subcommand.
    #[command(flatten)]
    pub engine: BenchStudyArguments,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// The explorer: from a key to its frame, with many features and, unless --idle, a computation on all cores.
    Ui(BenchUiArguments),
    /// The engine: integrated gradients of a study, against the least arithmetic that it takes and how fast this machine multiplies.
    Engine(BenchStudyArguments),
    /// The engine with more and more pairs: time and memory, as a table and as JSON.
    Pairs(BenchPairsArguments),
    /// Computing again after a change, with what the explorer remembers.
    Again(BenchStudyArguments),
}

/// Flags of `bench pairs`.
#[derive(Debug, Args)]
pub struct BenchPairsArguments {
    /// What to compute; --pairs should hold as many pairs as are asked for.
    #[command(flatten)]
    pub study: StudyArguments,

    /// How many pairs, from few to many.
    #[arg(long, value_name = "N,N,..", value_delimiter = ',', default_values_t = [50, 100, 200, 500, 1000, 2000, 5000], value_parser = within(1..=1_000_000))]
    pub counts: Vec<usize>,

    /// How often each, in a process of its own; medians are reported.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = within(1..=10_000))]
    pub runs: usize,

    /// The folder for pairs.md and pairs.json; it is made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
}

/// Flags of `bench engine` and `bench again`.
#[derive(Debug, Args)]
pub struct BenchStudyArguments {
    /// What to compute.
    #[command(flatten)]
    pub study: StudyArguments,

    /// How often; medians are reported.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = within(1..=10_000))]
    pub runs: usize,

    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `bench ui`.
#[derive(Debug, Args)]
pub struct BenchUiArguments {
    /// Features with an effect, in each view.
    #[arg(long, value_name = "N", default_value_t = 600_000, value_parser = within(1..=100_000_000))]
    pub features: usize,

    /// Key presses that are measured.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = within(1..=10_000_000))]
    pub keys: usize,

    /// Do not compute beside it.
    #[arg(long)]
    pub idle: bool,

    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

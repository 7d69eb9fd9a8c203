//! The flags of `corpus`.

use std::path::PathBuf;

use clap::Args;

use super::causal::{ModelArguments, Printed};
use super::listing::ListingArguments;
use super::values::{contexts, positive, quantile};
use crate::core::submodule::FeatureId;

/// Flags of `corpus`.
#[derive(Debug, Args)]
pub struct CorpusArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// A UTF-8 text file of any size, one document on each line. [default: for the demo model its own corpus, data/corpus/demo.txt]
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,

    /// Which features.
    #[command(flatten)]
    pub listing: ListingArguments,

    /// This feature instead of those of a list; may be repeated.
    #[arg(long, value_name = "FEATURE", conflicts_with_all = ["view", "of", "threshold", "top_k", "filter", "tag"])]
    pub feature: Vec<FeatureId>,

    /// More labels than the ready-made ones, in the format of data/labels/gender.toml.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,

    /// Score this label instead of the one that describes each feature best.
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,

    /// Score at activations of at least this quantile of the feature's activations above zero; 0: at all above zero.
    #[arg(long, value_name = "Q", default_value = "0", value_parser = quantile)]
    pub quantile: f64,

    /// Windows of at most N tokens. [default: the model's context]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub window: Option<usize>,

    /// Print N of the 20 strongest contexts of each feature below the table; JSON has all.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = contexts)]
    pub contexts: usize,

    /// Where the model is.
    #[command(flatten)]
    pub model: ModelArguments,

    /// How the answer is printed.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: Printed,
}

//! The flags of `report`.

use std::path::PathBuf;

use clap::Args;

use super::causal::ModelArguments;
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

    /// Leave out of the cards what needs the model: tokens that a feature promotes, its neighbours, and contexts.
    #[arg(long, conflicts_with_all = ["corpus", "labels", "model", "dictionaries", "backend", "threads"])]
    pub no_model: bool,

    /// A UTF-8 text, one document on each line: the cards show what the features respond to in it. [default: for the demo model its own
    /// corpus, else what `corpus` or the explorer read before]
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,

    /// More labels than the ready-made ones, in the format of data/labels/gender.toml.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,

    /// Where the model is; where it is not there, the cards say so.
    #[command(flatten)]
    pub model: ModelArguments,

    /// The page to write. [default: RUN.html in the current folder]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl ReportArguments {
    /// Whether a flag names the model or a text, so that a page without what they say is not what was asked for.
    pub fn names_inputs(&self) -> bool {
        self.model.model.is_some() || self.model.backend.named().is_some() || self.corpus.is_some()
    }
}

//! The flags of `train-demo`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags of `train-demo`.
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// The folder to write into.
    #[arg(long, value_name = "DIR", default_value = "assets/demo")]
    pub output: PathBuf,

    /// The folder that holds names.json and baseline_names.json.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,

    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u32,

    /// What of the files in --output is kept: `model` trains only the dictionaries, `all` only measures.
    #[arg(long, value_enum, default_value_t = Kept::Nothing)]
    pub keep: Kept,
}

/// What `train-demo` does not train again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kept {
    /// Everything is trained.
    Nothing,
    /// The tokenizer and the language model stay.
    Model,
    /// Everything stays.
    All,
}

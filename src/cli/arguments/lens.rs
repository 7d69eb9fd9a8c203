//! The flags of `lens`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::causal::ModelArguments;
use super::values::lens_form;
use crate::core::lens::LensForm;
use crate::core::submodule::FeatureId;

/// Flags of `lens`.
#[derive(Debug, Args)]
pub struct LensArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Features by their names: 5-res-sm/26074, or resid_5/26074.
    #[arg(value_name = "FEATURE", required = true)]
    pub features: Vec<FeatureId>,

    /// The view whose clean prompts give the mean stream, and whose answers are compared. [default: the first view]
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,

    /// `folded`: the decoder row through the linear part of the final layer norm. `full`: the direction alone, as long as the stream is on
    /// average, through the whole layer norm. `added`: what one unit of activation adds to the mean stream. The JSON has all three.
    #[arg(long, value_name = "FORM", default_value = "folded", value_parser = lens_form())]
    pub form: LensForm,

    /// How to print it.
    #[arg(long, value_enum, default_value = "table")]
    pub format: LensFormat,

    /// Where the model is.
    #[command(flatten)]
    pub model: ModelArguments,
}

/// How `lens` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LensFormat {
    /// Tables to read.
    Table,
    /// One object with all forms and digits.
    Json,
}

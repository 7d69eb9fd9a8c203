//! The flags of `export`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::values::{positive, threshold};

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("selection").required(true)))]
pub struct ExportArguments {
    /// A run file.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Which features: of one view of the study, by its name, or of two compared: `difference` (only one of two selections holds them) or
    /// `similarity` (both do).
    #[arg(long, value_name = "VIEW|difference|similarity")]
    pub view: String,

    /// The two views that difference and similarity compare. [default: those that the study compares first]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    pub of: Option<Vec<String>>,

    /// Select the features with |effect| above X; 0 selects every feature with an effect.
    #[arg(long, value_name = "X", group = "selection", value_parser = threshold)]
    pub threshold: Option<f32>,

    /// Select the N features of largest |effect|, over all submodules together.
    #[arg(long, value_name = "N", group = "selection", value_parser = positive)]
    pub top_k: Option<usize>,

    /// How to print them.
    #[arg(long, value_enum)]
    pub format: Format,

    /// Name of the quick list, for --format url. [default: view and selection]
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
}

/// How `export` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One object with `view`, `selection`, `features` and `errors`.
    Json,
    /// One line a feature, with a header.
    Csv,
    /// A table.
    Markdown,
    /// Neuronpedia quick lists, one address a line.
    Url,
}

//! The flags of `export`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::values::{positive, threshold};
use crate::core::view::View;

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("selection").required(true)))]
pub struct ExportArguments {
    /// A run file.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Which features: of one view, or of two compared.
    #[arg(long, value_enum)]
    pub view: ExportView,

    /// The two views that difference and similarity compare. [default: male,baseline]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    pub of: Option<Vec<View>>,

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

/// What `export` can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportView {
    /// Clean is the clean prompt of the pair file.
    Male,
    /// Clean is the patch prompt of the pair file.
    Female,
    /// The baseline file.
    Baseline,
    /// Features that only one of two selections holds.
    Difference,
    /// Features that both selections hold.
    Similarity,
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

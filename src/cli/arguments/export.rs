//! The flags of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::{positive, threshold};
use crate::app::state::THRESHOLD;
use crate::core::selection::Selection;

/// Flags of `export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// A run file.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Which features: of one view of the study, by its name, or of two compared: `difference` (only one of two selections holds them) or
    /// `similarity` (both do). [default: the first view]
    #[arg(long, value_name = "VIEW|difference|similarity")]
    pub view: Option<String>,

    /// The two views that difference and similarity compare. [default: those that the study compares first]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1, requires = "view")]
    pub of: Option<Vec<String>>,

    /// Select the features with |effect| above X; 0 selects every feature with an effect. [default: 0.1]
    #[arg(long, value_name = "X", conflicts_with = "top_k", value_parser = threshold)]
    pub threshold: Option<f32>,

    /// Select the N features of largest |effect|, over all submodules together.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub top_k: Option<usize>,

    /// Only the selected features that match, in the language of the explorer's filter: `layer>=3 and tag=FP`.
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,

    /// Only the selected features with this tag; of several --tag, one is enough.
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// How to print them.
    #[arg(long, value_enum, default_value = "tsv")]
    pub format: Format,

    /// Title of the list, for the formats that have one: json, markdown, url, neuronpedia-list. [default: study, view, selection and filter]
    #[arg(long, value_name = "TEXT", visible_alias = "name")]
    pub title: Option<String>,
}

impl ExportArguments {
    /// The rule that selects features.
    pub fn selection(&self) -> Selection {
        self.top_k.map_or_else(|| Selection::Threshold(self.threshold.unwrap_or(THRESHOLD)), Selection::TopK)
    }
}

/// How `export` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line a feature, separated by tabs, with a header.
    Tsv,
    /// One line a feature, separated by commas, with a header.
    Csv,
    /// One object with `view`, `selection`, `features` and `errors`.
    Json,
    /// A table to read, with the numbers of the screen.
    Markdown,
    /// One name a line: 5-res-sm/26074.
    Names,
    /// Neuronpedia quick lists, one address a line.
    Url,
    /// The body of a request to Neuronpedia that saves a list, with tags and notes as descriptions: POST
    /// `https://www.neuronpedia.org/api/list/new-with-features`.
    NeuronpediaList,
}

impl Format {
    /// Whether the format has room for a title.
    pub fn has_title(self) -> bool {
        matches!(self, Self::Json | Self::Markdown) || self.needs_pages()
    }

    /// Whether the format is of use only for features with pages on Neuronpedia.
    pub fn needs_pages(self) -> bool {
        matches!(self, Self::Url | Self::NeuronpediaList)
    }
}

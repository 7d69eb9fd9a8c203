//! The flags of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::causal::ModelArguments;
use super::listing::ListingArguments;

/// Flags of `export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// A run file, or a kept run by its name or number. [default: the latest kept run, which is said]
    #[arg(value_name = "RUN")]
    pub run: Option<PathBuf>,

    /// Which features.
    #[command(flatten)]
    pub listing: ListingArguments,

    /// One line for each family of copies along the residual stream, that of the strongest member; tables and JSON name the others as `copies`.
    /// The run's model is needed.
    #[arg(long)]
    pub fold_families: bool,

    /// How to print them.
    #[arg(long, value_enum, default_value = "tsv")]
    pub format: Format,

    /// Title of the list, for the formats that have one: json, markdown, url, neuronpedia-list. [default: study, view, selection and filter]
    #[arg(long, value_name = "TEXT", visible_alias = "name")]
    pub title: Option<String>,

    /// Where the model is, for --fold-families.
    #[command(flatten)]
    pub model: ModelArguments,
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

//! The flags of `plot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::causal::ModelArguments;
use super::drawn::Drawn;
use super::listing::ListingArguments;
use super::values::{picture, positive};

/// Flags of `plot`.
#[derive(Debug, Args)]
pub struct PlotArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// What to draw: `counts` of features by submodule, cumulative `effects` by submodule with the error term, a heat `map` of submodules and
    /// positions, the listed features in two `views`, their effects with `intervals`, or the `attention` of a layer's heads in one prompt.
    #[arg(value_name = "KIND", value_parser = picture())]
    pub kind: Drawn,

    /// Which features.
    #[command(flatten)]
    pub listing: ListingArguments,

    /// Whose attention.
    #[command(flatten)]
    pub attention: AttentionArguments,

    /// How to draw it. [default: by the ending of the file; text without one]
    #[arg(long, value_enum)]
    pub format: Option<PlotFormat>,

    /// The file to write. [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Whose attention is drawn; for the picture `attention` alone.
#[derive(Debug, Clone, Args)]
pub struct AttentionArguments {
    /// attention: in the pair at line N of the view's pair list, as cards and tables name it. [default: the first pair of the run]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub pair: Option<usize>,

    /// attention: in this prompt of the pair. [default: clean]
    #[arg(long, value_enum)]
    pub side: Option<PromptSide>,

    /// attention: of this layer, from 0. [default: the one whose attention has the largest sum of effects in the view, else the last]
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,

    /// attention: of this head, from 0; may be repeated. [default: all heads of the layer]
    #[arg(long, value_name = "N")]
    pub head: Vec<usize>,

    /// Where the model is, for attention.
    #[command(flatten)]
    pub model: ModelArguments,
}

/// One of both prompts of a pair, as the view takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PromptSide {
    /// The clean prompt.
    Clean,
    /// The patch prompt.
    Patch,
}

/// How `plot` draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlotFormat {
    /// The numbers with bars of characters.
    Text,
    /// An SVG file, for the web and for papers.
    Svg,
    /// A PNG file, 1920 pixels wide.
    Png,
}

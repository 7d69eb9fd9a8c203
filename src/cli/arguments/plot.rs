//! The flags of `plot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::listing::ListingArguments;
use super::values::picture;
use crate::core::picture::Kind;

/// Flags of `plot`.
#[derive(Debug, Args)]
pub struct PlotArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// What to draw: `counts` of features by submodule, cumulative `effects` by submodule with the error term, a heat `map` of submodules and
    /// positions, the listed features in two `views`, or their effects with `intervals`.
    #[arg(value_name = "KIND", value_parser = picture())]
    pub kind: Kind,

    /// Which features.
    #[command(flatten)]
    pub listing: ListingArguments,

    /// How to draw it. [default: by the ending of the file; text without one]
    #[arg(long, value_enum)]
    pub format: Option<PlotFormat>,

    /// The file to write. [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
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

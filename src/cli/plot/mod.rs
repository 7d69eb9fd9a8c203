//! `saescope plot`: a picture of a run as SVG, as PNG, or as text.
//!
//! Drawn with plotters: it has both outputs, needs no fonts and no libraries of the system, and adds ten small crates. The alternatives draw
//! text in PNG files only with the system's fonts, or need a browser's engine, or four times as many crates.

mod axes;
mod charts;
mod draw;
mod file;
mod paper;
mod text;

use std::process::ExitCode;

pub use draw::svg;
pub use file::PictureFile;

use super::arguments::{PlotArguments, PlotFormat};
use super::which_run::file_or_kept;
use super::{listing, output, saved};
use crate::core::picture::Picture;
use crate::core::problem::{Problem, Result};

/// Runs `plot`.
pub fn plot(arguments: &PlotArguments) -> Result<ExitCode> {
    let format = format(arguments)?;
    let file = arguments.output.as_deref().map(|path| PictureFile::with(path, format)).transpose()?;
    let run = file_or_kept(&arguments.run)?;
    let (findings, book) = saved::open(&run)?;
    let spec = listing::spec(&findings.study, &run, &arguments.listing)?;
    let picture = Picture::of(arguments.kind, &findings, book.features(), &spec)?;
    match file {
        Some(file) => file.write(&picture)?,
        None => output::print(&String::from_utf8_lossy(&file::drawn(&picture, format)?))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The format that is asked for, else that of the file's ending, else text.
fn format(arguments: &PlotArguments) -> Result<PlotFormat> {
    let by_ending = arguments.output.as_deref().and_then(file::format_of);
    match (arguments.format.or(by_ending), &arguments.output) {
        (Some(PlotFormat::Png), None) => {
            Err(Problem::new("--format png", "is no text to print", "name a file with --output FILE.png"))
        }
        (Some(format), _) => Ok(format),
        (None, Some(path)) => {
            Err(Problem::new(path.display(), "has an ending that says no format", "call it .svg, .png or .txt, or give --format"))
        }
        (None, None) => Ok(PlotFormat::Text),
    }
}

//! `saescope plot`: a picture of a run as SVG, as PNG, or as text.
//!
//! Drawn with plotters: it has both outputs, needs no fonts and no libraries of the system, and adds ten small crates. The alternatives draw
//! text in PNG files only with the system's fonts, or need a browser's engine, or four times as many crates.

mod axes;
mod charts;
mod draw;
mod paper;
mod text;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

pub use draw::svg;

use super::arguments::{PlotArguments, PlotFormat};
use super::which_run::file_or_kept;
use super::{listing, output, saved};
use crate::core::picture::Picture;
use crate::core::problem::{Problem, Result};
use crate::store::atomic::AtomicFile;
use crate::store::own_file;

/// Runs `plot`.
pub fn plot(arguments: &PlotArguments) -> Result<ExitCode> {
    let format = format(arguments)?;
    let file = arguments.output.as_deref().map(AtomicFile::reserve).transpose()?;
    if let Some(path) = &arguments.output {
        let mark = match format {
            PlotFormat::Text => None,
            PlotFormat::Svg | PlotFormat::Png => Some(draw::MARK),
        };
        own_file::expect_replaceable(path, mark, "picture")?;
    }
    let run = file_or_kept(&arguments.run)?;
    let (findings, book) = saved::open(&run)?;
    let spec = listing::spec(&findings.study, &run, &arguments.listing)?;
    let picture = Picture::of(arguments.kind, &findings, book.features(), &spec)?;
    let bytes = match format {
        PlotFormat::Text => text::text(&picture).into_bytes(),
        PlotFormat::Svg => draw::svg(&picture)?.into_bytes(),
        PlotFormat::Png => draw::png(&picture)?,
    };
    match file {
        Some(file) => file.commit(&bytes)?,
        None => output::print(&String::from_utf8_lossy(&bytes))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The format that is asked for, else that of the file's ending, else text.
fn format(arguments: &PlotArguments) -> Result<PlotFormat> {
    let ending = arguments.output.as_deref().and_then(Path::extension).map(OsStr::to_ascii_lowercase);
    let by_ending = match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("svg") => Some(PlotFormat::Svg),
        Some("png") => Some(PlotFormat::Png),
        Some("txt") => Some(PlotFormat::Text),
        _ => None,
    };
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

//! `saescope plot`: a picture of a run as SVG, as PNG, or as text.
//!
//! Drawn with plotters: it has both outputs, needs no fonts and no libraries of the system, and adds ten small crates. The alternatives draw
//! text in PNG files only with the system's fonts, or need a browser's engine, or four times as many crates.

mod attention;
mod axes;
mod charts;
mod draw;
mod file;
#[cfg(test)]
mod font_tests;
mod grids;
#[cfg(test)]
mod layout_tests;
mod paper;
mod text;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub use draw::svg;
pub use file::PictureFile;

use super::arguments::{Drawn, PlotArguments, PlotFormat};
use super::which_run::file_or_kept;
use super::{listing, output, saved};
use crate::core::findings::Findings;
use crate::core::picture::{Kind, Picture};
use crate::core::problem::{Problem, Result};
use crate::core::rows::Spec;

/// Runs `plot`.
pub fn plot(arguments: &PlotArguments) -> Result<ExitCode> {
    let format = format(arguments)?;
    let file = arguments.output.as_deref().map(|path| PictureFile::with(path, format)).transpose()?;
    let run = file_or_kept(&arguments.run)?;
    let (mut findings, book) = saved::open(&run)?;
    let picture = match arguments.kind {
        Drawn::Attention => attention::picture(arguments, &run, &findings)?,
        Drawn::Effects(kind) => {
            attention::expect_no_attention(&arguments.attention)?;
            let spec = spec(kind, arguments, &run, &mut findings)?;
            Picture::of(kind, &findings, book.features(), &spec)?
        }
    };
    match file {
        Some(file) => file.write(&picture)?,
        None => output::print(&String::from_utf8_lossy(&file::drawn(&picture, format)?))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What is listed. A list of one view is drawn against the other view of the pair that is compared, which `findings` then say.
fn spec(kind: Kind, arguments: &PlotArguments, run: &Path, findings: &mut Findings) -> Result<Spec> {
    let mut listing = arguments.listing.clone();
    if kind == Kind::Views
        && let Some(view) = listing.view.as_deref().and_then(|name| findings.study.find(name))
        && listing.of.is_some()
    {
        let (first, second) = listing::pair(&findings.study, run, listing.of.take().as_deref())?;
        if ![first, second].contains(&view) {
            let name = findings.study.name(view);
            return Err(Problem::new(
                "--of",
                format_args!("leaves out {name}, whose list is drawn"),
                "name that view and another one",
            ));
        }
        Arc::make_mut(&mut findings.study).compare = Some((first, second));
    }
    listing::spec(&findings.study, run, &listing)
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

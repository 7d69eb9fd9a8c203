//! `saescope report`: a run as one HTML page that loads nothing.
//!
//! Texts reach the page through maud, which escapes everything that is not marked as HTML; marked are only the pictures, the style and the
//! script, all made by the program itself. A content security policy in the page forbids every load.

mod card;
mod evidence;
mod facts;
mod lens;
mod lists;
mod page;
mod prompts;
mod responses;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::ReportArguments;
use super::which_run::file_or_kept;
use super::{output, saved, study};
use crate::core::escape::visible;
use crate::core::extract::Pages;
use crate::core::findings::Source;
use crate::core::problem::{Problem, Result};
use crate::core::selection::Selection;
use crate::core::text::{bytes, printable};
use crate::store::atomic::AtomicFile;
use crate::store::own_file;
use evidence::Evidence;
use facts::Facts;

/// Runs `report`.
pub fn report(arguments: &ReportArguments) -> Result<ExitCode> {
    let run = file_or_kept(&arguments.run)?;
    let path = arguments.output.clone().unwrap_or_else(|| default_output(&run));
    // This is checked before the work, so that no page is made that cannot be written.
    let file = AtomicFile::reserve(&path)?;
    own_file::expect_replaceable(&path, Some("<meta name=\"generator\" content=\"saescope"), "page")?;
    let (findings, book) = saved::open(&run)?;
    let Source::Run { manifest, file: named } = &findings.source else {
        return Err(Problem::new("report", "is of a run", "compute one with `saescope run`"));
    };
    let pages = Pages::of(&findings, &study::hosted()?);
    let selection = Selection::Threshold(arguments.threshold);
    let facts = Facts::of(&findings, book.features(), pages, selection, arguments.top);
    let beyond = Evidence::of(&facts, manifest, arguments)?;
    if let Some(note) = evidence::note(&beyond).filter(|_| !arguments.no_model) {
        output::note(&note);
    }
    let page = page::page(&facts, &beyond, manifest, named.as_deref())?.into_string();
    let page = visible(&page);
    file.commit(page.as_bytes())?;
    let size = bytes(page.len() as u64);
    output::print(&format!("wrote {} ({size})\n", printable(&path.display().to_string())))?;
    Ok(ExitCode::SUCCESS)
}

fn default_output(run: &Path) -> PathBuf {
    let name = run.file_stem().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    PathBuf::from(name + ".html")
}

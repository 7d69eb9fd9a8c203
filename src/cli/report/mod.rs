//! `saescope report`: a run as one HTML page that loads nothing.
//!
//! Texts reach the page through maud, which escapes everything that is not marked as HTML; marked are only the pictures, the style and the
//! script, all made by the program itself. A content security policy in the page forbids every load.

mod card;
mod facts;
mod lists;
mod page;
mod prompts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::ReportArguments;
use super::which_run::file_or_kept;
use super::{output, saved, study};
use crate::core::escape::visible;
use crate::core::extract::Pages;
use crate::core::findings::Findings;
use crate::core::problem::Result;
use crate::core::selection::Selection;
use crate::core::tags::TagBook;
use crate::core::text::{bytes, printable};
use crate::store::atomic::AtomicFile;
use crate::store::own_file;
use facts::Facts;

/// Runs `report`.
pub fn report(arguments: &ReportArguments) -> Result<ExitCode> {
    let run = file_or_kept(&arguments.run)?;
    let path = arguments.output.clone().unwrap_or_else(|| default_output(&run));
    // This is checked before the work, so that no page is made that cannot be written.
    let file = AtomicFile::reserve(&path)?;
    own_file::expect_replaceable(&path, Some("<meta name=\"generator\" content=\"saescope"), "page")?;
    let (findings, book) = saved::open(&run)?;
    let page = html(&findings, &book, Selection::Threshold(arguments.threshold), arguments.top)?;
    file.commit(page.as_bytes())?;
    let size = bytes(page.len() as u64);
    output::print(&format!("wrote {} ({size})\n", printable(&path.display().to_string())))?;
    Ok(ExitCode::SUCCESS)
}

/// The page of `findings` with the user's tags: the lists of `selection`, and cards of the `top` strongest features of each view beside those
/// of tagged ones.
fn html(findings: &Findings, book: &TagBook, selection: Selection, top: usize) -> Result<String> {
    let pages = Pages::of(findings, &study::hosted()?);
    let facts = Facts::of(findings, book.features(), pages, selection, top);
    Ok(visible(&page::page(&facts)?.into_string()).into_owned())
}

fn default_output(run: &Path) -> PathBuf {
    let name = run.file_stem().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    PathBuf::from(name + ".html")
}

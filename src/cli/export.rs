//! `saescope export`: prints selected features of a run on standard output.

use std::process::ExitCode;

use super::arguments::{ExportArguments, Format};
use super::causal::expect_no_model;
use super::which_run::named_or_latest;
use super::{families, listing, output, saved, study};
use crate::core::chance;
use crate::core::extract::lists::{links, saved_list};
use crate::core::extract::{self, Extract, Pages};
use crate::core::problem::{Problem, Result};
use crate::core::rows::Listing;
use crate::core::rows::arrange::arrange;

/// Runs `export`.
pub fn export(arguments: &ExportArguments) -> Result<ExitCode> {
    if arguments.title.is_some() && !arguments.format.has_title() {
        return Err(Problem::new("--title", "names a list", "use it with --format json, markdown, url or neuronpedia-list"));
    }
    if arguments.title.as_ref().is_some_and(|title| title.trim().is_empty()) {
        return Err(Problem::new("--title", "is empty", "name the list, or leave --title out: the list has a title of its own"));
    }
    let run = named_or_latest(arguments.run.as_deref())?;
    let (findings, book) = saved::open(&run)?;
    let spec = listing::spec(&findings.study, &run, &arguments.listing)?;
    let spec = if arguments.fold_families {
        families::folded(&run, &findings, book.features(), spec, arguments.model.clone())?
    } else {
        expect_no_model(&arguments.model, "--fold-families")?;
        spec
    };
    let Listing { rows, folded, .. } = arrange(&findings, book.features(), &spec);
    if rows.is_empty() {
        output::note(&format!("note: {} lists no feature", spec.title(&findings.study, false)));
    }
    let pages = Pages::of(&findings, &study::hosted()?);
    if let (true, Err(reason)) = (arguments.format.needs_pages(), &pages) {
        return Err(Problem::new("--format", reason, "use another format, such as names or markdown"));
    }
    // A title is one line in every format.
    let given = arguments.title.as_ref().map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
    let title = given.unwrap_or_else(|| spec.title(&findings.study, false));
    if matches!(arguments.format, Format::Tsv | Format::Csv | Format::Json) {
        let views = [Some(spec.shown.first()), spec.shown.pair().map(|(_, second)| second)];
        for view in views.into_iter().flatten() {
            // Where nothing can be tested, p and q stay empty: `statistics` says why.
            let _ = chance::tests(&findings, view);
        }
    }
    let tags = book.features();
    let extract =
        Extract { findings: &findings, tags, spec: &spec, rows: &rows, folded: &folded, title: &title, pages: pages.ok() };
    output::print(&match arguments.format {
        Format::Tsv => extract::tsv(&extract)?,
        Format::Csv => extract::csv(&extract)?,
        Format::Json => extract::json(&extract)?,
        Format::Markdown => extract::markdown(&extract),
        Format::Names => extract::names(&extract),
        Format::Url => url(&extract)?,
        Format::NeuronpediaList => saved_list(&extract)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The addresses of the quick lists, one per line.
fn url(extract: &Extract<'_>) -> Result<String> {
    let addresses = links(extract)?;
    if addresses.len() > 1 {
        let (features, lists) = (extract.rows.len(), addresses.len());
        output::note(&format!("note: {features} features do not fit into one address, so there are {lists} lists"));
    }
    Ok(addresses.into_iter().map(|address| address + "\n").collect())
}

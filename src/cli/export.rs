//! `saescope export`: prints selected features of a run on standard output.

use std::process::ExitCode;

use super::arguments::{ExportArguments, Format};
use super::{output, study, tags};
use crate::core::extract::lists::{links, saved_list};
use crate::core::extract::{self, Extract, Pages};
use crate::core::filter::Filter;
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::rows::arrange::arrange;
use crate::core::rows::{DIFFERENCE, SIMILARITY, Shown, Spec};
use crate::core::study::Study;
use crate::core::text::printable;
use crate::core::view::View;
use crate::engine::identity;
use crate::store::run_file;

/// Runs `export`.
pub fn export(arguments: &ExportArguments) -> Result<ExitCode> {
    if arguments.title.is_some() && !arguments.format.has_title() {
        return Err(Problem::new("--title", "names a list", "use it with --format json, markdown, url or neuronpedia-list"));
    }
    let run = run_file::read(&arguments.run)?;
    let subject = identity::subject_of(&run);
    let book = tags::of(&subject)?;
    let findings = Findings::from_run(run, Some(arguments.run.display().to_string()), subject);
    let spec = Spec {
        filter: filter(&findings.study, arguments.filter.as_deref(), &arguments.tag)?,
        ..Spec::all(shown(&findings.study, arguments)?, arguments.selection())
    };
    let rows = arrange(&findings, book.features(), &spec).rows;
    let pages = Pages::of(&findings, &study::hosted()?);
    if let (true, Err(reason)) = (arguments.format.needs_pages(), &pages) {
        return Err(Problem::new("--format", reason, "use another format, such as names or markdown"));
    }
    let title = arguments.title.clone().unwrap_or_else(|| spec.title(&findings.study, false));
    let extract =
        Extract { findings: &findings, tags: book.features(), spec: &spec, rows: &rows, title: &title, pages: pages.ok() };
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

/// The view or comparison that the flags ask for.
fn shown(study: &Study, arguments: &ExportArguments) -> Result<Shown> {
    let of = arguments.of.as_deref();
    let compare: fn(View, View) -> Shown = match arguments.view.as_deref() {
        None => return Ok(Shown::Single(View(0))),
        Some(DIFFERENCE) => Shown::Difference,
        Some(SIMILARITY) => Shown::Similarity,
        Some(name) => {
            let view = study.find(name).ok_or_else(|| {
                Problem::new(
                    format_args!("--view {name}"),
                    format_args!("is not a view of {}", arguments.run.display()),
                    format_args!("use {}, {DIFFERENCE} or {SIMILARITY}", study.names().join(", ")),
                )
            })?;
            return match of {
                Some(_) => Err(Problem::new(
                    "--of",
                    format_args!("does not go with --view {name}"),
                    "use it with --view difference or similarity",
                )),
                None => Ok(Shown::Single(view)),
            };
        }
    };
    let (first, second) = match of {
        None => study.compare.ok_or_else(|| {
            Problem::new(
                arguments.run.display(),
                format_args!("has the one view {}: there is nothing to compare", study.names().join(", ")),
                "name that view with --view",
            )
        })?,
        Some([first, second]) => (study.named(first)?, study.named(second)?),
        Some(names) => {
            return Err(Problem::new("--of", format_args!("names {} views", names.len()), "give two, separated by a comma"));
        }
    };
    if first == second {
        let name = study.name(first);
        return Err(Problem::new("--of", format_args!("compares {name} with itself"), "give two different views"));
    }
    Ok(compare(first, second))
}

/// The filter that the flags ask for: that of --filter, and one of the tags of --tag.
pub(super) fn filter(study: &Study, typed: Option<&str>, tags: &[String]) -> Result<Option<Filter>> {
    let parse = |flag: &str, text: &str| {
        let place = format!("{flag} '{}'", printable(text));
        Filter::parse(text, study)
            .map_err(|error| Problem::new(place, error, "key / of the explorer explains filters as you type"))
    };
    let typed = typed.unwrap_or_default();
    let filter = parse("--filter", typed)?;
    let tags: Vec<String> = tags.iter().map(|tag| format!("tag={}", quoted(tag))).collect();
    for tag in &tags {
        parse("--tag", tag)?;
    }
    match (filter, tags.join(" or ")) {
        (filter, tags) if tags.is_empty() => Ok(filter),
        (None, tags) => parse("--tag", &tags),
        (Some(_), tags) => parse("--filter", &format!("({typed}) and ({tags})")),
    }
}

/// The name of a tag as a value in a filter.
fn quoted(tag: &str) -> String {
    let is_plain = !tag.is_empty() && tag.chars().all(|character| character.is_alphanumeric() || "-_".contains(character));
    if is_plain { tag.to_owned() } else { format!("\"{}\"", tag.replace('"', "\"\"")) }
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

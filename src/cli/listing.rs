//! Turns the flags that list features into a specification of rows.

use std::path::Path;

use super::arguments::ListingArguments;
use super::output;
use crate::core::filter::Filter;
use crate::core::problem::{Problem, Result};
use crate::core::rows::{DIFFERENCE, SIMILARITY, Shown, Spec};
use crate::core::study::Study;
use crate::core::text::printable;
use crate::core::view::View;

/// The rows that the flags ask for, of the run file `run`.
pub fn spec(study: &Study, run: &Path, arguments: &ListingArguments) -> Result<Spec> {
    let filter = filter(study, arguments.list.filter.as_deref(), &arguments.list.tag)?;
    let shown = shown(study, run, arguments)?;
    if shown.pair().is_none() && filter.as_ref().is_some_and(Filter::asks_comparison) {
        output::note(&format!("note: delta and side are known only in a comparison: --view {DIFFERENCE} or {SIMILARITY}"));
    }
    let list = &arguments.list;
    let selection = if shown.pair().is_some() { list.selection_compared() } else { list.selection() };
    Ok(Spec { filter, ..Spec::all(shown, selection) })
}

/// The view or comparison that the flags ask for.
fn shown(study: &Study, run: &Path, arguments: &ListingArguments) -> Result<Shown> {
    let of = arguments.of.as_deref();
    let compare: fn(View, View) -> Shown = match arguments.view.as_deref() {
        None => return Ok(Shown::Single(View(0))),
        Some(DIFFERENCE) => Shown::Difference,
        Some(SIMILARITY) => Shown::Similarity,
        Some(name) => {
            let view = study.find(name).ok_or_else(|| {
                let what = format_args!("is not a view of {}", run.display());
                let views = study.names().join(", ");
                // One view has nothing to be compared with.
                let compared = if study.compare.is_some() { format!(", {DIFFERENCE} or {SIMILARITY}") } else { String::new() };
                Problem::new(format_args!("--view {name}"), what, format_args!("use {views}{compared}"))
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
    let (first, second) = pair(study, run, of)?;
    Ok(compare(first, second))
}

/// The two different views that `--of` names, else those that the study compares.
pub fn pair(study: &Study, run: &Path, of: Option<&[String]>) -> Result<(View, View)> {
    let (first, second) = match of {
        None => study.compare.ok_or_else(|| {
            Problem::new(
                run.display(),
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
    Ok((first, second))
}

/// The filter that the flags ask for: that of --filter, and one of the tags of --tag.
pub fn filter(study: &Study, typed: Option<&str>, tags: &[String]) -> Result<Option<Filter>> {
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

//! `saescope statistics`: how sure the effects of a run's features are, and what a list would hold by chance.

mod facts;
mod json;
mod shuffles;
mod table;

use std::process::ExitCode;

use super::arguments::{StatisticsArguments, StatisticsFormat};
use super::which_run::file_or_kept;
use super::{listing, output, saved};
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::rows::Spec;
use crate::core::rows::arrange::arrange;
use crate::core::view::View;
use facts::{Asked, Facts};

/// Runs `statistics`.
pub fn statistics(arguments: &StatisticsArguments) -> Result<ExitCode> {
    let run = file_or_kept(&arguments.run)?;
    let (findings, book) = saved::open(&run)?;
    let spec = listing::spec(&findings.study, &run, &arguments.listing)?;
    let against = against(&findings, &spec, arguments)?;
    let listing = arrange(&findings, book.features(), &spec);
    let shuffled = shuffles::shuffles(arguments, &run, &findings.study, &spec)?;
    let asked = Asked { against, resamples: arguments.resamples, shuffled: shuffled.as_ref() };
    let facts = Facts::of(&findings, &spec, &listing, asked)?;
    output::print(&match arguments.format {
        StatisticsFormat::Table => table::text(&facts),
        StatisticsFormat::Json => json::text(&facts)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The view that the listed one is compared with, pair by pair.
fn against(findings: &Findings, spec: &Spec, arguments: &StatisticsArguments) -> Result<Option<View>> {
    let study = &findings.study;
    let Some(name) = &arguments.against else { return Ok(spec.shown.pair().map(|(_, second)| second)) };
    let place = format!("--against {name}");
    if let Some((_, second)) = spec.shown.pair() {
        let what = format!("does not go with --view {}, which compares with {}", spec.shown.name(study), study.name(second));
        return Err(Problem::new(place, what, "name the views with --of, or one view with --view"));
    }
    match study.find(name) {
        Some(view) if view == spec.shown.first() => {
            Err(Problem::new(place, "compares the view with itself", "give another view, or list another with --view"))
        }
        Some(view) => Ok(Some(view)),
        None => Err(Problem::new(
            place,
            format_args!("is not a view of {}", arguments.run.display()),
            format_args!("use {}", study.names().join(", ")),
        )),
    }
}

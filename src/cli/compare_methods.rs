//! `saescope compare-methods`: how well the gradient methods approximate exact effects.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::arguments::{CompareMethodsArguments, Printed};
use super::causal::listing::Listing;
use super::causal::words::{heading, wrapped};
use super::causal::{Checked, json};
use super::output;
use super::plot::PictureFile;
use super::table::Table;
use crate::core::causal::approximation::{Agreement, Approximate, Approximation, Effects, quadrature};
use crate::core::causal::error_share::{ErrorShare, Parts, error_shares};
use crate::core::causal::method_drawing::{LEGEND, drawing};
use crate::core::causal::method_tables::{WORST, agreement, errors, explained, worst};
use crate::core::picture::Picture;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::causal::approximation::compare;
use crate::engine::causal::plain::Sides;

/// Columns of the drawing.
const COLUMNS: usize = 100;

/// Runs `compare-methods`.
pub fn compare_methods(arguments: CompareMethodsArguments) -> Result<ExitCode> {
    let file = arguments.picture.as_deref().map(PictureFile::reserve).transpose()?;
    let checked = Checked::open(&arguments.run, arguments.view.as_deref())?;
    let listing = checked.listing(&arguments.list)?;
    let features = listing.features();
    let quadrature = quadrature(checked.manifest());
    let found = checked.with_model(arguments.model, Sides::Both, |_, plain, told, cancel| {
        compare(plain, &features, quadrature, told, &mut |_| {}, cancel)
    })?;
    let shares = error_shares(&checked.run.view(checked.view).submodules);
    if let Some(file) = file {
        file.write(&Picture::of_methods(&found, &listing.findings, &listing.spec))?;
    }
    match arguments.format {
        Printed::Json => json::print(&as_json(&checked, &listing, &found, &shares))?,
        Printed::Table => output::print_lines(&as_table(&checked, &listing, &found, &shares))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn as_table(checked: &Checked, listing: &Listing, found: &Approximation, shares: &[ErrorShare]) -> String {
    let drawn: String = drawing(found, COLUMNS).into_iter().map(|line| line + "\n").collect();
    format!(
        "{}{}ig: {}\n\n{}\n{}\n{}\n{drawn}\n{}{}",
        heading(checked, found.examples),
        listing.described(),
        found.quadrature,
        plain(1, &agreement(found)),
        plain(2, &worst(found)),
        plain(1, &errors(found, shares)),
        wrapped(LEGEND),
        wrapped(&format!(
            "{} JSON has every feature; --picture FILE.svg draws the scatter.",
            explained(found.quadrature, checked.manifest().method)
        ))
    )
}

/// A table of `rows` that begin with the heading, the first `left` columns aligned left.
fn plain(left: usize, rows: &[Vec<String>]) -> String {
    let Some((heading, rows)) = rows.split_first() else { return String::new() };
    let mut table = Table::new(left, &heading.iter().map(String::as_str).collect::<Vec<_>>());
    rows.iter().cloned().for_each(|row| table.push(row));
    table.plain()
}

fn as_json(checked: &Checked, listing: &Listing, found: &Approximation, shares: &[ErrorShare]) -> Value {
    let of_method = |method: Approximate| {
        let Agreement { pearson, spearman, mean_distance, largest_distance, other_sign } = found.agreement(method);
        let worst = found.worst(method, WORST);
        let agreement = json!({
            "pearson": pearson,
            "spearman": spearman,
            "mean_distance": mean_distance,
            "largest_distance": largest_distance,
            "other_sign": other_sign,
            "worst": worst.iter().map(|(feature, _)| feature.to_string()).collect::<Vec<_>>(),
        });
        (method.name().to_owned(), agreement)
    };
    let effects = |effects: &Effects| json!({ "ig": effects.ig, "attrib": effects.attrib, "exact": effects.exact });
    let named = |name: String, found: &Effects| {
        let mut object = effects(found);
        object["feature"] = json!(name);
        object
    };
    let parts = |parts: &Parts| json!({ "features": parts.features, "error": parts.error, "share": parts.share() });
    let error = |((submodule, found), share): (&(Submodule, Effects), &ErrorShare)| {
        let value = json!({
            "effect": effects(found),
            "of_run": parts(&share.whole),
            "of_run_at": share.positions.iter().map(parts).collect::<Vec<_>>(),
        });
        (submodule.to_string(), value)
    };
    json!({
        "run": checked.path.display().to_string(),
        "model": checked.manifest().model.name,
        "view": checked.view_name(),
        "lines": checked.lines(),
        "list": listing.as_json(),
        "examples": found.examples,
        "run_method": checked.manifest().method.name(),
        "ig": { "rule": found.quadrature.rule.name(), "steps": found.quadrature.steps },
        "agreement": Approximate::ALL.into_iter().map(of_method).collect::<Map<String, Value>>(),
        "features": found.features.iter().map(|(feature, found)| named(feature.to_string(), found)).collect::<Vec<_>>(),
        "error_terms": found.errors.iter().zip(shares).map(error).collect::<Map<String, Value>>(),
    })
}

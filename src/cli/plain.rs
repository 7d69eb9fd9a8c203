//! `--plain`: prints the explorer's tables line by line, for screen readers and pipes.

use std::path::Path;
use std::process::ExitCode;

use super::arguments::DisplayArguments;
use super::table::Table;
use super::{compute, output, tags};
use crate::core::findings::{Findings, Source};
use crate::core::path_sum::PathSum;
use crate::core::problem::Result;
use crate::core::request::Request;
use crate::core::rows::arrange::arrange;
use crate::core::rows::cells::{cell, signed};
use crate::core::rows::column::Column;
use crate::core::rows::{Listing, Shown, Spec};
use crate::core::run::Run;
use crate::core::tags::{Features, TagBook};
use crate::core::text::{counted, printable};
use crate::core::view::View;
use crate::core::view_findings::Coverage;
use crate::engine::identity;
use crate::store::{published, run_file};

/// Computes `request` and prints the tables of its run.
pub fn computed(request: Request, display: &DisplayArguments) -> Result<ExitCode> {
    whole(compute::compute(request)?, None, display)
}

/// Reads the run file at `path` and prints its tables.
pub fn saved(path: &Path, display: &DisplayArguments) -> Result<ExitCode> {
    whole(run_file::read(path)?, Some(path.display().to_string()), display)
}

/// Prints the tables of the published figures.
pub fn published(display: &DisplayArguments) -> Result<ExitCode> {
    let published = published::names()?;
    print(&published.findings, &published.tags, display)
}

fn whole(run: Run, file: Option<String>, display: &DisplayArguments) -> Result<ExitCode> {
    let subject = identity::subject_of(&run);
    let tags = tags::of(&subject)?;
    print(&Findings::from_run(run, file, subject), &tags, display)
}

fn print(findings: &Findings, tags: &TagBook, display: &DisplayArguments) -> Result<ExitCode> {
    let compared = findings.study.compare.into_iter();
    let compared = compared.flat_map(|(first, second)| [Shown::Difference(first, second), Shown::Similarity(first, second)]);
    let shown = findings.study.all().map(Shown::Single).chain(compared);
    let mut text = format!("{}\n", described(findings));
    for shown in shown {
        text.push('\n');
        text.push_str(&section(findings, tags.features(), shown, display));
    }
    output::print_lines(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn described(findings: &Findings) -> String {
    let model = printable(&findings.model);
    let (method, quadrature) = findings.method();
    let quadrature = quadrature.map_or_else(String::new, |quadrature| format!(", {quadrature}"));
    let sum = PathSum::farthest(findings).map_or_else(String::new, |sum| format!("\nfarthest sum: {sum}"));
    match &findings.source {
        Source::Published { .. } => format!("published figures, not computed here: model {model}, method {method}{quadrature}"),
        Source::Run { file: Some(file), .. } => {
            format!("run {}: model {model}, method {method}{quadrature}{sum}", printable(file))
        }
        Source::Run { .. } | Source::Live { .. } => format!("computed now: model {model}, method {method}{quadrature}{sum}"),
    }
}

/// The text of one view or comparison: its figures, its submodules, its features.
fn section(findings: &Findings, tags: &Features, shown: Shown, display: &DisplayArguments) -> String {
    let spec = Spec::all(shown, display.selection());
    let listing = arrange(findings, tags, &spec);
    let mut text = format!(
        "{}, {}: {} in {}",
        shown.described(&findings.study),
        spec.selection,
        counted(listing.rows.len(), "feature"),
        counted(listing.submodules(), "submodule")
    );
    if let Some(gap) = &listing.gap {
        text.push_str(&format!("; {gap}"));
    }
    text.push('\n');
    if let Shown::Single(view) = shown {
        let summary = &findings.view(view).summary;
        let figure = |name: &str, value: Option<f64>| value.map(|value| format!("{name} {value:+.4}"));
        let examples = summary.examples.map(|examples| counted(examples, "pair"));
        let figures = [examples, figure("clean metric", summary.clean_metric), figure("total effect", summary.total_effect)];
        let figures: Vec<String> = figures.into_iter().flatten().collect();
        if !figures.is_empty() {
            text.push_str(&format!("{}\n", figures.join(", ")));
        }
        text.push_str(&submodules(findings, view, &listing).plain());
    }
    text.push_str(&features(findings, tags, &spec, &listing).plain());
    text
}

fn submodules(findings: &Findings, view: View, listing: &Listing) -> Table {
    let mut table = Table::new(1, &["submodule", "listed", "sum", "error term", "share"]);
    let found = findings.view(view);
    for submodule in findings.submodules() {
        let Some(ranked) = found.submodule(submodule) else { continue };
        let whole = found.coverage == Coverage::Computed;
        let share = ranked.error_share().filter(|_| whole);
        table.push(vec![
            submodule.to_string(),
            listing.counts[submodule.ordinal(findings.layers)].selected.to_string(),
            signed(whole.then(|| ranked.feature_sum())),
            signed(Some(f64::from(ranked.effects().error.effect))),
            share.map_or_else(String::new, |share| format!("{:.1} %", 100.0 * share)),
        ]);
    }
    table
}

fn features(findings: &Findings, tags: &Features, spec: &Spec, listing: &Listing) -> Table {
    let columns = Column::of(spec.shown, &findings.study);
    // Text columns come first, so that the numbers form one block to their right.
    let (left, right): (Vec<Column>, Vec<Column>) =
        columns.into_iter().partition(|column| matches!(column, Column::Name | Column::Fires | Column::Side));
    let columns: Vec<Column> = left.iter().chain(&right).copied().collect();
    let names: Vec<String> = columns.iter().map(|column| column.name(&findings.study, spec.shown)).collect();
    let titles: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut table = Table::new(left.len(), &titles);
    for row in &listing.rows {
        table.push(columns.iter().map(|column| cell(*column, row, findings, tags, spec)).collect());
    }
    table
}

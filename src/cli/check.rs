//! `saescope check`: prints the invariants of a run as a table.

use std::process::ExitCode;

use super::arguments::CheckArguments;
use super::table::Table;
use super::which_run::file_or_kept;
use super::{output, summary};
use crate::core::invariant::{self, ABSOLUTE_TOLERANCE, Check, RELATIVE_TOLERANCE};
use crate::core::notes;
use crate::core::problem::Result;
use crate::core::study::Study;
use crate::store::run_file;

const HEADER: [&str; 10] = [
    "view",
    "submodule",
    "sum",
    "error term",
    "sum + error term",
    "gradient x change",
    "gap",
    "share",
    "to total effect",
    "verdict",
];

/// Runs `check`; the exit status is 1 if an invariant is broken.
pub fn check(arguments: &CheckArguments) -> Result<ExitCode> {
    let run = run_file::read(&file_or_kept(&arguments.run)?)?;
    let notes = summary::noted(&notes::of_manifest(&run.manifest));
    let checks: Vec<Check> = run.views.iter().flat_map(invariant::check).collect();
    let mut table = Table::new(2, &HEADER);
    for check in &checks {
        table.push(row(&run.manifest.study, check));
    }
    let broken = checks.iter().filter(|check| check.broken.is_some()).count();
    let verdict =
        if broken == 0 { format!("all {} hold", checks.len()) } else { format!("{broken} of {} are broken", checks.len()) };
    output::print_lines(&format!(
        "{}\nsum = effects of all features; gap = |sum + error term - gradient x change|, allowed {RELATIVE_TOLERANCE:e} of all absolute \
         terms + {ABSOLUTE_TOLERANCE:e}\nshare = |error term| / (|sum| + |error term|); to total effect = total effect - (sum + error \
         term)\n{notes}{verdict}\n",
        table.plain()
    ))?;
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn row(study: &Study, check: &Check) -> Vec<String> {
    let number = |value: f64| format!("{value:+.4}");
    let optional = |value: Option<f64>, format: fn(f64) -> String| value.map_or_else(|| "-".to_owned(), format);
    vec![
        study.name(check.view).to_string(),
        check.submodule.to_string(),
        number(check.feature_sum),
        number(check.error),
        number(check.feature_sum + check.error),
        optional(check.gradient_dot_change, |value| format!("{value:+.4}")),
        optional(check.gap, |value| format!("{value:.1e}")),
        format!("{:.1} %", 100.0 * check.error_share),
        number(check.distance_to_total),
        check.broken.map_or("ok", invariant::Broken::describe).to_owned(),
    ]
}

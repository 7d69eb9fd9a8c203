//! A comparison of methods in lines: how far approximate effects agree with exact ones, error terms, and the scatter.

use super::line::{Line, Tone};
use super::table::table;
use crate::core::causal::approximation::Approximation;
use crate::core::causal::error_share::error_shares;
use crate::core::causal::method_drawing::{LEGEND, drawing};
use crate::core::causal::method_tables::{agreement, errors, explained, worst};
use crate::core::findings::Findings;
use crate::core::view::View;

/// Everything that was found so far; the shares of error terms are those of the run's `view`.
pub fn lines(found: &Approximation, findings: &Findings, view: View, columns: usize) -> Vec<Line> {
    let shares = error_shares(findings.view(view).submodules().map(|ranked| ranked.effects()));
    let mut lines = Vec::new();
    for (left, rows) in [(1, agreement(found)), (2, worst(found)), (1, errors(found, &shares))] {
        lines.extend(table(&rows, left, columns));
        lines.push(Line::plain(""));
    }
    let drawn = drawing(found, columns);
    let legend = if drawn.is_empty() { "" } else { LEGEND };
    lines.extend(drawn.into_iter().map(Line::plain));
    let explained = explained(found.quadrature, findings.method().0);
    lines.extend([legend, &explained].into_iter().flat_map(|text| Line::sentence(text, Tone::Dim, columns)));
    lines
}

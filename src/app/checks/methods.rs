//! A comparison of methods in lines: how far approximate effects agree with exact ones, error terms, and the scatter.

use super::line::{Line, Tone};
use crate::core::causal::approximation::Approximation;
use crate::core::causal::error_share::error_shares;
use crate::core::causal::method_drawing::{LEGEND, drawing};
use crate::core::causal::method_tables::{agreement, errors, explained, worst};
use crate::core::findings::Findings;
use crate::core::view::View;

/// Columns between two cells.
const GAP: usize = 2;

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

/// `rows`, of which the first is the heading, with the first `left` columns aligned left. Columns that have no room stand below, behind
/// the first column once more.
fn table(rows: &[Vec<String>], left: usize, columns: usize) -> Vec<Line> {
    let count = rows.first().map_or(0, Vec::len);
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let width = |column: usize| rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut lines = Vec::new();
    let mut next = 1;
    while next < count {
        let mut shown = vec![0];
        let mut taken = widths[0];
        // One column at least is shown, so that every one is.
        while next < count && (shown.len() == 1 || taken + GAP + widths[next] <= columns) {
            taken += GAP + widths[next];
            shown.push(next);
            next += 1;
        }
        for (place, row) in rows.iter().enumerate() {
            let cells = shown.iter().map(|column| {
                let (text, width) = (cell(row, *column), widths[*column]);
                if *column < left { format!("{text:<width$}") } else { format!("{text:>width$}") }
            });
            let text = cells.collect::<Vec<_>>().join("  ").trim_end().to_owned();
            lines.push(if place == 0 { Line::title(text) } else { Line::plain(text) });
        }
    }
    lines
}

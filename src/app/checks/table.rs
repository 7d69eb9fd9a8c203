//! A table of cells in lines, however narrow the window is.

use unicode_width::UnicodeWidthStr;

use super::line::Line;
use crate::core::text::{left, right};

/// Columns between two cells.
const GAP: usize = 2;

/// `rows`, of which the first is the heading, with the first `left_columns` aligned left. Columns that have no room stand below, behind
/// the first column once more.
pub fn table(rows: &[Vec<String>], left_columns: usize, columns: usize) -> Vec<Line> {
    let count = rows.first().map_or(0, Vec::len);
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let width = |column: usize| rows.iter().map(|row| cell(row, column).width()).max().unwrap_or(0);
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
                if *column < left_columns { left(&text, width) } else { right(&text, width) }
            });
            let text = cells.collect::<Vec<_>>().join("  ").trim_end().to_owned();
            lines.push(if place == 0 { Line::title(text) } else { Line::plain(text) });
        }
    }
    lines
}

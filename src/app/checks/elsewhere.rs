//! What the edits of a check do elsewhere, in lines below what they do here.

use unicode_width::UnicodeWidthStr;

use super::line::{Line, Tone};
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::text::{left, right};

/// From this many columns on there is room for intervals.
const ROOMY: usize = 106;

/// Columns of an edit's name.
const NAME: usize = 15;

/// The widest column.
const MOST: usize = 24;

/// The edits with their numbers in `elsewhere` and their names, in the order of lines.
pub fn lines(elsewhere: &Elsewhere, edits: &[(usize, String)], columns: usize) -> Vec<Line> {
    let is_wide = columns >= ROOMY;
    let heading = elsewhere.heading(is_wide);
    let mut lines = vec![Line::plain("")];
    if heading.len() > 1 {
        let rows: Vec<Vec<String>> = edits.iter().map(|(edit, name)| elsewhere.row(*edit, name, is_wide)).collect();
        let width = |column: usize| {
            let cells = std::iter::once(&heading).chain(&rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0).min(MOST)
        };
        let widths: Vec<usize> = (1..heading.len()).map(width).collect();
        let cells = |row: &[String]| {
            let numbers = row[1..].iter().zip(&widths).map(|(cell, width)| format!(" {}", right(cell, *width)));
            format!("{}{}", left(&row[0], NAME), numbers.collect::<String>())
        };
        lines.push(Line::title(cells(&heading)));
        lines.extend(rows.iter().map(|row| Line::plain(cells(row))));
    }
    lines.extend(Line::sentence(&elsewhere.explanation(), Tone::Dim, columns));
    lines
}

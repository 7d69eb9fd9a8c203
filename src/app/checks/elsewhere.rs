//! What the edits of a check do elsewhere, in lines below what they do here.

use super::line::{Line, Tone};
use super::table::table;
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::text::excerpt;

/// From this many columns on there is room for intervals.
const ROOMY: usize = 106;

/// Longest name of an edit.
const NAME: usize = 40;

/// The edits with their numbers in `elsewhere` and their names, in the order of lines.
pub fn lines(elsewhere: &Elsewhere, edits: &[(usize, String)], columns: usize) -> Vec<Line> {
    let is_wide = columns >= ROOMY;
    let heading = elsewhere.heading(is_wide);
    let mut lines = vec![Line::plain("")];
    if heading.len() > 1 {
        let rows = edits.iter().map(|(edit, name)| elsewhere.row(*edit, &excerpt(name, NAME), is_wide));
        let rows: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
        lines.extend(table(&rows, 1, columns));
    }
    lines.extend(Line::sentence(&elsewhere.explanation(), Tone::Dim, columns));
    lines
}

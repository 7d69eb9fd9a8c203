//! A search in lines: the steps of the greedy search, and the best of all subsets.

use super::line::{Line, Tone};
use super::table::table;
use crate::core::causal::search::Search;
use crate::core::causal::search_table::{EXPLANATION, exhaustive, steps};
use crate::core::causal::words::doubt;

/// Everything that was found so far.
pub fn lines(found: &Search, columns: usize) -> Vec<Line> {
    let doubt = doubt("F(M)", found.all);
    let mut lines: Vec<Line> = doubt.iter().flat_map(|text| Line::sentence(text, Tone::Warning, columns)).collect();
    lines.extend(table(&steps(found), 2, columns));
    lines.push(Line::plain(""));
    lines.extend(Line::sentence(&exhaustive(found), Tone::Plain, columns));
    let explained = [
        format!("F(M) {:+.4}. {EXPLANATION}", found.all.mean),
        format!("{}: {}. Errors {}: {}", found.way, found.way.meaning(), found.error, found.error.meaning()),
    ];
    lines.extend(explained.iter().flat_map(|text| Line::sentence(text, Tone::Dim, columns)));
    lines
}

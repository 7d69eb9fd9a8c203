//! On which features a command acts that takes several: on the marked rows, or without marks on the row at the cursor or on all
//! rows.
//!
//! Only rows that are listed count. A mark on a feature that a filter or another selection hides stays, and whoever acts on
//! marks says that it was left out: nothing happens to what is not on the screen.

use super::command_id::CommandId;
use super::state::State;
use crate::core::rows::Row;

/// Number of marked features that are not listed.
pub fn hidden(state: &State) -> usize {
    state.marked.len().saturating_sub(state.table.marked)
}

/// The marked rows in the order of the table; without marks, all rows that match the filter.
pub fn rows(state: &State) -> Vec<Row> {
    let rows = state.table.listing.rows.iter();
    if state.marked.is_empty() {
        return rows.filter(|row| row.matches).copied().collect();
    }
    // Their number is known, so that the search among very many rows ends at the last of them.
    rows.filter(|row| state.marked.contains(&row.feature)).take(state.table.marked).copied().collect()
}

/// Ok if there is a row to act on, else the reason.
pub fn some(state: &State) -> Result<(), String> {
    if state.table.is_empty() && state.filter.is_some() {
        return Err(format!("no feature matches the filter; {} drops it", state.setting.keymap.way(CommandId::BACK)));
    }
    if state.table.is_empty() {
        return Err("no feature is listed".to_owned());
    }
    if state.marked.is_empty() || state.table.marked > 0 {
        return Ok(());
    }
    let unmark = state.setting.keymap.way(CommandId::UNMARK_ALL);
    Err(format!("{}; {unmark} drops all marks", said_hidden(state)))
}

/// How many marked features are not listed, and why: `2 marked are hidden by the filter`; empty if all are listed.
pub fn said_hidden(state: &State) -> String {
    match hidden(state) {
        0 => String::new(),
        count => format!("{count} marked {} {}", if count == 1 { "is" } else { "are" }, by(state)),
    }
}

/// Words for the line that counts the marks: `2 hidden by the filter`; empty if all are listed.
pub fn counted_hidden(state: &State) -> String {
    match hidden(state) {
        0 => String::new(),
        count => format!("{count} {}", by(state)),
    }
}

/// Why marked features are not listed. The filter is named only if it hides all of them.
fn by(state: &State) -> &'static str {
    if state.table.listing.filtered_marks >= hidden(state) { "hidden by the filter" } else { "not in this list" }
}

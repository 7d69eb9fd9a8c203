//! What the selection holds, and what it returns to.

use super::state::State;
use crate::core::selection::Selection;

/// What a selection holds: `0.1 → 19 features in 13 submodules`. Counted where the rows are on their way.
pub fn counted(state: &State) -> String {
    let value = match state.selection {
        Selection::Threshold(threshold) => format!("{threshold}"),
        Selection::TopK(count) => format!("{count}"),
    };
    let Some(findings) = state.findings() else { return value };
    let (features, submodules) = match (state.shown().pair(), &state.table.asked) {
        (None, _) => {
            let counts = findings.view(state.shown().first()).counts(state.selection);
            (counts.iter().sum(), counts.iter().filter(|count| **count > 0).count())
        }
        (Some(_), None) => (state.table.listing.total().selected, state.table.listing.submodules()),
        (Some(_), Some(_)) => return format!("{value} → counting"),
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    // Where the study did not print all, there may be more.
    let least = if state.table.listing.gap.is_some() { "at least " } else { "" };
    format!("{value} → {least}{features} feature{} in {submodules} submodule{}", plural(features), plural(submodules))
}

/// Keeps the value for the next time its prompt is opened.
pub fn remember(state: &mut State) {
    match state.selection {
        Selection::Threshold(threshold) => state.threshold = threshold,
        Selection::TopK(count) => state.top_k = count,
    }
}

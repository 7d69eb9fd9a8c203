//! Counts the selection, and remembers threshold and k for their prompts.

use super::state::State;
use super::state::tab::Tab;
use crate::core::filter::Filter;
use crate::core::selection::Selection;

/// The selection with its size: `0.1 → 19 features in 13 submodules`.
pub fn counted(state: &State) -> String {
    let found = found(state);
    let space = if found.is_empty() { "" } else { " " };
    match state.selection {
        Selection::Threshold(threshold) => format!("{threshold}{space}{found}"),
        Selection::TopK(count) => format!("{count}{space}{found}"),
    }
}

/// The size of the selection in words: `→ 19 features in 13 submodules`; empty before there are findings. The selection of a single
/// view is counted from the findings; that of a comparison is known once its rows are arranged.
pub fn found(state: &State) -> String {
    let Some(findings) = state.findings() else { return String::new() };
    let (features, submodules) = match (state.shown().pair(), &state.table.asked) {
        (None, _) => {
            let counts = findings.view(state.shown().first()).counts(state.selection);
            (counts.iter().sum(), counts.iter().filter(|count| **count > 0).count())
        }
        (Some(_), None) => (state.table.listing.total().selected, state.table.listing.submodules()),
        (Some(_), Some(_)) => return "→ counting".to_owned(),
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    // If the published study did not print all features, there may be more.
    let least = if state.table.listing.gap.is_some() { "at least " } else { "" };
    format!("→ {least}{features} feature{} in {submodules} submodule{}", plural(features), plural(submodules))
}

/// Remembers the value of the selection for the next time its prompt is opened.
pub fn remember(state: &mut State) {
    match state.selection {
        Selection::Threshold(threshold) => state.threshold = threshold,
        Selection::TopK(count) => state.top_k = count,
    }
}

/// Why a part of the filter is true of no row, if it asks for what only a comparison has, or for labels that nobody imported.
pub fn unknown_to_filter(state: &State) -> Option<String> {
    let labels = state.findings().and_then(|findings| findings.explanations.as_ref());
    let has_labels = labels.is_some_and(|labels| !labels.dictionaries.is_empty());
    if state.filter.as_ref().is_some_and(Filter::asks_labels) && !has_labels {
        return Some("no labels were imported for these dictionaries: saescope import neuronpedia".to_owned());
    }
    let asks = state.filter.as_ref().is_some_and(Filter::asks_comparison) && state.shown().pair().is_none();
    if !asks {
        return None;
    }
    let ways = [Tab::Difference, Tab::Similarity].map(|tab| state.way_to(tab)).join(" or ");
    let ways = if state.compared().is_some() { ways } else { "give a baseline or a second view".to_owned() };
    Some(format!("delta and side are known in a comparison only: {ways}"))
}

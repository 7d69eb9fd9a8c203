//! Counts the selection, and remembers threshold and k for their prompts.

use super::state::State;
use super::state::tab::Tab;
use crate::core::filter::{Asked, NumberField};
use crate::core::selection::Selection;
use crate::core::view::View;

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

/// How far the two lists of a comparison are alike; None with a single view, and while they are counted.
pub fn alike(state: &State) -> Option<String> {
    let overlap = state.table.listing.overlap.filter(|_| state.shown().pair().is_some() && state.table.asked.is_none())?;
    let spearman = overlap.spearman.map_or_else(|| "not known".to_owned(), |spearman| format!("{spearman:+.3}"));
    let jaccard = overlap.jaccard()?;
    Some(format!("Jaccard {jaccard:.3} ({} of {}), Spearman {spearman}", overlap.common, overlap.union))
}

/// Remembers the value of the selection for the next time its prompt is opened.
pub fn remember(state: &mut State) {
    match state.selection {
        Selection::Threshold(threshold) => state.threshold = threshold,
        Selection::TopK(count) => state.top_k = count,
    }
}

/// The reason why the list is shorter than the selection asks for, if it is: in a comparison, that a view is still being computed.
pub fn gap(state: &State) -> Option<String> {
    let gap = state.table.listing.gap.clone()?;
    let is_computing = state.job.as_ref().is_some_and(|job| job.opened) && !state.show_published;
    let compared = state.shown().pair().filter(|_| is_computing).map(|(first, second)| [first, second]);
    let waits = |view: &View| state.findings().is_some_and(|findings| findings.view(*view).is_empty());
    let waiting = compared.into_iter().flatten().find(waits);
    Some(waiting.map_or(gap, |view| format!("view {} is still being computed", state.about().name(view))))
}

/// Which figures the filter asks for although rows lack them, and why: those that only a comparison has, and those that are not known of
/// some of the listed features.
pub fn unknown_to_filter(state: &State) -> Option<String> {
    let (filter, findings) = (state.filter.as_ref()?, state.findings()?);
    let mut said = Vec::new();
    if filter.asks_comparison() && state.shown().pair().is_none() {
        let ways = [Tab::Difference, Tab::Similarity].map(|tab| state.way_to(tab)).join(" or ");
        let ways = if state.compared().is_some() { ways } else { "give a baseline or a second view".to_owned() };
        said.push(format!("delta and side are known in a comparison only: {ways}"));
    }
    let is_of_comparison = |asked: &Asked| {
        let delta = [NumberField::Delta, NumberField::DeltaError, NumberField::DeltaShare].map(Asked::Number);
        *asked == Asked::Side || delta.contains(asked)
    };
    let unknown = state.table.listing.unknown.iter();
    let unknown = unknown.filter(|unknown| said.is_empty() || !is_of_comparison(&unknown.asked));
    let unknown: Vec<String> = unknown.map(|unknown| unknown.said(findings, state.shown())).collect();
    said.extend(unknown);
    (!said.is_empty()).then(|| said.join("; "))
}

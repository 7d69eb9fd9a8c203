//! Keeps the feature table up to date with the state: asks for its rows, shows them, and keeps the cursor visible.

use std::sync::Arc;

use super::layout;
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::table::{Arranged, Arrangement};
use crate::core::rows::arrange::{arrange, size};
use crate::core::rows::{Listing, Row, Spec};
use crate::core::submodule::FeatureId;

/// Up to this many features are arranged between two frames (about a millisecond); more are arranged on another thread.
pub const AT_ONCE: usize = 20_000;

/// The specification of the rows that the table should list now; None before there are findings.
pub fn wanted(state: &State) -> Option<Spec> {
    let findings = state.findings()?;
    Some(Spec {
        shown: state.shown(),
        selection: state.selection,
        submodule: state.submodule,
        filter: state.filter.clone(),
        keep_others: state.keep_others,
        sort: state.sort,
        marked: Arc::clone(&state.marked),
        families: state.evidence.folding(findings.subject.as_ref()),
    })
}

/// Arranges the rows again after a change: at once, or on another thread if there are more than [`AT_ONCE`].
pub fn refresh(state: &mut State) -> Vec<Effect> {
    let (Some(spec), Some(findings)) = (wanted(state), state.findings().cloned()) else { return Vec::new() };
    state.table.number += 1;
    if size(&findings, &spec) <= AT_ONCE {
        let listing = Arc::new(arrange(&findings, state.tags(), &spec));
        state.table.asked = None;
        return show(state, listing, spec, None);
    }
    let tags = Arc::new(state.tags().clone());
    if state.table.asked.as_ref() != Some(&spec) {
        state.table.asked_since = state.table.number;
    }
    state.table.asked = Some(spec.clone());
    let (number, home) = (state.table.number, state.table.home);
    vec![Effect::Arrange(Box::new(Arrangement { number, findings, tags, spec, home }))]
}

/// Arranges the rows again after a change of tags, if that can change them.
pub fn refresh_tags(state: &mut State) -> Vec<Effect> {
    if wanted(state).is_some_and(|spec| spec.asks_tags()) { refresh(state) } else { Vec::new() }
}

/// Shows rows that another thread arranged; an answer to a former specification is dropped.
pub fn arranged(state: &mut State, Arranged { number, listing, home }: Arranged) -> Vec<Effect> {
    let asked = state.table.asked.take_if(|_| number >= state.table.asked_since);
    let Some(spec) = asked else { return discard(listing) };
    if number < state.table.number {
        state.table.asked = Some(spec.clone());
    }
    show(state, listing, spec, home)
}

/// Shows the rows. If that puts the cursor on another feature, the card of that feature starts at its top.
fn show(state: &mut State, listing: Arc<Listing>, spec: Spec, home: Option<(FeatureId, Option<usize>)>) -> Vec<Effect> {
    let before = state.feature();
    let counted = spec.marked == state.marked;
    state.table.marked = listing.marked;
    mention_unordered(state, &listing, &spec);
    let old = state.table.set(listing, spec, home);
    if !counted {
        count_marked(state);
    }
    if state.feature() != before {
        state.card_scroll = 0;
    }
    settle(state);
    discard(old)
}

/// Says why rows that were just ordered by another column are in no order: none of them has its figure.
fn mention_unordered(state: &mut State, listing: &Listing, spec: &Spec) {
    let is_new = state.table.spec.as_ref().is_some_and(|before| before.sort.column != spec.sort.column);
    if let (true, None, Some(unknown), Some(findings)) = (is_new, &state.notice, &listing.unordered, state.findings()) {
        state.notice = Some(Notice::refused(format!("not ordered: {}", unknown.said(findings, spec.shown))));
    }
}

/// Counts the rows that are marked, after a change of marks. With very many rows it takes longer than a frame: where the change is known,
/// it is counted instead.
pub fn count_marked(state: &mut State) {
    let marked = &state.marked;
    let is_marked = |row: &&Row| marked.contains(&row.feature);
    state.table.marked = if marked.is_empty() { 0 } else { state.table.listing.rows.iter().filter(is_marked).count() };
}

/// Asks another thread to free a long list, because that takes longer than a frame.
fn discard(listing: Arc<Listing>) -> Vec<Effect> {
    if listing.rows.len() > AT_ONCE { vec![Effect::Discard(listing)] } else { Vec::new() }
}

/// Scrolls the table so that the cursor is visible, after a change of cursor, rows or size.
pub fn settle(state: &mut State) {
    let height = layout::table_rows(state);
    state.table.scroll(height);
}

//! The feature table: its rows, the cursor that stays on its feature, and what of it is visible.

use std::sync::Arc;

use super::layout;
use super::message::{Effect, Message};
use super::state::State;
use crate::core::findings::Findings;
use crate::core::rows::arrange::{arrange, size};
use crate::core::rows::{Listing, Row, Spec};
use crate::core::submodule::FeatureId;
use crate::core::tags::Features;

/// Up to this many features are arranged between two frames (about a millisecond); more are arranged on another thread.
pub const AT_ONCE: usize = 20_000;

/// Rows that another thread is asked to arrange.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// Of the answer.
    pub number: u64,
    /// The numbers.
    pub findings: Arc<Findings>,
    /// The tags.
    pub tags: Arc<Features>,
    /// Which rows.
    pub spec: Spec,
    /// The feature that the cursor belongs on.
    pub home: Option<FeatureId>,
}

impl Arrangement {
    /// Arranges them.
    pub fn answer(&self) -> Message {
        let listing = Arc::new(arrange(&self.findings, &self.tags, &self.spec));
        let home = self.home.map(|feature| (feature, listing.position(feature)));
        Message::Arranged(Arranged { number: self.number, listing, home })
    }
}

/// Rows that another thread arranged.
#[derive(Debug, Clone)]
pub struct Arranged {
    /// Of the request.
    pub number: u64,
    /// The rows.
    pub listing: Arc<Listing>,
    /// The feature that the cursor belonged on, and its row if it has one: found there, since looking through a long list takes longer
    /// than a frame.
    pub home: Option<(FeatureId, Option<usize>)>,
}

/// The rows with the cursor.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The rows.
    pub listing: Arc<Listing>,
    /// What was asked for when they were arranged.
    pub spec: Option<Spec>,
    /// Index of the row with the cursor.
    pub cursor: usize,
    /// Index of the first visible row.
    pub top: usize,
    /// The feature that the cursor belongs on: it may be out of the list and come back. None until somebody moves the cursor: while rows
    /// arrive, the first row is the strongest so far.
    pub home: Option<FeatureId>,
    /// Number of the latest request to another thread.
    pub number: u64,
    /// What that request asks for, until it is answered.
    pub asked: Option<Spec>,
    /// Number of the first request since which the same is asked for: while results arrive, older answers are better than none.
    pub asked_since: u64,
}

impl Table {
    /// The row with the cursor.
    pub fn row(&self) -> Option<&Row> {
        self.listing.rows.get(self.cursor)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.listing.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.listing.rows.is_empty()
    }

    /// Moves the cursor to a row, or to the last one before it.
    pub fn go(&mut self, row: usize) {
        self.cursor = row.min(self.len().saturating_sub(1));
        self.home = self.row().map(|row| row.feature);
    }

    /// Takes these rows and returns the old ones.
    fn set(&mut self, listing: Arc<Listing>, spec: Spec, home: Option<(FeatureId, Option<usize>)>) -> Arc<Listing> {
        let old = std::mem::replace(&mut self.listing, listing);
        self.spec = Some(spec);
        let found = self.home.and_then(|feature| match home {
            Some((sought, row)) if sought == feature => row,
            _ => self.listing.position(feature),
        });
        self.cursor = found.unwrap_or(self.cursor.min(self.len().saturating_sub(1)));
        old
    }

    /// Scrolls so that the cursor is among `height` visible rows.
    pub fn scroll(&mut self, height: usize) {
        let height = height.max(1);
        let last = self.len().saturating_sub(height);
        self.top = self.top.min(last).clamp((self.cursor + 1).saturating_sub(height), self.cursor);
    }
}

/// What the table should list now; none before anything is known.
pub fn wanted(state: &State) -> Option<Spec> {
    state.findings()?;
    Some(Spec {
        shown: state.shown(),
        selection: state.selection,
        submodule: state.submodule,
        filter: state.filter.clone(),
        keep_others: state.keep_others,
        sort: state.sort,
        marked: Arc::clone(&state.marked),
    })
}

/// Arranges the rows anew after something changed: at once, or on another thread where there are many.
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

/// Takes rows that another thread arranged; those that were asked for before something else was are dropped.
pub fn arranged(state: &mut State, Arranged { number, listing, home }: Arranged) -> Vec<Effect> {
    let asked = state.table.asked.take_if(|_| number >= state.table.asked_since);
    let Some(spec) = asked else { return discard(listing) };
    if number < state.table.number {
        state.table.asked = Some(spec.clone());
    }
    show(state, listing, spec, home)
}

/// Puts the rows on the screen; where that leaves the cursor on another feature, its card begins at the top.
fn show(state: &mut State, listing: Arc<Listing>, spec: Spec, home: Option<(FeatureId, Option<usize>)>) -> Vec<Effect> {
    let before = state.feature();
    let old = state.table.set(listing, spec, home);
    if state.feature() != before {
        state.card_scroll = 0;
    }
    settle(state);
    discard(old)
}

/// Freeing a long list takes longer than a frame, so another thread does it.
fn discard(listing: Arc<Listing>) -> Vec<Effect> {
    if listing.rows.len() > AT_ONCE { vec![Effect::Discard(listing)] } else { Vec::new() }
}

/// Brings the cursor into sight after anything that moved it or changed the size.
pub fn settle(state: &mut State) {
    let height = layout::table_rows(state);
    state.table.scroll(height);
}

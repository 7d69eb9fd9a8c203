//! The rows of the feature table with their cursor, and what another thread needs to arrange them.

use std::sync::Arc;

use crate::core::findings::Findings;
use crate::core::rows::arrange::arrange;
use crate::core::rows::{Listing, Row, Spec};
use crate::core::submodule::FeatureId;
use crate::core::tags::Features;

/// Rows that another thread is asked to arrange.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// Number of the request, which the answer repeats.
    pub number: u64,
    /// The study.
    pub findings: Arc<Findings>,
    /// The tags.
    pub tags: Arc<Features>,
    /// Which rows.
    pub spec: Spec,
    /// The feature that the cursor belongs on.
    pub home: Option<FeatureId>,
}

impl Arrangement {
    /// Arranges the rows.
    pub fn answer(&self) -> Arranged {
        let listing = Arc::new(arrange(&self.findings, &self.tags, &self.spec));
        let home = self.home.map(|feature| (feature, listing.position(feature)));
        Arranged { number: self.number, listing, home }
    }
}

/// Rows that another thread arranged.
#[derive(Debug, Clone)]
pub struct Arranged {
    /// Number of the request.
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

    /// Drops the rows and what was asked for: they are of another study. Numbers go on, so that late answers are known as such.
    pub fn clear(&mut self) {
        *self = Self { number: self.number, ..Self::default() };
    }

    /// Moves the cursor to a row, or to the last one before it.
    pub fn go(&mut self, row: usize) {
        self.cursor = row.min(self.len().saturating_sub(1));
        self.home = self.row().map(|row| row.feature);
    }

    /// Takes these rows and returns the old ones.
    pub fn set(&mut self, listing: Arc<Listing>, spec: Spec, home: Option<(FeatureId, Option<usize>)>) -> Arc<Listing> {
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

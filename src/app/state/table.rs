//! The rows of the feature table with their cursor, and the requests for another thread to arrange them.

use std::sync::Arc;

use crate::core::findings::Findings;
use crate::core::rows::arrange::arrange;
use crate::core::rows::{Listing, Row, Spec};
use crate::core::submodule::FeatureId;
use crate::core::tags::Features;

/// A request to another thread to arrange rows.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// Number of the request, which the answer repeats.
    pub number: u64,
    /// The findings whose features are listed.
    pub findings: Arc<Findings>,
    /// The tags of the findings, by feature.
    pub tags: Arc<Features>,
    /// Which rows to list, in which order.
    pub spec: Spec,
    /// The feature that the cursor belongs on.
    pub home: Option<FeatureId>,
}

impl Arrangement {
    /// Arranges the rows and looks up the feature that the cursor belongs on.
    pub fn answer(&self) -> Arranged {
        let listing = Arc::new(arrange(&self.findings, &self.tags, &self.spec));
        let home = self.home.map(|feature| (feature, listing.position(feature)));
        Arranged { number: self.number, listing, home }
    }
}

/// Rows that another thread arranged.
#[derive(Debug, Clone)]
pub struct Arranged {
    /// Number of the request that this answers.
    pub number: u64,
    /// The arranged rows, with their counts.
    pub listing: Arc<Listing>,
    /// The feature that the cursor belonged on, and its row if it is listed. The other thread looks it up, because searching a
    /// long list takes longer than a frame.
    pub home: Option<(FeatureId, Option<usize>)>,
}

/// The feature table: rows, cursor and the request for new rows.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The rows on the screen.
    pub listing: Arc<Listing>,
    /// The specification by which the rows were arranged.
    pub spec: Option<Spec>,
    /// Number of the rows whose features are marked.
    pub marked: usize,
    /// Index of the row with the cursor.
    pub cursor: usize,
    /// Index of the first visible row.
    pub top: usize,
    /// The feature that the cursor belongs on; it may leave the list and come back. None until the cursor is moved, or a command
    /// runs without a job: while rows arrive, the first row is the strongest so far.
    pub home: Option<FeatureId>,
    /// Number of the latest arrangement, here or on another thread.
    pub number: u64,
    /// The specification of the request to another thread, until the latest request is answered.
    pub asked: Option<Spec>,
    /// Number of the first request with the present specification: while results arrive, an older answer to the same
    /// specification is shown, too.
    pub asked_since: u64,
}

impl Table {
    /// The row with the cursor; None if the table is empty.
    pub fn row(&self) -> Option<&Row> {
        self.listing.rows.get(self.cursor)
    }

    /// Number of rows in the table, also those that are not visible.
    pub fn len(&self) -> usize {
        self.listing.rows.len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.listing.rows.is_empty()
    }

    /// Drops the rows and the open request, which belong to another study. Numbers go on, so that late answers are recognized.
    pub fn clear(&mut self) {
        *self = Self { number: self.number, ..Self::default() };
    }

    /// Moves the cursor to `row`, or to the last row if there are fewer.
    pub fn go(&mut self, row: usize) {
        self.cursor = row.min(self.len().saturating_sub(1));
        self.home = self.row().map(|row| row.feature);
    }

    /// Shows these rows with the cursor on its feature, and returns the old rows.
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

//! What is taken along: listed features as text for files, for the clipboard and for Neuronpedia. `export` and the explorer's
//! copies are made here, so both hold the same columns, numbers and titles.

mod field;
mod json;
pub mod lists;
mod markdown;
mod pages;
mod separated;

pub use json::json;
pub use markdown::markdown;
pub use pages::Pages;
pub use separated::{csv, tsv};

use std::collections::BTreeMap;

use super::findings::Findings;
use super::rows::{Row, Spec};
use super::study::Study;
use super::submodule::FeatureId;
use super::tags::Features;
use super::view::View;

/// The rows to take along, with everything that their columns need.
pub struct Extract<'a> {
    /// The findings that the rows are of.
    pub findings: &'a Findings,
    /// The tags of the findings, by feature.
    pub tags: &'a Features,
    /// The specification by which the rows were arranged.
    pub spec: &'a Spec,
    /// The rows, in the order in which they are taken along.
    pub rows: &'a [Row],
    /// The rows into which copies are folded, each with these, strongest first.
    pub folded: &'a BTreeMap<FeatureId, Vec<FeatureId>>,
    /// The title of lists and tables that have one.
    pub title: &'a str,
    /// The pages of the features on Neuronpedia; None if they have none.
    pub pages: Option<Pages>,
}

impl Extract<'_> {
    fn study(&self) -> &Study {
        &self.findings.study
    }

    /// The features that are folded into `row`; None if the list folds no families.
    fn copies(&self, row: &Row) -> Option<&[FeatureId]> {
        self.spec.families.as_ref().map(|_| self.folded.get(&row.feature).map_or(&[][..], Vec::as_slice))
    }

    /// The views that are shown: one view, or the two compared views.
    fn views(&self) -> Vec<View> {
        self.spec.shown.pair().map_or_else(|| vec![self.spec.shown.first()], |(first, second)| vec![first, second])
    }
}

/// The names of the features, one a line: `5-res-sm/26074`.
pub fn names(extract: &Extract<'_>) -> String {
    extract.rows.iter().map(|row| row.feature.to_string() + "\n").collect()
}

#[cfg(test)]
mod extract_tests;

//! The table of features: which rows it has, in which order, and what stands in their cells.
//!
//! [`arrange`](arrange::arrange) is a pure function of the findings, the tags and a [`Spec`], so that it can run on any thread; the
//! explorer and the plain tables both show what it returns.

pub mod arrange;
pub mod cells;
pub mod column;
mod facts;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::filter::Filter;
use super::selection::Selection;
use super::study::Study;
use super::submodule::{FeatureId, Submodule};
use super::view::View;
use column::Sort;

/// What `export --view` and headings call the features that only one of two selections holds; no view has this name.
pub const DIFFERENCE: &str = "difference";

/// The same for the features that both selections hold.
pub const SIMILARITY: &str = "similarity";

/// What of a study's views a table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The selection of one view.
    Single(View),
    /// Features that only one of two selections holds.
    Difference(View, View),
    /// Features that both selections hold.
    Similarity(View, View),
}

impl Shown {
    /// The view whose sums stand beside the submodules: the only one, or the first of two.
    pub fn first(self) -> View {
        match self {
            Self::Single(view) | Self::Difference(view, _) | Self::Similarity(view, _) => view,
        }
    }

    /// The two views of a comparison.
    pub fn pair(self) -> Option<(View, View)> {
        match self {
            Self::Single(_) => None,
            Self::Difference(first, second) | Self::Similarity(first, second) => Some((first, second)),
        }
    }

    /// The name without the views, as `export --view` takes it.
    pub fn name(self, study: &Study) -> &str {
        match self {
            Self::Single(view) => study.view(view).name.as_str(),
            Self::Difference(..) => DIFFERENCE,
            Self::Similarity(..) => SIMILARITY,
        }
    }

    /// What a quick list of the features that `selection` picks is called.
    pub fn title(self, study: &Study, selection: Selection) -> String {
        format!("{} {} {selection}", study.title, self.name(study))
    }

    /// The name with the views of a comparison: `difference male-baseline`.
    pub fn described(self, study: &Study) -> String {
        let name = self.name(study);
        self.pair()
            .map_or_else(|| name.to_owned(), |(first, second)| format!("{name} {}-{}", study.name(first), study.name(second)))
    }
}

/// Which of two selections hold a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// Only one view's.
    Only(View),
    /// Both.
    Both,
}

/// Everything that decides which rows a table has.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Which view or comparison.
    pub shown: Shown,
    /// Which features of it.
    pub selection: Selection,
    /// Only this submodule's, or all.
    pub submodule: Option<Submodule>,
    /// Only those that match.
    pub filter: Option<Filter>,
    /// Whether rows that do not match stay in the table, marked as such.
    pub keep_others: bool,
    /// In which order.
    pub sort: Sort,
    /// Rows that the user marked, for `marked=yes`.
    pub marked: Arc<BTreeSet<FeatureId>>,
}

impl Spec {
    /// Everything that `selection` picks of `shown`, in the order of strength.
    pub fn all(shown: Shown, selection: Selection) -> Self {
        Self { shown, selection, submodule: None, filter: None, keep_others: false, sort: Sort::STRENGTH, marked: Arc::default() }
    }
}

/// One feature of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Which feature.
    pub feature: FeatureId,
    /// Place by strength in the whole selection, from 1; none where the effect is not known.
    pub rank: Option<u32>,
    /// In a comparison: which selections hold it. With one view: that view's.
    pub held_by: HeldBy,
    /// The view whose effect ranks it.
    pub ranked_in: View,
    /// That effect; NaN if it is not known.
    pub effect: f32,
    /// Whether it matches the filter.
    pub matches: bool,
}

/// How many features of one submodule a selection holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// In the selection.
    pub selected: usize,
    /// Of these, those that match the filter.
    pub matching: usize,
}

/// The rows of a table with their counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// In order.
    pub rows: Vec<Row>,
    /// By [`Submodule::ordinal`], over all submodules, whichever is shown.
    pub counts: Vec<Count>,
    /// Why the list is shorter than the selection asks for, if it is.
    pub gap: Option<String>,
}

impl Listing {
    /// Over all submodules.
    pub fn total(&self) -> Count {
        self.counts.iter().fold(Count::default(), |sum, count| Count {
            selected: sum.selected + count.selected,
            matching: sum.matching + count.matching,
        })
    }

    /// In how many submodules there are selected features.
    pub fn submodules(&self) -> usize {
        self.counts.iter().filter(|count| count.selected > 0).count()
    }

    /// Where `feature` stands.
    pub fn position(&self, feature: FeatureId) -> Option<usize> {
        self.rows.iter().position(|row| row.feature == feature)
    }
}

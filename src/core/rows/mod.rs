//! The table of features: its rows, their order, and the text in their cells.
//!
//! [`arrange`](arrange::arrange) is a pure function of the findings, the tags and a [`Spec`], so it can run on any thread. The
//! explorer and the plain tables both show its result.

pub mod arrange;
pub mod cells;
pub mod column;
mod facts;
mod fires;
mod strongest_pairs;
pub mod unknown;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::families::Families;
use super::filter::Filter;
use super::overlap::Overlap;
use super::selection::{HeldBy, Selection};
use super::study::Study;
use super::submodule::{FeatureId, Submodule};
use super::text::{excerpt, printable};
use super::view::View;
use column::{Column, Sort};
use unknown::Unknown;

/// The name of the comparison that lists features held by only one of two selections, for `export --view` and headings. No view
/// may have this name.
pub const DIFFERENCE: &str = "difference";

/// The name of the comparison that lists features held by both selections. No view may have this name.
pub const SIMILARITY: &str = "similarity";

/// The part of a study's views that a table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The features selected in one view.
    Single(View),
    /// Features that only one of two selections holds.
    Difference(View, View),
    /// Features that both selections hold.
    Similarity(View, View),
}

impl Shown {
    /// The view whose sums are shown beside the submodules: the only one, or the first of two.
    pub fn first(self) -> View {
        match self {
            Self::Single(view) | Self::Difference(view, _) | Self::Similarity(view, _) => view,
        }
    }

    /// The two views of a comparison; None for a single view.
    pub fn pair(self) -> Option<(View, View)> {
        match self {
            Self::Single(_) => None,
            Self::Difference(first, second) | Self::Similarity(first, second) => Some((first, second)),
        }
    }

    /// The name without the compared views, as `export --view` takes it.
    pub fn name(self, study: &Study) -> &str {
        match self {
            Self::Single(view) => study.view(view).name.as_str(),
            Self::Difference(..) => DIFFERENCE,
            Self::Similarity(..) => SIMILARITY,
        }
    }

    /// The compared views: `male-baseline`; empty for a single view.
    pub fn pair_name(self, study: &Study) -> String {
        self.pair().map_or_else(String::new, |(first, second)| format!("{}-{}", study.name(first), study.name(second)))
    }

    /// The name with the views of a comparison: `difference male-baseline`.
    pub fn described(self, study: &Study) -> String {
        format!("{} {}", self.name(study), self.pair_name(study)).trim_end().to_owned()
    }
}

/// Everything that decides which rows a table has.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The view or comparison to list.
    pub shown: Shown,
    /// The rule that selects features.
    pub selection: Selection,
    /// The submodule to which the table is limited; None for all.
    pub submodule: Option<Submodule>,
    /// The filter that rows must match; None for no filter.
    pub filter: Option<Filter>,
    /// Whether rows that do not match the filter stay in the table, marked as such.
    pub keep_others: bool,
    /// The order of the rows.
    pub sort: Sort,
    /// The rows that the user marked, for `marked=yes`.
    pub marked: Arc<BTreeSet<FeatureId>>,
    /// The families of which only the strongest matching member is listed; None lists all.
    pub families: Option<Arc<Families>>,
}

impl Spec {
    /// A table of everything that `selection` picks of `shown`, in the order of strength.
    pub fn all(shown: Shown, selection: Selection) -> Self {
        Self {
            shown,
            selection,
            submodule: None,
            filter: None,
            keep_others: false,
            sort: Sort::STRENGTH,
            marked: Arc::default(),
            families: None,
        }
    }

    /// Whether the rows or their order follow from tags, rejections or notes.
    pub fn asks_tags(&self) -> bool {
        self.sort.column == Column::Tags || self.filter.as_ref().is_some_and(Filter::asks_tags)
    }

    /// The title of a list of these rows: the study, what is shown, the selection, and everything else that limits the rows.
    /// `only_marked` says that the list holds just the marked rows.
    pub fn title(&self, study: &Study, only_marked: bool) -> String {
        let mut title = format!("{} {} {}", excerpt(&study.title, 200), self.shown.described(study), self.selection);
        if let Some(submodule) = self.submodule {
            title.push_str(&format!(", only {submodule}"));
        }
        if let Some(filter) = &self.filter {
            title.push_str(&format!(", filter {}", printable(filter.text().trim())));
        }
        if self.families.is_some() {
            title.push_str(", one of each family");
        }
        title + if only_marked { ", marked" } else { "" }
    }
}

/// One row of the table: a feature with its effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The feature of this row.
    pub feature: FeatureId,
    /// Place by strength in the whole selection, from 1; None if the effect is not known.
    pub rank: Option<u32>,
    /// In a comparison, the selections that hold the feature; with a single view, always that view's.
    pub held_by: HeldBy,
    /// The view whose effect ranks the row.
    pub ranked_in: View,
    /// The effect in that view; NaN if it is not known.
    pub effect: f32,
    /// Whether the row matches the filter.
    pub matches: bool,
}

/// The number of features of one submodule in a selection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Number of features in the selection.
    pub selected: usize,
    /// Number of those that match the filter.
    pub matching: usize,
}

/// The rows of a table, with counts per submodule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The rows in the order of [`Spec::sort`].
    pub rows: Vec<Row>,
    /// Counts by [`Submodule::ordinal`], over all submodules, whichever is shown.
    pub counts: Vec<Count>,
    /// Number of the rows whose features are in [`Spec::marked`].
    pub marked: usize,
    /// Number of marked features of the selection that the filter hides.
    pub filtered_marks: usize,
    /// The listed members of families, each with the others, strongest first, which are folded into its row.
    pub folded: BTreeMap<FeatureId, Vec<FeatureId>>,
    /// The figures that the filter asks for and that some rows of the selection lack.
    pub unknown: Vec<Unknown>,
    /// The figure that decides the order, if no listed row has it.
    pub unordered: Option<Unknown>,
    /// What the lists of a comparison share; None with a single view, and where a list is not completely known.
    pub overlap: Option<Overlap>,
    /// The reason why the list is shorter than the selection asks for, if it is.
    pub gap: Option<String>,
}

impl Listing {
    /// The counts summed over all submodules.
    pub fn total(&self) -> Count {
        self.counts.iter().fold(Count::default(), |sum, count| Count {
            selected: sum.selected + count.selected,
            matching: sum.matching + count.matching,
        })
    }

    /// Number of submodules with selected features.
    pub fn submodules(&self) -> usize {
        self.counts.iter().filter(|count| count.selected > 0).count()
    }

    /// Number of features that are folded into the rows of others.
    pub fn folded(&self) -> usize {
        self.folded.values().map(Vec::len).sum()
    }

    /// The index of the row that shows `feature`.
    pub fn position(&self, feature: FeatureId) -> Option<usize> {
        self.rows.iter().position(|row| row.feature == feature)
    }
}

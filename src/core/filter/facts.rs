//! The questions that a filter asks about a row. The code that shows rows answers them, so no row is copied into a form for
//! filtering.

use crate::core::firing::Firing;
use crate::core::selection::HeldBy;
use crate::core::submodule::FeatureId;
use crate::core::tags::Tag;
use crate::core::view::View;

/// One row of a ranking.
///
/// A filter asks these questions for hundreds of thousands of rows on each key, so the answers must be at hand and allocate
/// nothing.
pub trait Facts {
    /// The feature that the row shows.
    fn feature(&self) -> FeatureId;

    /// The row's value of `field`. None or NaN if it is not known.
    fn number(&self, field: NumberField) -> Option<f64>;

    /// Which selection holds the row. None outside a comparison.
    fn side(&self) -> Option<HeldBy>;

    /// The prompt on which the feature fires, with the view whose pairs say so. None if it is not known.
    fn fires(&self) -> Option<(View, Firing)>;

    /// Whether the feature has `tag`.
    fn has_tag(&self, tag: Tag) -> bool;

    /// Whether the feature has any tag.
    fn has_any_tag(&self) -> bool;

    /// Whether the name of one of the feature's tags contains `needle_lowercase`, a text without capitals.
    fn tag_contains(&self, needle_lowercase: &str) -> bool;

    /// Whether the feature's note contains `needle_lowercase`, a text without capitals;
    /// [`contains_lowercase`](super::contains_lowercase) tests that.
    fn note_contains(&self, needle_lowercase: &str) -> bool;

    /// Whether the feature's label, which others gave it, contains `needle_lowercase`, a text without capitals.
    fn label_contains(&self, needle_lowercase: &str) -> bool;

    /// Whether one of the prompts on which the feature acts most contains `needle_lowercase`, a text without capitals. None if its
    /// effects in single pairs were not kept; only for the others may the answer allocate.
    fn prompts_contain(&self, needle_lowercase: &str) -> Option<bool>;

    /// Whether the feature is rejected (crossed out).
    fn rejected(&self) -> bool;

    /// Whether the row is marked for the next action.
    fn marked(&self) -> bool;
}

/// A number that a row may have. Layer and index are part of the feature's identifier and therefore not listed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberField {
    /// `effect`: the effect by which the row is ranked, with its sign.
    Effect,
    /// `abs`: that effect without its sign.
    Absolute,
    /// `se`: the standard error of that effect.
    StandardError,
    /// `ratio`: that effect without its sign / its standard error.
    Ratio,
    /// A view's name: the effect in that view.
    In(View),
    /// `p`: the share of exchanges of clean and patch prompt whose |mean effect| reaches that of the row.
    P,
    /// `q`: the false discovery rate by that test.
    Q,
    /// `rank`: the place in the ranking, from 1.
    Rank,
    /// `delta`: in a comparison, the effect in the first view minus that in the second.
    Delta,
    /// `delta-se`: the standard error of that difference.
    DeltaError,
    /// `delta-share`: the difference of both effects' shares of their view's total effect, in percent.
    DeltaShare,
}

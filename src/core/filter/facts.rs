//! What a filter asks about a row: whoever shows rows answers, so that no row has to be copied into a form for filtering.

use crate::core::rows::HeldBy;
use crate::core::submodule::FeatureId;
use crate::core::tags::Tag;
use crate::core::view::View;

/// One row of a ranking.
///
/// Asked for hundreds of thousands of rows on each key: the answers should be at hand and allocate nothing.
pub trait Facts {
    /// Whose row it is.
    fn feature(&self) -> FeatureId;

    /// A number of the row. None or NaN: not known.
    fn number(&self, field: NumberField) -> Option<f64>;

    /// Which selection holds it. None outside a comparison.
    fn side(&self) -> Option<HeldBy>;

    /// Whether it has `tag`.
    fn has_tag(&self, tag: Tag) -> bool;

    /// Whether it has any tag.
    fn has_any_tag(&self) -> bool;

    /// Whether the name of one of its tags holds a text that has no capitals.
    fn tag_contains(&self, needle_lowercase: &str) -> bool;

    /// Whether its note holds a text that has no capitals; [`contains_lowercase`](super::contains_lowercase) finds out.
    fn note_contains(&self, needle_lowercase: &str) -> bool;

    /// Whether it is crossed out.
    fn rejected(&self) -> bool;

    /// Whether it is marked for the next action.
    fn marked(&self) -> bool;
}

/// A number that a row may have. Layer and index are not among them: they are in the feature's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberField {
    /// `effect`: the effect by which the row is ranked, with its sign.
    Effect,
    /// `abs`: the same without its sign.
    Absolute,
    /// `se`: the standard error of that effect.
    StandardError,
    /// A view's name: the effect in that view.
    In(View),
    /// `rank`: the place in the ranking, from 1.
    Rank,
}

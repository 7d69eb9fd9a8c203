//! Selects the features to look at: those above a threshold, or the k strongest.

use std::cmp::Ordering;
use std::fmt;

use super::submodule::FeatureId;
use super::view::View;

/// The rule that selects features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Selection {
    /// Features with `|effect|` strictly above the value. 0 selects every feature with an effect.
    Threshold(f32),
    /// The k features of largest `|effect|`, over all submodules together.
    TopK(usize),
}

impl fmt::Display for Selection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold(threshold) => write!(formatter, "|effect| > {threshold}"),
            Self::TopK(count) => write!(formatter, "top {count}"),
        }
    }
}

/// Which of two selections hold a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// Only the selection of this view.
    Only(View),
    /// Both selections.
    Both,
}

/// A selected feature with its effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selected {
    /// The feature that was selected.
    pub feature: FeatureId,
    /// The feature's effect: sum over positions, mean over examples.
    pub effect: f32,
}

/// The order by falling `|effect|`; ties by submodule order, then by index.
pub fn by_strength(left: &Selected, right: &Selected) -> Ordering {
    right.effect.abs().total_cmp(&left.effect.abs()).then_with(|| left.feature.cmp(&right.feature))
}

//! Which features are worth a look: those above a threshold, or the k strongest.

use std::cmp::Ordering;
use std::fmt;

use super::submodule::FeatureId;

/// The rule; the two kinds exclude each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Selection {
    /// `|effect|` strictly above the value. 0 selects every feature with an effect.
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

/// A feature with its effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selected {
    /// Which feature.
    pub feature: FeatureId,
    /// Sum over positions, mean over examples.
    pub effect: f32,
}

/// By falling `|effect|`; ties by submodule order, then index.
pub fn by_strength(left: &Selected, right: &Selected) -> Ordering {
    right.effect.abs().total_cmp(&left.effect.abs()).then_with(|| left.feature.cmp(&right.feature))
}

//! Which features are worth a look: those above a threshold, or the k strongest.

use std::cmp::Ordering;
use std::fmt;

use super::effects::ViewEffects;
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

/// The features that `selection` picks, strongest first.
pub fn select(view: &ViewEffects, selection: Selection) -> Vec<Selected> {
    let all = view.submodules.iter().flat_map(|effects| {
        effects.features.iter().zip(&effects.effects).map(|(index, effect)| Selected {
            feature: FeatureId { submodule: effects.submodule, index: *index },
            effect: *effect,
        })
    });
    let mut selected: Vec<Selected> = match selection {
        Selection::Threshold(threshold) => all.filter(|candidate| candidate.effect.abs() > threshold).collect(),
        Selection::TopK(count) => {
            // Features without an effect are not among the strongest, however large k is.
            let mut all: Vec<Selected> = all.filter(|candidate| candidate.effect != 0.0).collect();
            if count < all.len() {
                all.select_nth_unstable_by(count, by_strength);
                all.truncate(count);
            }
            all
        }
    };
    selected.sort_by(by_strength);
    selected
}

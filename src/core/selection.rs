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
    // What is no number cannot be ranked; `check` reports it.
    let all = all.filter(|candidate| candidate.effect.is_finite());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects};
    use crate::core::submodule::{FeatureIndex, Submodule};
    use crate::core::view::View;

    /// A view of one layer; per submodule the effects of features 0, 1, ..
    fn view(effects: [&[f32]; 3]) -> ViewEffects {
        let submodules = Submodule::all(1).into_iter().zip(effects).map(|(submodule, effects)| SubmoduleEffects {
            submodule,
            dictionary_features: effects.len(),
            features: (0..effects.len() as u32).map(FeatureIndex).collect(),
            effects: effects.to_vec(),
            standard_errors: vec![0.0; effects.len()],
            position_effects: effects.to_vec(),
            error: ErrorTerm { effect: 9.0, standard_error: 0.0, position_effects: vec![9.0] },
            gradient_dot_change: None,
        });
        let submodules = submodules.collect();
        ViewEffects {
            view: View::Male,
            clean_metrics: vec![0.0],
            patch_metrics: vec![0.0],
            positions: 1,
            submodules,
            detail: Detail::default(),
        }
    }

    fn names(selected: &[Selected]) -> Vec<String> {
        selected.iter().map(|selected| selected.feature.to_string()).collect()
    }

    #[test]
    fn a_threshold_is_strict_and_looks_at_the_absolute_effect() {
        let view = view([&[0.5, -0.5, 0.500_001], &[-0.6], &[0.0, f32::NAN]]);
        assert_eq!(names(&select(&view, Selection::Threshold(0.5))), ["mlp_0/0", "attn_0/2"]);
        assert_eq!(select(&view, Selection::Threshold(0.0)).len(), 4);
    }

    #[test]
    fn ties_keep_submodule_order_then_index_even_where_top_k_cuts() {
        let view = view([&[0.0, 0.2, -0.3], &[0.3, 0.2], &[-0.3, 0.9, f32::INFINITY]]);
        let all = ["resid_0/1", "attn_0/2", "mlp_0/0", "resid_0/0", "attn_0/1", "mlp_0/1"];
        for count in 0..8 {
            assert_eq!(names(&select(&view, Selection::TopK(count))), all[..count.min(all.len())]);
        }
    }
}

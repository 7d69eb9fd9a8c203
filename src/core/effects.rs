//! What attribution found: effects of features and of error terms, per submodule, per view.
//!
//! An effect is in units of the metric, `logit[patch answer] - logit[clean answer]`: positive pushes the model toward the patch
//! answer. Effects are summed over positions and averaged over examples.

use super::pair_effects::PairEffects;
use super::submodule::{FeatureId, FeatureIndex, Submodule};
use super::total::total;
use super::view::View;

/// Effects of all features of one submodule that ever differed between clean and patch; every other feature's effect is 0.
///
/// # Shapes
/// With `m` such features and `p` positions: `features`, `effects`, `standard_errors`, `pair_effects` `[m]`, `position_effects` `[m, p]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmoduleEffects {
    /// The submodule whose output the dictionary reads.
    pub submodule: Submodule,
    /// Number of features of the submodule's dictionary.
    pub dictionary_features: usize,
    /// Indices of the features that differed, ascending.
    pub features: Vec<FeatureIndex>,
    /// Effect of each feature: sum over positions, mean over examples.
    pub effects: Vec<f32>,
    /// Standard error of each effect over examples (sample variance, n - 1); NaN for a single example.
    pub standard_errors: Vec<f32>,
    /// Effect of each feature at each position: mean over all examples, counted from the prompt's first token. The positions of
    /// a feature add up to its effect.
    pub position_effects: Vec<f32>,
    /// Effect of each feature in each pair, summed over positions; their mean over all pairs is the feature's effect.
    pub pair_effects: PairEffects,
    /// The error term: the part of the activation that the dictionary does not explain.
    pub error: ErrorTerm,
    /// `<g, x_patch - x_clean>`, mean over examples: features and error term must add up to it. None if the method has no
    /// gradient.
    pub gradient_dot_change: Option<f32>,
}

/// The effect of a dictionary's reconstruction error.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorTerm {
    /// Sum over positions, mean over examples.
    pub effect: f32,
    /// Standard error of the effect over examples; NaN for a single example.
    pub standard_error: f32,
    /// `[p]`: effect at each position, mean over examples.
    pub position_effects: Vec<f32>,
}

impl SubmoduleEffects {
    /// The sum of the effects of all features.
    pub fn feature_sum(&self) -> f64 {
        total(self.effects.iter().map(|effect| f64::from(*effect)))
    }

    /// Every feature with an effect other than 0, with its effect.
    pub fn with_effect(&self) -> impl Iterator<Item = (FeatureId, f32)> {
        let id = |index: &FeatureIndex| FeatureId { submodule: self.submodule, index: *index };
        self.features.iter().map(id).zip(self.effects.iter().copied()).filter(|(_, effect)| *effect != 0.0)
    }

    /// The effect of `feature`: 0 if it never differed.
    pub fn effect(&self, feature: FeatureIndex) -> f32 {
        self.features.binary_search(&feature).map_or(0.0, |slot| self.effects[slot])
    }

    /// The effect of `feature` in each pair that it has one in, see [`PairEffects::of`]; none if it never differed.
    pub fn in_pairs(&self, feature: FeatureIndex) -> Option<impl Iterator<Item = (u32, f32)> + '_> {
        let found = match self.features.binary_search(&feature) {
            Ok(slot) => Some(self.pair_effects.of(slot)?),
            Err(_) => None,
        };
        Some(found.into_iter().flatten())
    }

    /// The standard error of `feature`'s effect: 0 if it never differed.
    pub fn standard_error(&self, feature: FeatureIndex) -> f32 {
        self.features.binary_search(&feature).map_or(0.0, |slot| self.standard_errors[slot])
    }
}

/// Everything one view found.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewEffects {
    /// The view that these effects belong to.
    pub view: View,
    /// The metric of each example's clean prompt, in the order of the manifest's examples.
    pub clean_metrics: Vec<f32>,
    /// The metric of each example's patch prompt.
    pub patch_metrics: Vec<f32>,
    /// Longest prompt, in tokens: the `p` of every `position_effects`.
    pub positions: usize,
    /// The effects of each submodule, in submodule order.
    pub submodules: Vec<SubmoduleEffects>,
    /// Effects at single tokens, for the strongest features.
    pub detail: Detail,
}

impl ViewEffects {
    /// The effects of a view over no examples: a shard may have none of a view's. `submodules` holds each submodule with the
    /// number of features of its dictionary.
    pub fn of_no_examples(view: View, submodules: impl Iterator<Item = (Submodule, usize)>, has_gradient: bool) -> Self {
        let nothing = |(submodule, dictionary_features)| SubmoduleEffects {
            submodule,
            dictionary_features,
            features: Vec::new(),
            effects: Vec::new(),
            standard_errors: Vec::new(),
            position_effects: Vec::new(),
            pair_effects: PairEffects::default(),
            error: ErrorTerm { effect: 0.0, standard_error: f32::NAN, position_effects: Vec::new() },
            gradient_dot_change: has_gradient.then_some(0.0),
        };
        Self {
            view,
            clean_metrics: Vec::new(),
            patch_metrics: Vec::new(),
            positions: 0,
            submodules: submodules.map(nothing).collect(),
            detail: Detail::default(),
        }
    }

    /// `metric(patch input) - metric(clean input)` of each example.
    pub fn total_effects(&self) -> impl ExactSizeIterator<Item = f32> + '_ {
        self.clean_metrics.iter().zip(&self.patch_metrics).map(|(clean, patch)| patch - clean)
    }

    /// Mean of the total effects over examples.
    pub fn mean_total_effect(&self) -> f64 {
        mean(self.total_effects())
    }

    /// Mean metric of the clean prompts.
    pub fn mean_clean_metric(&self) -> f64 {
        mean(self.clean_metrics.iter().copied())
    }

    /// The effects in `submodule`; None if the view does not hold it.
    pub fn submodule(&self, submodule: Submodule) -> Option<&SubmoduleEffects> {
        self.submodules.iter().find(|effects| effects.submodule == submodule)
    }

    /// The effect of one feature: 0 if it never differed.
    pub fn effect(&self, feature: FeatureId) -> f32 {
        self.submodule(feature.submodule).map_or(0.0, |effects| effects.effect(feature.index))
    }
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f64 {
    let count = values.len();
    total(values.map(f64::from)) / count as f64
}

/// Effects at single tokens of single examples, kept for the strongest features only.
///
/// # Shapes
/// One entry per token at which one of `features` differed; all arrays of entries have the same length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detail {
    /// The features whose entries are all here, strongest first.
    pub features: Vec<FeatureId>,
    /// Number of features that are strong enough to be listed, but whose early entries had been dropped before that was known.
    /// They are left out of `features`.
    pub incomplete: usize,
    /// For each entry, the index into `features`.
    pub entry_features: Vec<u32>,
    /// For each entry, the index of the example.
    pub entry_examples: Vec<u32>,
    /// For each entry, the position in the prompt.
    pub entry_positions: Vec<u32>,
    /// For each entry, the effect at that token.
    pub entry_effects: Vec<f32>,
    /// For each entry, the feature's activation at the clean prompt.
    pub entry_clean: Vec<f32>,
    /// For each entry, the feature's activation at the patch prompt.
    pub entry_patch: Vec<f32>,
}

//! One submodule's features, sorted by strength so that counting above a threshold is a binary search.
//!
//! A terminal asks for this count on every key of a threshold prompt, over all features of all dictionaries.

use super::effects::SubmoduleEffects;
use super::invariant;
use super::selection::Selected;
use super::submodule::{FeatureId, FeatureIndex};

/// The effects of one submodule with their ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    effects: SubmoduleEffects,
    /// Slots of `effects` by falling `|effect|`, ties by index; effects that are zero or not finite are left out.
    order: Vec<u32>,
    feature_sum: f64,
    /// `[p]`: the sum over features at each position.
    position_sums: Vec<f64>,
}

impl Ranked {
    /// Ranks the features once, in `n log n`.
    pub fn new(effects: SubmoduleEffects) -> Self {
        let strength = |slot: u32| effects.effects[slot as usize].abs();
        let mut order: Vec<u32> =
            (0..effects.effects.len() as u32).filter(|slot| strength(*slot).is_finite() && strength(*slot) > 0.0).collect();
        order.sort_unstable_by(|left, right| strength(*right).total_cmp(&strength(*left)).then(left.cmp(right)));
        let feature_sum = effects.feature_sum();
        let mut position_sums = vec![0.0; effects.error.position_effects.len()];
        if !position_sums.is_empty() {
            for positions in effects.position_effects.chunks_exact(position_sums.len()) {
                position_sums.iter_mut().zip(positions).for_each(|(sum, effect)| *sum += f64::from(*effect));
            }
        }
        Self { effects, order, feature_sum, position_sums }
    }

    /// The effects that were ranked.
    pub fn effects(&self) -> &SubmoduleEffects {
        &self.effects
    }

    /// Gives the effects back, for a run file.
    pub fn into_effects(self) -> SubmoduleEffects {
        self.effects
    }

    /// Number of features with a finite effect other than 0.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether no feature has such an effect.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Number of features with `|effect|` strictly above `threshold`.
    pub fn above(&self, threshold: f32) -> usize {
        self.order.partition_point(|slot| self.effects.effects[*slot as usize].abs() > threshold)
    }

    /// The `count` strongest features, strongest first.
    pub fn strongest(&self, count: usize) -> impl Iterator<Item = Selected> + '_ {
        self.order[..count.min(self.order.len())].iter().map(|slot| {
            let slot = *slot as usize;
            let feature = FeatureId { submodule: self.effects.submodule, index: self.effects.features[slot] };
            Selected { feature, effect: self.effects.effects[slot] }
        })
    }

    /// The sum of the effects of all features, whether selected or not.
    pub fn feature_sum(&self) -> f64 {
        self.feature_sum
    }

    /// The sum of all features' effects at each position of the prompt, `[p]`; empty if positions are not known.
    pub fn position_sums(&self) -> &[f64] {
        &self.position_sums
    }

    /// The effects of one feature by position, `[p]`; None if they are not known.
    pub fn positions(&self, feature: FeatureIndex) -> Option<&[f32]> {
        let positions = self.position_sums.len();
        let slot = self.effects.features.binary_search(&feature).ok()?;
        self.effects.position_effects.get(slot * positions..(slot + 1) * positions).filter(|effects| !effects.is_empty())
    }

    /// The share of the submodule's effect that its dictionary does not explain; see [`invariant::error_share`].
    pub fn error_share(&self) -> Option<f64> {
        invariant::error_share(self.feature_sum, f64::from(self.effects.error.effect))
    }
}

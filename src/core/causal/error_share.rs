//! The error term's share of the effect at each submodule and position.

use crate::core::effects::SubmoduleEffects;
use crate::core::invariant::error_share;
use crate::core::submodule::Submodule;
use crate::core::total::total;

/// The effects at one submodule, of all features together and of the error term.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorShare {
    /// The submodule.
    pub submodule: Submodule,
    /// The effects over all positions.
    pub whole: Parts,
    /// The effects at each position, counted from the prompt's first token.
    pub positions: Vec<Parts>,
}

/// The two parts of an effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// The sum of the effects of all features.
    pub features: f64,
    /// The effect of the error term.
    pub error: f64,
}

impl Parts {
    /// [`error_share`] of the two.
    pub fn share(self) -> Option<f64> {
        error_share(self.features, self.error)
    }
}

/// The share at each of `submodules`, in their order.
pub fn error_shares<'a>(submodules: impl IntoIterator<Item = &'a SubmoduleEffects>) -> Vec<ErrorShare> {
    let of_submodule = |effects: &SubmoduleEffects| {
        let positions = effects.error.position_effects.len();
        let at = |(position, error): (usize, &f32)| {
            let features = effects.position_effects.iter().skip(position).step_by(positions);
            Parts { features: total(features.map(|effect| f64::from(*effect))), error: f64::from(*error) }
        };
        ErrorShare {
            submodule: effects.submodule,
            whole: Parts { features: effects.feature_sum(), error: f64::from(effects.error.effect) },
            positions: effects.error.position_effects.iter().enumerate().map(at).collect(),
        }
    };
    submodules.into_iter().map(of_submodule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::effects::ErrorTerm;
    use crate::core::pair_effects::PairEffects;
    use crate::core::submodule::{FeatureIndex, SubmoduleKind};

    #[test]
    fn shares_are_of_sums_and_each_position_has_its_own() {
        let effects = SubmoduleEffects {
            submodule: Submodule::new(SubmoduleKind::Mlp, 1),
            dictionary_features: 4,
            features: vec![FeatureIndex(1), FeatureIndex(3)],
            effects: vec![3.0, -1.0],
            standard_errors: vec![0.0; 2],
            position_effects: vec![1.0, 2.0, 0.0, -1.0],
            pair_effects: PairEffects::default(),
            error: ErrorTerm { effect: -2.0, standard_error: 0.0, position_effects: vec![0.0, -2.0] },
            gradient_dot_change: Some(0.0),
        };
        let [shares] = &error_shares(&[effects])[..] else { panic!("one submodule") };
        assert_eq!(shares.whole, Parts { features: 2.0, error: -2.0 });
        assert_eq!(shares.whole.share(), Some(0.5));
        assert_eq!(shares.positions, [Parts { features: 1.0, error: 0.0 }, Parts { features: 1.0, error: -2.0 }]);
        assert_eq!(shares.positions[1].share(), Some(2.0 / 3.0));
        assert_eq!(Parts { features: 0.0, error: 0.0 }.share(), None);
    }
}

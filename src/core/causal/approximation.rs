//! How well the gradient methods approximate exact effects: of single features, and of the error terms.

use serde::{Deserialize, Serialize};

use crate::core::quadrature::Quadrature;
use crate::core::run::Manifest;
use crate::core::statistics::correlation::{pearson, spearman};
use crate::core::submodule::{FeatureId, Submodule};
use crate::core::total::total;

/// Steps of integrated gradients for a run of another method: those of the study.
const STEPS: usize = 10;

/// How integrated gradients are approximated that are compared for a run: as the run's own, if it has them.
pub fn quadrature(manifest: &Manifest) -> Quadrature {
    manifest.quadrature().unwrap_or(Quadrature::riemann(STEPS))
}

/// One effect by each method: sum over positions, mean over examples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// By integrated gradients.
    pub ig: f64,
    /// By the gradient at the clean prompt.
    pub attrib: f64,
    /// By one run for each token that differs.
    pub exact: f64,
}

/// A method that approximates exact effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approximate {
    /// Integrated gradients.
    Ig,
    /// The gradient at the clean prompt.
    Attrib,
}

impl Approximate {
    /// Both methods, in the order of lists.
    pub const ALL: [Self; 2] = [Self::Ig, Self::Attrib];

    /// The method's name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ig => "ig",
            Self::Attrib => "attrib",
        }
    }

    /// The effect by this method.
    pub fn of(self, effects: &Effects) -> f64 {
        match self {
            Self::Ig => effects.ig,
            Self::Attrib => effects.attrib,
        }
    }

    /// How far the method is from the exact effect.
    pub fn off(self, effects: &Effects) -> f64 {
        self.of(effects) - effects.exact
    }
}

/// Effects by three methods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approximation {
    /// Number of examples over which the effects are means.
    pub examples: usize,
    /// How the integral of integrated gradients is approximated.
    pub quadrature: Quadrature,
    /// The listed features, in order; of a part of the submodules while the others are still computed.
    pub features: Vec<(FeatureId, Effects)>,
    /// The error terms, in submodule order.
    pub errors: Vec<(Submodule, Effects)>,
}

/// How far a method agrees with exact effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Pearson's correlation; None if one side has no two different values.
    pub pearson: Option<f64>,
    /// Spearman's rank correlation; None if one side has no two different values.
    pub spearman: Option<f64>,
    /// Mean size of the difference; 0 without features.
    pub mean_distance: f64,
    /// Largest size of the difference.
    pub largest_distance: f64,
    /// Number of effects whose sign is another one.
    pub other_sign: usize,
}

impl Approximation {
    /// How far `method` agrees with the exact effects of the listed features.
    pub fn agreement(&self, method: Approximate) -> Agreement {
        let all: Vec<Effects> = self.features.iter().map(|(_, effects)| *effects).collect();
        let found: Vec<f64> = all.iter().map(|effects| method.of(effects)).collect();
        let exact: Vec<f64> = all.iter().map(|effects| effects.exact).collect();
        let distances = || all.iter().map(|effects| method.off(effects).abs());
        Agreement {
            pearson: pearson(&found, &exact),
            spearman: spearman(&found, &exact),
            mean_distance: total(distances()) / all.len().max(1) as f64,
            largest_distance: distances().fold(0.0, f64::max),
            other_sign: found.iter().zip(&exact).filter(|(found, exact)| **found * **exact < 0.0).count(),
        }
    }

    /// The `count` features that `method` is furthest off, the worst first.
    pub fn worst(&self, method: Approximate, count: usize) -> Vec<(FeatureId, Effects)> {
        let mut all = self.features.clone();
        all.sort_by(|(_, one), (_, other)| method.off(other).abs().total_cmp(&method.off(one).abs()));
        all.truncate(count);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::submodule::{FeatureIndex, SubmoduleKind};

    #[test]
    fn agreement_and_worst_offenders_are_of_one_method() {
        let feature = |index| FeatureId { submodule: Submodule::new(SubmoduleKind::Mlp, 0), index: FeatureIndex(index) };
        let effects = [(1.0, 3.0, 1.0), (2.0, -1.0, 2.0), (3.5, 2.0, 3.0)];
        let features = (0..).zip(effects).map(|(index, (ig, attrib, exact))| (feature(index), Effects { ig, attrib, exact }));
        let (quadrature, features) = (Quadrature::riemann(10), features.collect());
        let found = Approximation { examples: 4, quadrature, features, errors: Vec::new() };
        let ig = found.agreement(Approximate::Ig);
        assert_eq!((ig.spearman, ig.other_sign, ig.largest_distance), (Some(1.0), 0, 0.5));
        assert!((ig.mean_distance - 0.5 / 3.0).abs() < 1e-12);
        let attrib = found.agreement(Approximate::Attrib);
        assert_eq!((attrib.spearman, attrib.other_sign, attrib.largest_distance), (Some(-0.5), 1, 3.0));
        let worst: Vec<u32> = found.worst(Approximate::Attrib, 2).iter().map(|(feature, _)| feature.index.0).collect();
        assert_eq!(worst, [1, 0]);
    }
}

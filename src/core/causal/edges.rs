//! Edges between features: how far a change of one moves another, by the Jacobian and measured.
//!
//! As in Marks et al. 2024 (arXiv:2403.19647): the weight of an edge from u to v is `left * dv/du * delta`, with delta the change of u from the
//! clean to the patch prompt, `dv/du` the derivative at the clean prompt while everything between is free to move, and left the gradient of the
//! metric at v, by integrated gradients. Weights of tokens are summed over both positions and averaged over examples. `circuit.py` of
//! feature-circuits at c1a9b7b means to hold attention and MLP for its edges between residuals, but holds nothing: those weights are of
//! all paths, and compare with [`Edge::weight`], not with [`Edge::direct`].

use serde::{Deserialize, Serialize};

use crate::core::submodule::FeatureId;

/// What weights mean, where numbers are compared.
pub const ALL_PATHS: &str = "all paths between both features; the residual edges of feature-circuits at c1a9b7b hold all paths, too, although they are \
                         meant to be direct";

/// What the mark of a blind edge means, by [`Edge::is_blind`].
pub const BLIND: &str = "prediction and measurement differ in sign or by more than twice";

/// What the silent examples of an edge are, by [`Edge::silent`].
pub const SILENT: &str = "pairs in which the source changes and the target is active at no token of the clean prompt, so that the weight cannot see the \
                      target; pairs in which the source does not change add nothing to the edge and are not counted";

/// What the direct weight is.
pub const DIRECT: &str = "from a residual to the next one, with the attention and MLP between them held";

/// An edge between two features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// The feature that is moved.
    pub upstream: FeatureId,
    /// The feature that is read.
    pub downstream: FeatureId,
    /// The weight by the Jacobian, over all paths.
    pub weight: f64,
    /// The same weight with the change of v measured, when u takes its values of the patch prompt at all positions together.
    pub measured: f64,
    /// From a residual to the next one: the weights of the direct path alone, with that layer's attention and MLP held at their clean
    /// outputs, by the Jacobian and measured.
    pub direct: Option<[f64; 2]>,
    /// Number of examples in which u changes while v is active at no token of the clean prompt: there the Jacobian cannot see v. Where u does not
    /// change, the edge has no part in the example, whatever v does: two edges to one v may have different numbers.
    pub silent: usize,
}

impl Edge {
    /// The larger of the weight and the measured weight, without a sign.
    pub fn size(&self) -> f64 {
        self.weight.abs().max(self.measured.abs())
    }

    /// Whether the linear prediction and the measurement have different signs, or one is more than twice the other: v is silent, barely
    /// on, or the model far from linear there.
    pub fn is_blind(&self) -> bool {
        let [least, most] = [self.weight.abs().min(self.measured.abs()), self.weight.abs().max(self.measured.abs())];
        most > 1e-6 && (self.weight.is_sign_positive() != self.measured.is_sign_positive() || most > 2.0 * least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::submodule::{FeatureIndex, Submodule, SubmoduleKind};

    #[test]
    fn an_edge_is_blind_where_prediction_and_measurement_part() {
        let feature = |layer| FeatureId { submodule: Submodule::new(SubmoduleKind::Residual, layer), index: FeatureIndex(0) };
        let edge = |weight, measured| {
            Edge { upstream: feature(0), downstream: feature(1), weight, measured, direct: None, silent: 0 }.is_blind()
        };
        assert!(edge(0.0, 0.2) && edge(0.2, -0.2) && edge(0.5, 0.2));
        assert!(!edge(0.2, 0.2) && !edge(-0.3, -0.2) && !edge(0.0, 1e-9));
    }
}

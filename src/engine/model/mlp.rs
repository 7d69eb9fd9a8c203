//! The MLP of a layer, plain or gated, forward and backward.
//!
//! Gated MLPs: Shazeer 2020 (arXiv:2002.05202).

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::norm::Normal;
use super::operations::Operations;
use super::transformer::{Layer, Transformer};

/// Values of an MLP's forward pass that its backward pass reads.
pub struct KeptMlp<B: Backend> {
    /// What the MLP read, after its norm and before the norm's gain.
    pub(super) normal: Normal<B, 3>,
    /// The derivative of the activation function, `[examples, positions, mlp_width]`.
    slope: Tensor<B, 3>,
    /// In a gated MLP the open gate and what passes it, `[examples, positions, mlp_width]` each.
    gate: Option<[Tensor<B, 3>; 2]>,
}

impl<B: Operations> Transformer<B> {
    /// The output of the MLP of `layer`, before any norm that follows it, for the normalised stream that it reads.
    ///
    /// # Shapes
    /// - normal and output: `[examples, positions, width]`
    pub(super) fn transform(&self, layer: &Layer<B>, normal: Normal<B, 3>) -> (Tensor<B, 3>, KeptMlp<B>) {
        let hidden = layer.mlp_input.forward(normal.scaled(&layer.mlp_norm));
        if !self.config.gated {
            let [hidden, slope] = B::activate(self.config.activation, hidden);
            return (layer.mlp_output.forward(hidden), KeptMlp { normal, slope, gate: None });
        }
        let half = |first: usize| hidden.clone().narrow(2, first * self.config.mlp_width, self.config.mlp_width);
        let [open, slope] = B::activate(self.config.activation, half(0));
        let passing = half(1);
        let output = layer.mlp_output.forward(B::multiply(open.clone(), passing.clone()));
        (output, KeptMlp { normal, slope, gate: Some([open, passing]) })
    }
}

impl<B: Operations> Layer<B> {
    /// Passes the gradient with respect to [`Transformer::transform`]'s output back to the stream that the MLP read.
    pub(super) fn transform_back(&self, gradient: Tensor<B, 3>, kept: &KeptMlp<B>) -> Tensor<B, 3> {
        let hidden = self.mlp_output.back(gradient);
        let hidden = match &kept.gate {
            None => B::multiply(hidden, kept.slope.clone()),
            Some([open, passing]) => {
                let through_gate = B::multiply(B::multiply(hidden.clone(), passing.clone()), kept.slope.clone());
                Tensor::cat(vec![through_gate, B::multiply(hidden, open.clone())], 2)
            }
        };
        kept.normal.back(self.mlp_input.back(hidden), &self.mlp_norm)
    }
}

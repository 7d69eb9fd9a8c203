//! The MLP of a layer, plain or gated, forward and backward.
//!
//! Gated MLPs: Shazeer 2020 (arXiv:2002.05202).

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::backend::Backend;

use super::config::ActivationFunction;
use super::norm::Normal;
use super::products::Products;
use super::transformer::{Layer, Transformer, project, project_back};

/// Values of an MLP's forward pass that its backward pass reads.
pub struct KeptMlp<B: Backend> {
    /// What the MLP read, after its norm and before the norm's gain.
    pub(super) normal: Normal<B, 3>,
    /// The derivative of the activation function, `[examples, positions, mlp_width]`.
    slope: Tensor<B, 3>,
    /// In a gated MLP the open gate and what passes it, `[examples, positions, mlp_width]` each.
    gate: Option<[Tensor<B, 3>; 2]>,
}

impl<B: Products> Transformer<B> {
    /// The output of the MLP of `layer`, before any norm that follows it, for the residual stream that it reads.
    ///
    /// # Shapes
    /// - input and output: `[examples, positions, width]`
    pub(super) fn transform(&self, layer: &Layer<B>, input: Tensor<B, 3>) -> (Tensor<B, 3>, KeptMlp<B>) {
        let normal = Normal::of(input, &self.config);
        let hidden = project(&layer.mlp_input, normal.scaled(&layer.mlp_norm));
        if !self.config.gated {
            let (hidden, slope) = activate(self.config.activation, hidden);
            return (project(&layer.mlp_output, hidden), KeptMlp { normal, slope, gate: None });
        }
        let half = |first: usize| hidden.clone().narrow(2, first * self.config.mlp_width, self.config.mlp_width);
        let (open, slope) = activate(self.config.activation, half(0));
        let passing = half(1);
        let output = project(&layer.mlp_output, open.clone() * passing.clone());
        (output, KeptMlp { normal, slope, gate: Some([open, passing]) })
    }
}

impl<B: Products> Layer<B> {
    /// Passes the gradient with respect to [`Transformer::transform`]'s output back to the stream that the MLP read.
    pub(super) fn transform_back(&self, gradient: Tensor<B, 3>, kept: &KeptMlp<B>) -> Tensor<B, 3> {
        let hidden = project_back(&self.mlp_output, gradient);
        let hidden = match &kept.gate {
            None => hidden * kept.slope.clone(),
            Some([open, passing]) => {
                let through_gate = hidden.clone() * passing.clone() * kept.slope.clone();
                Tensor::cat(vec![through_gate, hidden * open.clone()], 2)
            }
        };
        kept.normal.back(project_back(&self.mlp_input, hidden), &self.mlp_norm)
    }
}

/// The activation function at `input` and its derivative there; their common parts are computed once. They are written out: burn
/// 0.21 gives its own exact GELU the derivative of the tanh approximation, which puts gradients off by 5e-4.
fn activate<B: Backend>(function: ActivationFunction, input: Tensor<B, 3>) -> (Tensor<B, 3>, Tensor<B, 3>) {
    /// `sqrt(2 / pi)`
    const ROOT: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
    match function {
        // x Phi(x), with the normal distribution function Phi and its density phi; the derivative is Phi(x) + x phi(x).
        ActivationFunction::Gelu => {
            let below = ((input.clone() * FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
            let density = (input.clone().square() * -0.5).exp() * (0.5 * ROOT);
            (input.clone() * below.clone(), below + input * density)
        }
        ActivationFunction::GeluTanh => {
            let squared = input.clone().square();
            let tanh = (input.clone() * (squared.clone() * 0.044_715 + 1.0) * ROOT).tanh();
            let below = (tanh.clone() + 1.0) * 0.5;
            let rise = (squared * (3.0 * 0.044_715) + 1.0) * (0.5 * ROOT);
            (input.clone() * below.clone(), below + input * (-tanh.square() + 1.0) * rise)
        }
        ActivationFunction::Relu => (relu(input.clone()), input.greater_elem(0.0).float()),
        // x s(x), with the logistic function s; the derivative is s(x) (1 + x (1 - s(x))).
        ActivationFunction::Silu => {
            let logistic = sigmoid(input.clone());
            let output = input * logistic.clone();
            (output.clone(), logistic.clone() * (-output.clone() + 1.0) + output)
        }
    }
}

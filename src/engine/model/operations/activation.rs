//! Activation functions and their derivatives.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::backend::Backend;

use crate::engine::model::config::ActivationFunction;

/// The activation function at `input` and its derivative there; their common parts are computed once. They are written out: burn
/// 0.21 gives its own exact GELU the derivative of the tanh approximation, which puts gradients off by 5e-4.
pub fn activate<B: Backend>(function: ActivationFunction, input: Tensor<B, 3>) -> [Tensor<B, 3>; 2] {
    /// `sqrt(2 / pi)`
    const ROOT: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
    match function {
        // x Phi(x), with the normal distribution function Phi and its density phi; the derivative is Phi(x) + x phi(x).
        ActivationFunction::Gelu => {
            let below = ((input.clone() * FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
            let density = (input.clone().square() * -0.5).exp() * (0.5 * ROOT);
            [input.clone() * below.clone(), below + input * density]
        }
        ActivationFunction::GeluTanh => {
            let squared = input.clone().square();
            let tanh = (input.clone() * (squared.clone() * 0.044_715 + 1.0) * ROOT).tanh();
            let below = (tanh.clone() + 1.0) * 0.5;
            let rise = (squared * (3.0 * 0.044_715) + 1.0) * (0.5 * ROOT);
            [input.clone() * below.clone(), below + input * (-tanh.square() + 1.0) * rise]
        }
        ActivationFunction::Relu => [relu(input.clone()), input.greater_elem(0.0).float()],
        // x s(x), with the logistic function s; the derivative is s(x) (1 + x (1 - s(x))).
        ActivationFunction::Silu => {
            let logistic = sigmoid(input.clone());
            let output = input * logistic.clone();
            [output.clone(), logistic.clone() * (-output.clone() + 1.0) + output]
        }
    }
}

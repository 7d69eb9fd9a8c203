//! Adam (Kingma and Ba 2015, arXiv:1412.6980) over one matrix, with moments that can be cleared row by row or column by column:
//! a resampled feature must not inherit the moments of the dead one. burn's optimizers do not offer this.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// One trained matrix with its moments.
pub struct Trained<B: Backend> {
    /// The weights, `[rows, columns]`.
    pub value: Tensor<B, 2>,
    first: Tensor<B, 2>,
    second: Tensor<B, 2>,
    steps: i32,
}

impl<B: Backend> Trained<B> {
    /// Starts training from `value` with moments of 0.
    pub fn new(value: Tensor<B, 2>) -> Self {
        let zeros = value.zeros_like();
        Self { value, first: zeros.clone(), second: zeros, steps: 0 }
    }

    /// One step against `gradient`, which has the shape of the weights.
    pub fn step(&mut self, gradient: Tensor<B, 2>, learning_rate: f64) {
        self.steps += 1;
        self.first = self.first.clone() * BETA_1 + gradient.clone() * (1.0 - BETA_1);
        self.second = self.second.clone() * BETA_2 + gradient.square() * (1.0 - BETA_2);
        let first = self.first.clone() / (1.0 - BETA_1.powi(self.steps));
        let second = self.second.clone() / (1.0 - BETA_2.powi(self.steps));
        self.value = self.value.clone() - first / (second.sqrt() + EPSILON) * learning_rate;
    }

    /// Replaces the weights where `kept` is 0 and clears their moments.
    ///
    /// # Shapes
    /// - replacement: the shape of the weights
    /// - kept: broadcasts over the weights; 1 where they stay
    pub fn replace(&mut self, replacement: Tensor<B, 2>, kept: Tensor<B, 2>) {
        self.value = self.value.clone() * kept.clone() + replacement * (kept.ones_like() - kept.clone());
        self.first = self.first.clone() * kept.clone();
        self.second = self.second.clone() * kept;
    }
}

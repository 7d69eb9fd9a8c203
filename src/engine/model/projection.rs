//! Linear layers, forward and backward.

use std::ops::Range;

use burn::module::{Initializer, Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::config::Config;
use super::operations::{Operations, Weight};

/// Bytes of the layers up to which weights may be in memory twice, with their transposes, where the backend asks for that: products are
/// up to a fifth faster (see `engine::compute::processor::product`).
const SMALL: usize = 1 << 30;

/// Whether a model is so small that its weights may be in memory twice. It depends on nothing else, so that numbers do not depend on how
/// many layers stay in memory.
pub fn is_small(config: &Config) -> bool {
    config.layers * config.numbers_of_layer() * size_of::<f32>() <= SMALL
}

/// How random weights are drawn.
pub const NORMAL: Initializer = Initializer::Normal { mean: 0.0, std: 0.02 };

/// A linear layer, `input weight + bias`.
#[derive(Module, Debug)]
pub struct Projection<B: Backend> {
    /// `[inputs, outputs]`
    pub weight: Weight<B>,
    /// `[outputs]`, if the layer has one.
    pub bias: Option<Param<Tensor<B, 1>>>,
}

impl<B: Backend> Projection<B> {
    /// A layer with random weights and a bias of zeros, if it has one.
    pub fn init(inputs: usize, outputs: usize, bias: bool, device: &B::Device) -> Self {
        let weight = Weight::Whole(NORMAL.init([inputs, outputs], device));
        Self { weight, bias: bias.then(|| Initializer::Zeros.init([outputs], device)) }
    }
}

impl<B: Operations> Projection<B> {
    /// Takes over `values`, `[inputs, outputs]`, as the weight in a model of `config`.
    pub fn set_weight(&mut self, values: Vec<f32>, inputs: usize, config: &Config, device: &B::Device) {
        self.weight = B::weight(values, inputs, is_small(config), device);
    }

    /// Applies the layer to every token.
    ///
    /// # Shapes
    /// - input: `[examples, positions, inputs]`, output: `[examples, positions, outputs]`
    pub fn forward(&self, input: Tensor<B, 3>) -> Tensor<B, 3> {
        let [_, outputs] = self.weight.sizes();
        self.forward_to(0..outputs, input)
    }

    /// The same for some of the outputs alone.
    pub fn forward_to(&self, columns: Range<usize>, input: Tensor<B, 3>) -> Tensor<B, 3> {
        B::project(input, &self.weight, self.bias.as_ref().map(Param::val), columns)
    }

    /// Passes the gradient with respect to the output back to the input.
    pub fn back(&self, gradient: Tensor<B, 3>) -> Tensor<B, 3> {
        let [_, outputs] = self.weight.sizes();
        self.back_from(0..outputs, gradient, None)
    }

    /// The same for a gradient with respect to some of the outputs alone, added to `sum`.
    ///
    /// # Shapes
    /// - gradient: `[examples, positions, columns]`, sum and output: `[examples, positions, inputs]`
    pub fn back_from(&self, columns: Range<usize>, gradient: Tensor<B, 3>, sum: Option<Tensor<B, 3>>) -> Tensor<B, 3> {
        B::project_back(sum, gradient, &self.weight, columns)
    }
}

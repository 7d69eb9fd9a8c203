//! Linear layers, forward and backward.

use std::ops::Range;

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::config::Config;
use super::operations::Operations;
use crate::engine::transpose::transpose;

/// Bytes of the layers up to which their transposes are kept beside them, where the backend asks for that: twice the memory, for
/// products that are up to a sixth faster (see `engine::compute::processor::product`).
const SMALL: usize = 1 << 30;

/// Whether a model is so small that the transposes of its weights may be kept beside them. It depends on nothing else, so that numbers do
/// not depend on how many layers stay in memory.
pub fn keeps_transposes(config: &Config) -> bool {
    config.layers * config.numbers_of_layer() * size_of::<f32>() <= SMALL
}

/// How random weights are drawn.
pub const NORMAL: Initializer = Initializer::Normal { mean: 0.0, std: 0.02 };

/// A linear layer, `input weight + bias`.
#[derive(Module, Debug)]
pub struct Projection<B: Backend> {
    /// Its weight, `[inputs, outputs]`, and bias, `[outputs]`.
    pub linear: Linear<B>,
    /// The transpose of the weight, `[outputs, inputs]`, on backends that keep it; None while the weight is trained.
    pub transposed: Option<Param<Tensor<B, 2>>>,
}

impl<B: Backend> Projection<B> {
    /// A layer with random weights and a bias of zeros, if it has one.
    pub fn init(inputs: usize, outputs: usize, bias: bool, device: &B::Device) -> Self {
        let mut linear = LinearConfig::new(inputs, outputs).with_initializer(NORMAL).init(device);
        linear.bias = bias.then(|| Initializer::Zeros.init([outputs], device));
        Self { linear, transposed: None }
    }
}

impl<B: Operations> Projection<B> {
    /// Takes over `values`, `[inputs, outputs]`, as the weight in a model of `config`.
    pub fn set_weight(&mut self, values: Vec<f32>, inputs: usize, config: &Config, device: &B::Device) {
        let outputs = values.len() / inputs;
        let matrix = |values, shape: [usize; 2]| Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device));
        self.transposed =
            (B::KEEPS_TRANSPOSES && keeps_transposes(config)).then(|| matrix(transpose(&values, outputs), [outputs, inputs]));
        self.linear.weight = matrix(values, [inputs, outputs]);
    }

    /// Applies the layer to every token.
    ///
    /// # Shapes
    /// - input: `[examples, positions, inputs]`, output: `[examples, positions, outputs]`
    pub fn forward(&self, input: Tensor<B, 3>) -> Tensor<B, 3> {
        let [_, outputs] = self.linear.weight.dims();
        self.forward_to(0..outputs, input)
    }

    /// The same for some of the outputs alone.
    pub fn forward_to(&self, columns: Range<usize>, input: Tensor<B, 3>) -> Tensor<B, 3> {
        B::project(input, self.linear.weight.val(), self.linear.bias.as_ref().map(Param::val), columns)
    }

    /// Passes the gradient with respect to the output back to the input.
    pub fn back(&self, gradient: Tensor<B, 3>) -> Tensor<B, 3> {
        let [_, outputs] = self.linear.weight.dims();
        self.back_from(0..outputs, gradient, None)
    }

    /// The same for a gradient with respect to some of the outputs alone, added to `sum`.
    ///
    /// # Shapes
    /// - gradient: `[examples, positions, columns]`, sum and output: `[examples, positions, inputs]`
    pub fn back_from(&self, columns: Range<usize>, gradient: Tensor<B, 3>, sum: Option<Tensor<B, 3>>) -> Tensor<B, 3> {
        B::project_back(sum, gradient, self.linear.weight.val(), self.transposed.as_ref().map(Param::val), columns)
    }
}

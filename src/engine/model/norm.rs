//! Layer norm and root mean square norm, forward and backward.
//!
//! Sources: Ba et al. 2016 (arXiv:1607.06450); Zhang and Sennrich 2019 (arXiv:1910.07467).

use burn::module::{Initializer, Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::config::{Config, NormKind};
use super::operations::Operations;

/// The weights of a norm.
#[derive(Module, Debug)]
pub struct Norm<B: Backend> {
    /// What each normalised column is multiplied by.
    pub gain: Param<Tensor<B, 1>>,
    /// What is added afterwards, in layer norms.
    pub bias: Option<Param<Tensor<B, 1>>>,
}

impl<B: Backend> Norm<B> {
    /// A norm of rows of width `width` that scales by 1 and shifts by 0.
    pub fn init(config: &Config, width: usize, device: &B::Device) -> Self {
        let bias = (config.norm == NormKind::Layer).then(|| Initializer::Zeros.init([width], device));
        Self { gain: Initializer::Ones.init([width], device), bias }
    }
}

impl<B: Operations> Norm<B> {
    /// The normalised, scaled and shifted rows.
    ///
    /// # Shapes
    /// - input and output: `[examples, positions, width]`
    pub fn forward(&self, input: Tensor<B, 3>, config: &Config) -> Tensor<B, 3> {
        Normal::of(input, config).scaled(self)
    }
}

/// Rows after their norm and before its gain.
///
/// # Shapes
/// rows `[.., width]`, scale `[.., 1]`
#[derive(Debug, Clone)]
pub struct Normal<B: Backend, const D: usize> {
    rows: Tensor<B, D>,
    /// What the (in layer norms centred) rows were multiplied by: `1 / sqrt(mean of squares + epsilon)`.
    scale: Tensor<B, D>,
    kind: NormKind,
}

impl<B: Operations, const D: usize> Normal<B, D> {
    /// Normalises the rows of `input` as `config` says.
    pub fn of(input: Tensor<B, D>, config: &Config) -> Self {
        let [rows, scale] = B::normalise(input, config.norm, config.norm_epsilon);
        Self { rows, scale, kind: config.norm }
    }

    /// The normalised rows, before gain and bias.
    pub fn rows(&self) -> Tensor<B, D> {
        self.rows.clone()
    }

    /// The output of `norm`, which scales and shifts the normalised rows.
    pub fn scaled(&self, norm: &Norm<B>) -> Tensor<B, D> {
        B::scale_and_shift(self.rows.clone(), norm.gain.val(), norm.bias.as_ref().map(Param::val))
    }

    /// Turns the gradient with respect to [`Normal::scaled`] into the gradient with respect to the input.
    pub fn back(&self, gradient: Tensor<B, D>, norm: &Norm<B>) -> Tensor<B, D> {
        B::normalise_back(gradient, norm.gain.val(), [self.rows.clone(), self.scale.clone()], self.kind)
    }
}

impl<B: Backend> Normal<B, 3> {
    /// The rows of the last position alone.
    pub fn at_last(&self) -> Self {
        let last = |tensor: &Tensor<B, 3>| {
            let [_, positions, _] = tensor.dims();
            tensor.clone().narrow(1, positions - 1, 1)
        };
        Self { rows: last(&self.rows), scale: last(&self.scale), kind: self.kind }
    }
}

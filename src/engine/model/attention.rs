//! Causal self-attention, forward and backward, with keys and values that several heads may share.
//!
//! Sources: Vaswani et al. 2017 (arXiv:1706.03762); shared keys and values: Ainslie et al. 2023 (arXiv:2305.13245); softcap and
//! windows: Gemma 2 (arXiv:2408.00118); norms of heads: Qwen 3 (arXiv:2505.09388).

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use burn::tensor::backend::Backend;

use super::norm::Normal;
use super::positions::Positions;
use super::products::Products;
use super::transformer::{Layer, Transformer, project, project_back};

/// Intermediate values of attention that its backward pass reads.
///
/// # Shapes
/// query `[examples, heads, queries, head_width]`, key and value `[examples, key_value_heads, positions, head_width]`, pattern and
/// slope `[examples, heads, queries, positions]`
pub struct Attended<B: Backend> {
    query: Tensor<B, 4>,
    key: Tensor<B, 4>,
    value: Tensor<B, 4>,
    pattern: Tensor<B, 4>,
    /// The derivative of the softcap, if the model has one.
    slope: Option<Tensor<B, 4>>,
    /// Queries and keys of all positions after their norms, if the model has them.
    normal: Option<[Normal<B, 4>; 2]>,
}

impl<B: Backend> Attended<B> {
    /// The weight with which each query reads each position, `[examples, heads, queries, positions]`.
    pub(super) fn pattern(&self) -> &Tensor<B, 4> {
        &self.pattern
    }
}

impl<B: Products> Transformer<B> {
    /// The outputs of the heads side by side for the normalised input of `layer`; if `last` is set, only at the last
    /// position.
    ///
    /// # Shapes
    /// - read: `[examples, positions, width]`, output: `[examples, positions, heads * head_width]` or, if `last` is set,
    ///   `[examples, 1, heads * head_width]`
    pub(super) fn attend(
        &self,
        layer: &Layer<B>,
        read: Tensor<B, 3>,
        positions: &Positions<B>,
        last: bool,
    ) -> (Tensor<B, 3>, Attended<B>) {
        let config = &self.config;
        let [examples, length, _] = read.dims();
        let (heads, shared, head_width) = (config.heads, config.key_value_heads, config.head_width);
        let mixed = project(&layer.query_key_value, read);
        let part = |first: usize, count: usize| {
            let part = mixed.clone().narrow(2, first * head_width, count * head_width);
            part.reshape([examples, length, count, head_width]).swap_dims(1, 2)
        };
        let (query, key, value) = (part(0, heads), part(heads, shared), part(heads + shared, shared));
        let (query, key, normal) = match (&layer.query_norm, &layer.key_norm) {
            (Some(query_norm), Some(key_norm)) => {
                let normal = [query, key].map(|rows| Normal::of(rows, config));
                (normal[0].scaled(query_norm), normal[1].scaled(key_norm), Some(normal))
            }
            _ => (query, key, None),
        };
        let rotate = |tensor: Tensor<B, 4>| match &positions.rotary {
            Some(rotary) => rotary.apply(tensor),
            None => tensor,
        };
        let (query, key) = (rotate(query), rotate(key));
        let hidden = positions.hidden_from(config.window(layer.index));
        let (query, hidden) =
            if last { (query.narrow(2, length - 1, 1), hidden.narrow(2, length - 1, 1)) } else { (query, hidden) };
        let queries = if last { 1 } else { length };
        let scores = B::product(together(query.clone(), shared), key.clone().swap_dims(2, 3)) * config.attention_scale;
        let scores = scores.reshape([examples, heads, queries, length]);
        let (scores, slope) = match config.attention_softcap {
            Some(cap) => {
                let tanh = (scores / cap).tanh();
                (tanh.clone() * cap, Some(-tanh.square() + 1.0))
            }
            None => (scores, None),
        };
        let pattern = softmax(scores.mask_fill(hidden, f32::NEG_INFINITY), 3);
        let output = B::product(together(pattern.clone(), shared), value.clone()).reshape([examples, heads, queries, head_width]);
        let output = output.swap_dims(1, 2).reshape([examples, queries, heads * head_width]);
        (output, Attended { query, key, value, pattern, slope, normal })
    }

    /// Passes the gradient with respect to the heads' outputs back to the normalised input of the layer, at all positions.
    pub(super) fn attend_back(
        &self,
        layer: &Layer<B>,
        gradient: Tensor<B, 3>,
        attended: &Attended<B>,
        positions: &Positions<B>,
    ) -> Tensor<B, 3> {
        let [examples, queries, _] = gradient.dims();
        let (heads, shared, head_width) = (self.config.heads, self.config.key_value_heads, self.config.head_width);
        let Attended { query, key, value, pattern, slope, normal } = attended;
        let [_, _, length, _] = key.dims();
        let gradient = together(gradient.reshape([examples, queries, heads, head_width]).swap_dims(1, 2), shared);
        let d_value = B::product(together(pattern.clone(), shared).swap_dims(2, 3), gradient.clone());
        let d_pattern = B::product(gradient, value.clone().swap_dims(2, 3)).reshape([examples, heads, queries, length]);
        let along = (d_pattern.clone() * pattern.clone()).sum_dim(3);
        let d_scores = (d_pattern - along) * pattern.clone();
        let d_scores = match slope {
            Some(slope) => d_scores * slope.clone(),
            None => d_scores,
        };
        let d_scores = together(d_scores * self.config.attention_scale, shared);
        let d_query = B::product(d_scores.clone(), key.clone()).reshape([examples, heads, queries, head_width]);
        let d_key = B::product(d_scores.swap_dims(2, 3), together(query.clone(), shared));
        let turn_back = |tensor: Tensor<B, 4>| match &positions.rotary {
            Some(rotary) => rotary.apply_back(tensor),
            None => tensor,
        };
        let (d_query, d_key) = (turn_back(at_the_end(d_query, 2, length)), turn_back(d_key));
        let (d_query, d_key) = match (normal, &layer.query_norm, &layer.key_norm) {
            (Some([query, key]), Some(query_norm), Some(key_norm)) => {
                (query.back(d_query, query_norm), key.back(d_key, key_norm))
            }
            _ => (d_query, d_key),
        };
        let mixed = Tensor::cat(vec![d_query, d_key, d_value], 1);
        let mixed = mixed.swap_dims(1, 2).reshape([examples, length, (heads + 2 * shared) * head_width]);
        project_back(&layer.query_key_value, mixed)
    }
}

/// Puts the rows of heads that share keys and values under one another, so that one product serves them all.
///
/// # Shapes
/// - rows: `[examples, heads, queries, columns]`, output: `[examples, shared, heads / shared * queries, columns]`
fn together<B: Backend>(rows: Tensor<B, 4>, shared: usize) -> Tensor<B, 4> {
    let [examples, heads, queries, columns] = rows.dims();
    if heads == shared {
        return rows;
    }
    rows.reshape([examples, shared, heads / shared * queries, columns])
}

/// Pads dimension `dimension` to `length` with zeros in front.
pub fn at_the_end<B: Backend, const D: usize>(tensor: Tensor<B, D>, dimension: usize, length: usize) -> Tensor<B, D> {
    let mut shape = tensor.dims();
    if shape[dimension] == length {
        return tensor;
    }
    shape[dimension] = length - shape[dimension];
    let zeros = Tensor::zeros(shape, &tensor.device());
    Tensor::cat(vec![zeros, tensor], dimension)
}

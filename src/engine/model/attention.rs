//! The attention of a layer between its norm and its output projection: queries, keys and values, their norms and rotation, and back.
//!
//! Norms of heads: Qwen 3 (arXiv:2505.09388).

use std::ops::Range;

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::norm::{Norm, Normal};
use super::operations::{Attended, Heads, Operations};
use super::positions::Positions;
use super::transformer::{Layer, Transformer};

/// Intermediate values of attention that its backward pass reads.
pub struct KeptAttention<B: Backend> {
    pub(super) attended: Attended<B>,
    /// Queries, `[examples, queries, heads, head_width]`, and keys, `[examples, positions, key_value_heads, head_width]`, after their
    /// norms, if the model has them.
    normal: Option<[Normal<B, 4>; 2]>,
}

/// Where queries stand in the columns of `query_key_value`, and where keys and values do.
fn columns(heads: &Heads) -> [Range<usize>; 2] {
    let queries = heads.count * heads.width;
    [0..queries, queries..queries + 2 * heads.shared * heads.width]
}

impl<B: Operations> Transformer<B> {
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
    ) -> (Tensor<B, 3>, KeptAttention<B>) {
        let heads = Heads::of(&self.config, layer.index);
        let [_, length, _] = read.dims();
        let [of_query, of_key_value] = columns(&heads);
        let key_value = layer.query_key_value.forward_to(of_key_value, read.clone());
        let hidden = positions.hidden_from(heads.window);
        let (read, hidden) = if last { (read.narrow(1, length - 1, 1), hidden.narrow(2, length - 1, 1)) } else { (read, hidden) };
        let query = layer.query_key_value.forward_to(of_query, read);
        let (query, key_value, normal) = match (&layer.query_norm, &layer.key_norm) {
            (Some(query_norm), Some(key_norm)) => {
                let normal = [(query, heads.count), (key_value.clone(), heads.shared)]
                    .map(|(rows, count)| Normal::of(by_head(rows, count, heads.width), &self.config));
                let query = in_rows(normal[0].scaled(query_norm));
                let key_value = with_keys(in_rows(normal[1].scaled(key_norm)), key_value);
                (query, key_value, Some(normal))
            }
            _ => (query, key_value, None),
        };
        let (query, key_value) = match &positions.rotary {
            Some(rotary) => (
                B::rotate(query, heads.count, heads.width, rotary, false),
                B::rotate(key_value, heads.shared, heads.width, rotary, false),
            ),
            None => (query, key_value),
        };
        let (output, attended) = B::attend(&heads, query, key_value, hidden);
        (output, KeptAttention { attended, normal })
    }

    /// Passes the gradient with respect to the heads' outputs back to the normalised input of the layer, at all positions.
    pub(super) fn attend_back(
        &self,
        layer: &Layer<B>,
        gradient: Tensor<B, 3>,
        kept: &KeptAttention<B>,
        positions: &Positions<B>,
    ) -> Tensor<B, 3> {
        let heads = Heads::of(&self.config, layer.index);
        let [d_query, d_key_value] = B::attend_back(&heads, gradient, &kept.attended);
        let (d_query, d_key_value) = match &positions.rotary {
            Some(rotary) => (
                B::rotate(d_query, heads.count, heads.width, rotary, true),
                B::rotate(d_key_value, heads.shared, heads.width, rotary, true),
            ),
            None => (d_query, d_key_value),
        };
        let (d_query, d_key_value) = match (&kept.normal, &layer.query_norm, &layer.key_norm) {
            (Some([query, key]), Some(query_norm), Some(key_norm)) => {
                let back = |normal: &Normal<B, 4>, norm: &Norm<B>, rows: Tensor<B, 3>, count: usize| {
                    in_rows(normal.back(by_head(rows, count, heads.width), norm))
                };
                let d_key = back(key, key_norm, d_key_value.clone(), heads.shared);
                (back(query, query_norm, d_query, heads.count), with_keys(d_key, d_key_value))
            }
            _ => (d_query, d_key_value),
        };
        let [_, queries, _] = d_query.dims();
        let [_, length, _] = d_key_value.dims();
        let [of_query, of_key_value] = columns(&heads);
        let d_read = layer.query_key_value.back_from(of_key_value, d_key_value, None);
        if queries == length {
            return layer.query_key_value.back_from(of_query, d_query, Some(d_read));
        }
        let of_queries = layer.query_key_value.back_from(of_query, d_query, None);
        B::add(d_read, at_the_end(of_queries, 1, length))
    }
}

/// The first `heads` heads of each row, as `[examples, positions, heads, head_width]`.
fn by_head<B: Backend>(rows: Tensor<B, 3>, heads: usize, head_width: usize) -> Tensor<B, 4> {
    let [examples, positions, _] = rows.dims();
    rows.narrow(2, 0, heads * head_width).reshape([examples, positions, heads, head_width])
}

/// The opposite of [`by_head`].
fn in_rows<B: Backend>(heads: Tensor<B, 4>) -> Tensor<B, 3> {
    let [examples, positions, count, head_width] = heads.dims();
    heads.reshape([examples, positions, count * head_width])
}

/// `key_value` with other keys in front of its values.
fn with_keys<B: Backend>(keys: Tensor<B, 3>, key_value: Tensor<B, 3>) -> Tensor<B, 3> {
    let [_, _, half] = keys.dims();
    Tensor::cat(vec![keys, key_value.narrow(2, half, half)], 2)
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

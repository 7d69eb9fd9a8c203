//! Causal self-attention between queries, keys and values, with keys and values that several heads may share.
//!
//! With `q`, `k`, `v` of one head, `P = softmax(softcap(scale q k^T))` over the keys that the query sees, output `o = P v`, and `g` the
//! gradient with respect to `o`: `dv = P^T g`, `dP = g v^T`, `dS = P * (dP - sum(dP * P)) * softcap'`, `dq = scale dS k`,
//! `dk = scale dS^T q`.
//!
//! Sources: Vaswani et al. 2017 (arXiv:1706.03762); shared keys and values: Ainslie et al. 2023 (arXiv:2305.13245); softcap and
//! windows: Gemma 2 (arXiv:2408.00118).

use burn::tensor::activation::softmax;
use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Tensor};

use crate::engine::model::config::Config;
use crate::engine::model::products::Products;

/// How the heads of a layer attend.
#[derive(Debug, Clone, Copy)]
pub struct Heads {
    /// Number of heads.
    pub count: usize,
    /// Number of heads that have keys and values of their own; each serves `count / shared` neighbouring heads.
    pub shared: usize,
    /// Width of each head.
    pub width: usize,
    /// The factor of the product of a query and a key.
    pub scale: f64,
    /// Scores `s` become `cap tanh(s / cap)`.
    pub softcap: Option<f64>,
    /// The number of positions that a query sees, its own among them; None if it sees all before it.
    pub window: Option<usize>,
}

impl Heads {
    /// The heads of layer `layer`.
    pub fn of(config: &Config, layer: usize) -> Self {
        Self {
            count: config.heads,
            shared: config.key_value_heads,
            width: config.head_width,
            scale: config.attention_scale,
            softcap: config.attention_softcap,
            window: config.window(layer),
        }
    }
}

/// Values of attention that its backward pass reads.
///
/// # Shapes
/// query `[examples, queries, heads * head_width]`, key_value `[examples, positions, 2 key_value_heads * head_width]`, pattern and slope
/// `[examples, heads, queries, positions]`
#[derive(Debug, Clone)]
pub struct Attended<B: Backend> {
    /// The queries, rotated.
    pub query: Tensor<B, 3>,
    /// The keys, rotated, before the values.
    pub key_value: Tensor<B, 3>,
    /// The share of each position in what a query reads; 0 where it sees nothing.
    pub pattern: Tensor<B, 4>,
    /// The derivative of the softcap, if the model has one.
    pub slope: Option<Tensor<B, 4>>,
}

pub fn attend<B: Products>(
    heads: &Heads,
    query: Tensor<B, 3>,
    key_value: Tensor<B, 3>,
    hidden: Tensor<B, 4, Bool>,
) -> (Tensor<B, 3>, Attended<B>) {
    let [examples, queries, _] = query.dims();
    let [_, positions, _] = key_value.dims();
    let [key, value] = keys_and_values(heads, &key_value);
    let scores = B::product(together(by_head(query.clone(), heads.width), heads.shared), key.swap_dims(2, 3)) * heads.scale;
    let scores = scores.reshape([examples, heads.count, queries, positions]);
    let (scores, slope) = match heads.softcap {
        Some(cap) => {
            let tanh = (scores / cap).tanh();
            (tanh.clone() * cap, Some(-tanh.square() + 1.0))
        }
        None => (scores, None),
    };
    let pattern = softmax(scores.mask_fill(hidden, f32::NEG_INFINITY), 3);
    let output = B::product(together(pattern.clone(), heads.shared), value);
    let output = side_by_side(output.reshape([examples, heads.count, queries, heads.width]));
    (output, Attended { query, key_value, pattern, slope })
}

pub fn attend_back<B: Products>(heads: &Heads, gradient: Tensor<B, 3>, attended: &Attended<B>) -> [Tensor<B, 3>; 2] {
    let Attended { query, key_value, pattern, slope } = attended;
    let [examples, queries, _] = gradient.dims();
    let [_, positions, _] = key_value.dims();
    let [key, value] = keys_and_values(heads, key_value);
    let gradient = together(by_head(gradient, heads.width), heads.shared);
    let d_value = B::product(together(pattern.clone(), heads.shared).swap_dims(2, 3), gradient.clone());
    let d_pattern = B::product(gradient, value.swap_dims(2, 3)).reshape([examples, heads.count, queries, positions]);
    let along = (d_pattern.clone() * pattern.clone()).sum_dim(3);
    let d_scores = (d_pattern - along) * pattern.clone();
    let d_scores = match slope {
        Some(slope) => d_scores * slope.clone(),
        None => d_scores,
    };
    let d_scores = together(d_scores * heads.scale, heads.shared);
    let d_query = B::product(d_scores.clone(), key).reshape([examples, heads.count, queries, heads.width]);
    let d_key = B::product(d_scores.swap_dims(2, 3), together(by_head(query.clone(), heads.width), heads.shared));
    [side_by_side(d_query), Tensor::cat(vec![side_by_side(d_key), side_by_side(d_value)], 2)]
}

/// Keys and values, `[examples, key_value_heads, positions, head_width]` each.
fn keys_and_values<B: Backend>(heads: &Heads, key_value: &Tensor<B, 3>) -> [Tensor<B, 4>; 2] {
    let half = heads.shared * heads.width;
    [0, half].map(|first| by_head(key_value.clone().narrow(2, first, half), heads.width))
}

/// `[examples, positions, heads * head_width]` as `[examples, heads, positions, head_width]`
fn by_head<B: Backend>(rows: Tensor<B, 3>, head_width: usize) -> Tensor<B, 4> {
    let [examples, positions, columns] = rows.dims();
    rows.reshape([examples, positions, columns / head_width, head_width]).swap_dims(1, 2)
}

/// The opposite of [`by_head`].
fn side_by_side<B: Backend>(rows: Tensor<B, 4>) -> Tensor<B, 3> {
    let [examples, heads, positions, head_width] = rows.dims();
    rows.swap_dims(1, 2).reshape([examples, positions, heads * head_width])
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

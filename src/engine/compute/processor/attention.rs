//! Causal self-attention between the tokens of each example, forward and backward, without the layers around it. The formulas are those of
//! [`crate::engine::model::operations`]; the keys that a query does not see are not visited.

use std::ops::Range;

use super::vector::add_scaled;
use crate::engine::lanes::{dispatched, dot};
use crate::engine::model::operations::Heads;

/// The sizes of a batch.
#[derive(Clone, Copy)]
pub struct Sizes<'a> {
    /// How the heads attend.
    pub heads: &'a Heads,
    /// Number of examples.
    pub examples: usize,
    /// Number of positions of each example that attend, the last ones.
    pub queries: usize,
    /// Tokens of each example.
    pub positions: usize,
}

/// What one query of one head reads, and where.
struct Place {
    /// Where its pattern starts.
    pattern: usize,
    /// Where it stands among the queries, and its output among the outputs.
    query: usize,
    /// Where the first key of its example and head stands.
    key: usize,
    /// The positions that it sees.
    seen: Range<usize>,
}

impl Sizes<'_> {
    /// Number of values of all attention patterns together: `[examples, heads, queries, positions]`.
    pub fn patterns(self) -> usize {
        self.examples * self.heads.count * self.queries * self.positions
    }

    /// The numbers of keys and values of one token together.
    fn key_stride(self) -> usize {
        2 * self.heads.shared * self.heads.width
    }

    /// From a key to the value of its position.
    fn to_value(self) -> usize {
        self.heads.shared * self.heads.width
    }

    /// Visits every query of every head.
    #[expect(clippy::inline_always, reason = "vector instructions reach only what is inlined into the dispatched loop")]
    #[inline(always)]
    fn each(self, mut visit: impl FnMut(Place)) {
        let Heads { count, shared, width, window, .. } = *self.heads;
        let mut pattern = 0;
        for example in 0..self.examples {
            for head in 0..count {
                let key = example * self.positions * self.key_stride() + head / (count / shared) * width;
                for query in 0..self.queries {
                    let position = self.positions - self.queries + query;
                    let first = window.map_or(0, |window| (position + 1).saturating_sub(window));
                    let row = example * self.queries + query;
                    visit(Place { pattern, query: row * count * width + head * width, key, seen: first..position + 1 });
                    pattern += self.positions;
                }
            }
        }
    }
}

/// Computes attention patterns and outputs, and the derivatives of the softcap, if the model has one.
///
/// # Shapes
/// - query, output: `[examples, queries, heads * width]`; key_value: `[examples, positions, 2 shared * width]`, keys before values
/// - patterns, slopes: see [`Sizes::patterns`]; what belongs to positions that are not seen is left as it is
/// - output: zeros before
pub fn forward(
    sizes: Sizes<'_>,
    query: &[f32],
    key_value: &[f32],
    patterns: &mut [f32],
    mut slopes: Option<&mut [f32]>,
    output: &mut [f32],
) {
    let (width, scale, stride, to_value) = (sizes.heads.width, sizes.heads.scale as f32, sizes.key_stride(), sizes.to_value());
    let softcap = sizes.heads.softcap.map(|cap| cap as f32);
    dispatched(
        #[inline(always)]
        || {
            sizes.each(
                #[inline(always)]
                |place| {
                    let seen = place.pattern + place.seen.start..place.pattern + place.seen.end;
                    let (pattern, key) = (&mut patterns[seen.clone()], place.key + place.seen.start * stride);
                    let query = &query[place.query..place.query + width];
                    for (position, score) in pattern.iter_mut().enumerate() {
                        let key = key + position * stride;
                        *score = dot(query, &key_value[key..key + width]) * scale;
                    }
                    if let (Some(cap), Some(slopes)) = (softcap, slopes.as_deref_mut()) {
                        for (score, slope) in pattern.iter_mut().zip(&mut slopes[seen]) {
                            let tanh = (*score / cap).tanh();
                            (*score, *slope) = (tanh * cap, 1.0 - tanh * tanh);
                        }
                    }
                    let mut largest = f32::NEG_INFINITY;
                    for score in pattern.iter() {
                        largest = if *score > largest { *score } else { largest };
                    }
                    let mut total = 0.0;
                    for score in pattern.iter_mut() {
                        *score = (*score - largest).exp();
                        total += *score;
                    }
                    let output = &mut output[place.query..place.query + width];
                    for (position, weight) in pattern.iter_mut().enumerate() {
                        *weight /= total;
                        let value = key + position * stride + to_value;
                        add_scaled(output, *weight, &key_value[value..value + width]);
                    }
                },
            );
        },
    );
}

/// What the backward pass reads of the forward pass, in its shapes.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    /// The queries.
    pub query: &'a [f32],
    /// The keys and values.
    pub key_value: &'a [f32],
    /// The patterns.
    pub pattern: &'a [f32],
    /// The derivatives of the softcap, if the model has one.
    pub slope: Option<&'a [f32]>,
}

/// Passes the gradient with respect to the output back to queries, keys and values.
///
/// # Shapes
/// - the shapes of [`forward`]; gradient and d_query as output, d_key_value as key_value, both zeros before
pub fn backward(sizes: Sizes<'_>, read: Read<'_>, gradient: &[f32], d_query: &mut [f32], d_key_value: &mut [f32]) {
    let (width, scale, stride, to_value) = (sizes.heads.width, sizes.heads.scale as f32, sizes.key_stride(), sizes.to_value());
    let mut d_scores = vec![0.0; sizes.positions];
    dispatched(
        #[inline(always)]
        || {
            sizes.each(
                #[inline(always)]
                |place| {
                    let seen = place.pattern + place.seen.start..place.pattern + place.seen.end;
                    let (pattern, key) = (&read.pattern[seen.clone()], place.key + place.seen.start * stride);
                    let at_query = place.query..place.query + width;
                    let (query, gradient) = (&read.query[at_query.clone()], &gradient[at_query.clone()]);
                    let d_query = &mut d_query[at_query];
                    let d_scores = &mut d_scores[..pattern.len()];
                    let mut along = 0.0;
                    for (position, (weight, d_score)) in pattern.iter().zip(d_scores.iter_mut()).enumerate() {
                        let value = key + position * stride + to_value;
                        *d_score = dot(gradient, &read.key_value[value..value + width]);
                        along += *d_score * weight;
                        add_scaled(&mut d_key_value[value..value + width], *weight, gradient);
                    }
                    for (weight, d_score) in pattern.iter().zip(d_scores.iter_mut()) {
                        *d_score = weight * (*d_score - along) * scale;
                    }
                    if let Some(slope) = read.slope {
                        d_scores.iter_mut().zip(&slope[seen]).for_each(|(d_score, slope)| *d_score *= slope);
                    }
                    for (position, d_score) in d_scores.iter().enumerate() {
                        let key = key + position * stride;
                        add_scaled(d_query, *d_score, &read.key_value[key..key + width]);
                        add_scaled(&mut d_key_value[key..key + width], *d_score, query);
                    }
                },
            );
        },
    );
}

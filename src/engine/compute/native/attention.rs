//! Causal self-attention between the tokens of each prompt, forward and backward, without the layers around it.
//!
//! With `q`, `k`, `v` of one head, `P = softmax(q k^T / sqrt(head width))` over the positions up to the query's, output
//! `o = P v`, and `g` the gradient with respect to `o`: `dv = P^T g`, `dP = g v^T`, `dS = P * (dP - sum(dP * P))`,
//! `dq = dS k / sqrt(head width)`, `dk = dS^T q / sqrt(head width)`.

use pulp::Arch;

use super::vector::add_scaled;
use crate::engine::activation::dot;

/// The sizes of a batch at one layer.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Number of sequences: prompts, or points of segments.
    pub sequences: usize,
    /// Tokens of each sequence.
    pub positions: usize,
    /// Whether only the last position's output is wanted.
    pub last: bool,
    /// Number of heads.
    pub heads: usize,
    /// Width of each head.
    pub head_width: usize,
}

impl Shape {
    /// Number of tokens that are read.
    pub fn rows(self) -> usize {
        self.sequences * self.positions
    }

    /// Number of positions of each sequence that attend.
    pub fn queries(self) -> usize {
        if self.last { 1 } else { self.positions }
    }

    /// Number of tokens that are written.
    pub fn query_rows(self) -> usize {
        self.sequences * self.queries()
    }

    /// The position in its sequence of query `query`.
    pub fn position(self, query: usize) -> usize {
        if self.last { self.positions - 1 } else { query }
    }

    /// Number of values of all attention patterns together: `[sequences, heads, queries, positions]`.
    pub fn patterns(self) -> usize {
        self.query_rows() * self.heads * self.positions
    }

    fn scale(self) -> f32 {
        (self.head_width as f32).sqrt().recip()
    }

    /// Visits every query of every head with its index among the patterns, its place in a `[query rows, width]` array, the place
    /// of its sequence's and head's first key in a `[rows, 2 width]` array, and how many positions it sees.
    #[expect(clippy::inline_always, reason = "vector instructions reach only what is inlined into the dispatched loop")]
    #[inline(always)]
    fn each(self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        let width = self.heads * self.head_width;
        let mut pattern = 0;
        for sequence in 0..self.sequences {
            for head in 0..self.heads {
                let column = head * self.head_width;
                for query in 0..self.queries() {
                    let row = sequence * self.queries() + query;
                    let first_key = sequence * self.positions * 2 * width + column;
                    visit(pattern, row * width + column, first_key, self.position(query) + 1);
                    pattern += self.positions;
                }
            }
        }
    }
}

/// Computes attention patterns and outputs.
///
/// # Shapes
/// - queries, output: `[query rows, width]`; keys_values: `[rows, 2 width]`, keys before values
/// - patterns: see [`Shape::patterns`]; values at future positions are left as they are
pub fn forward(shape: Shape, queries: &[f32], keys_values: &[f32], patterns: &mut [f32], output: &mut [f32]) {
    let (width, head, scale) = (shape.heads * shape.head_width, shape.head_width, shape.scale());
    Arch::new().dispatch(
        #[inline(always)]
        || {
            shape.each(
                #[inline(always)]
                |pattern, place, first_key, seen| {
                    let pattern = &mut patterns[pattern..pattern + seen];
                    let query = &queries[place..place + head];
                    let mut largest = f32::NEG_INFINITY;
                    for (position, score) in pattern.iter_mut().enumerate() {
                        let key = first_key + position * 2 * width;
                        *score = dot(query, &keys_values[key..key + head]) * scale;
                        largest = if *score > largest { *score } else { largest };
                    }
                    let mut total = 0.0;
                    for score in pattern.iter_mut() {
                        *score = (*score - largest).exp();
                        total += *score;
                    }
                    let output = &mut output[place..place + head];
                    output.fill(0.0);
                    for (position, weight) in pattern.iter_mut().enumerate() {
                        *weight /= total;
                        let value = first_key + position * 2 * width + width;
                        add_scaled(output, *weight, &keys_values[value..value + head]);
                    }
                },
            );
        },
    );
}

/// Passes the gradient of the output back to queries, keys and values; `d_keys_values` is overwritten.
///
/// # Shapes
/// - the shapes of [`forward`]; gradient and d_queries as output, d_keys_values as keys_values
pub fn backward(
    shape: Shape,
    queries: &[f32],
    keys_values: &[f32],
    patterns: &[f32],
    gradient: &[f32],
    d_queries: &mut [f32],
    d_keys_values: &mut [f32],
) {
    let (width, head, scale) = (shape.heads * shape.head_width, shape.head_width, shape.scale());
    let mut d_pattern = vec![0.0; shape.positions];
    d_keys_values.fill(0.0);
    Arch::new().dispatch(
        #[inline(always)]
        || {
            shape.each(
                #[inline(always)]
                |pattern, place, first_key, seen| {
                    let pattern = &patterns[pattern..pattern + seen];
                    let (query, gradient) = (&queries[place..place + head], &gradient[place..place + head]);
                    let d_query = &mut d_queries[place..place + head];
                    d_query.fill(0.0);
                    let mut along = 0.0;
                    for (position, weight) in pattern.iter().enumerate() {
                        let value = first_key + position * 2 * width + width;
                        d_pattern[position] = dot(gradient, &keys_values[value..value + head]);
                        along += d_pattern[position] * weight;
                        add_scaled(&mut d_keys_values[value..value + head], *weight, gradient);
                    }
                    for (position, weight) in pattern.iter().enumerate() {
                        let d_score = weight * (d_pattern[position] - along) * scale;
                        let key = first_key + position * 2 * width;
                        add_scaled(d_query, d_score, &keys_values[key..key + head]);
                        add_scaled(&mut d_keys_values[key..key + head], d_score, query);
                    }
                },
            );
        },
    );
}

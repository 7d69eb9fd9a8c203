//! One transformer layer, forward and backward, on buffers that are reused.
//!
//! Forward keeps what backward reads: normalised inputs, queries, keys, values, attention patterns and the slopes of the
//! activation function. Weights are frozen, so nothing else is needed and no gradient of a weight is computed.

use super::attention::{self, Shape};
use super::rotary::Rotary;
use super::vector::{activate, add, add_normalise_backward, fill_rows, multiply, normalise};
use super::weights::{Layer, Linear};
use crate::core::submodule::SubmoduleKind;
use crate::engine::model::config::Config;

/// What one layer's forward pass leaves for its backward pass.
///
/// # Shapes
/// With `r` tokens read and `w` written (fewer at the last layer): normal `[r, width]`, scales `[r]`, mlp_normal `[w, width]`,
/// mlp_scales `[w]`, queries `[w, width]`, keys_values `[r, 2 width]`, slopes `[w, mlp_width]`.
#[derive(Default)]
pub struct Kept {
    normal: Vec<f32>,
    scales: Vec<f32>,
    /// Used only if the MLP reads the attention's output (a sequential layer).
    mlp_normal: Vec<f32>,
    mlp_scales: Vec<f32>,
    queries: Vec<f32>,
    keys_values: Vec<f32>,
    patterns: Vec<f32>,
    slopes: Vec<f32>,
}

/// Buffers whose contents are not needed after a layer.
#[derive(Default)]
pub struct Scratch {
    /// `[w, width]`: a block's output, then gradients of that size.
    block: Vec<f32>,
    /// `[w, width]`: the normalised input of the rows that are written.
    read: Vec<f32>,
    /// `[w, width]`: the attention's output before its dense layer.
    context: Vec<f32>,
    /// `[w, mlp_width]`
    hidden: Vec<f32>,
    d_queries: Vec<f32>,
    d_keys_values: Vec<f32>,
    /// `[r, width]`
    d_normal: Vec<f32>,
}

/// Resizes `buffer` to `length` numbers of any value: every one is written before it is read.
fn sized(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    buffer.resize(length, 0.0);
    buffer
}

/// `input W + b` into `output`.
fn project(linear: &Linear, input: &[f32], output: &mut [f32]) {
    fill_rows(output, &linear.bias);
    linear.matrix.add_forward(input, output);
}

/// `gradient W^T` into `output`.
fn project_back(linear: &Linear, gradient: &[f32], output: &mut [f32]) {
    output.fill(0.0);
    linear.matrix.add_backward(gradient, output);
}

/// Moves the last row of each sequence to the front and cuts the rest off.
pub fn keep_last(rows: &mut Vec<f32>, positions: usize, width: usize) {
    let sequences = rows.len() / (positions * width);
    for sequence in 0..sequences {
        let last = ((sequence + 1) * positions - 1) * width;
        rows.copy_within(last..last + width, sequence * width);
    }
    rows.truncate(sequences * width);
}

/// The opposite of [`keep_last`]: every row becomes the last of its sequence; the other rows are 0.
pub fn spread_last(rows: &mut Vec<f32>, positions: usize, width: usize) {
    let sequences = rows.len() / width;
    rows.resize(sequences * positions * width, 0.0);
    if positions == 1 {
        return;
    }
    for sequence in (0..sequences).rev() {
        let last = ((sequence + 1) * positions - 1) * width;
        rows.copy_within(sequence * width..(sequence + 1) * width, last);
        rows[sequence * positions * width..last].fill(0.0);
    }
}

/// A layer with everything besides its weights that its arithmetic depends on.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// The model's sizes.
    pub config: &'a Config,
    /// The layer's weights.
    pub layer: &'a Layer,
    /// Rotation tables for the batch's positions.
    pub rotary: &'a Rotary,
    /// The sizes of the batch.
    pub shape: Shape,
}

impl Pass<'_> {
    fn epsilon(&self) -> f32 {
        self.config.norm_epsilon as f32
    }

    /// Runs the layer. `each` sees the outputs of attention and MLP, `[w, width]`, and may change them.
    ///
    /// # Shapes
    /// - hidden: `[r, width]` before, `[w, width]` after
    pub fn forward(
        &self,
        hidden: &mut Vec<f32>,
        kept: &mut Kept,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(SubmoduleKind, &mut [f32]),
    ) {
        let (shape, width) = (self.shape, self.config.width);
        let normal = sized(&mut kept.normal, shape.rows() * width);
        normalise(hidden, width, self.epsilon(), normal, sized(&mut kept.scales, shape.rows()));
        scratch.read.clear();
        scratch.read.extend_from_slice(normal);
        if shape.last {
            keep_last(&mut scratch.read, shape.positions, width);
            keep_last(hidden, shape.positions, width);
        }
        let keys_values = sized(&mut kept.keys_values, shape.rows() * 2 * width);
        project(&self.layer.key_value, &kept.normal, keys_values);
        for (row, keys_values) in keys_values.chunks_exact_mut(2 * width).enumerate() {
            self.rotary.rotate(&mut keys_values[..width], row % shape.positions);
        }
        let queries = sized(&mut kept.queries, shape.query_rows() * width);
        project(&self.layer.query, &scratch.read, queries);
        for (row, query) in queries.chunks_exact_mut(width).enumerate() {
            self.rotary.rotate(query, shape.position(row % shape.queries()));
        }
        let context = sized(&mut scratch.context, shape.query_rows() * width);
        attention::forward(shape, queries, keys_values, sized(&mut kept.patterns, shape.patterns()), context);
        let block = sized(&mut scratch.block, shape.query_rows() * width);
        project(&self.layer.dense, context, block);
        each(SubmoduleKind::Attention, block);
        if self.config.parallel_residual {
            add(hidden, block);
            self.mlp(hidden, kept, scratch, each);
        } else {
            add(hidden, block);
            self.mlp_forward(hidden, kept, scratch, each);
        }
    }

    /// Runs the second half of a sequential layer, whose MLP reads what attention wrote.
    pub fn mlp_forward(
        &self,
        hidden: &mut [f32],
        kept: &mut Kept,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(SubmoduleKind, &mut [f32]),
    ) {
        let width = self.config.width;
        let rows = hidden.len() / width;
        let normal = sized(&mut kept.mlp_normal, rows * width);
        normalise(hidden, width, self.epsilon(), normal, sized(&mut kept.mlp_scales, rows));
        scratch.read.clear();
        scratch.read.extend_from_slice(normal);
        self.mlp(hidden, kept, scratch, each);
    }

    /// Runs the MLP on the normalised rows in `scratch.read` and adds its output to `hidden`.
    fn mlp(&self, hidden: &mut [f32], kept: &mut Kept, scratch: &mut Scratch, each: &mut dyn FnMut(SubmoduleKind, &mut [f32])) {
        let rows = hidden.len() / self.config.width;
        let values = sized(&mut scratch.hidden, rows * self.config.mlp_width);
        project(&self.layer.hidden, &scratch.read, values);
        activate(self.config.activation, values, sized(&mut kept.slopes, rows * self.config.mlp_width));
        let block = sized(&mut scratch.block, rows * self.config.width);
        project(&self.layer.output, values, block);
        each(SubmoduleKind::Mlp, block);
        add(hidden, block);
    }

    /// Takes the gradient with respect to the layer's output back to its input. `each` sees the gradient with respect to the
    /// attention's output.
    ///
    /// # Shapes
    /// - gradient: `[w, width]` before, `[r, width]` after
    pub fn backward(&self, gradient: &mut Vec<f32>, kept: &Kept, scratch: &mut Scratch, each: &mut dyn FnMut(&[f32])) {
        let (shape, width) = (self.shape, self.config.width);
        if !self.config.parallel_residual {
            self.mlp_backward(gradient, kept, scratch);
        }
        each(gradient);
        let context = sized(&mut scratch.context, shape.query_rows() * width);
        project_back(&self.layer.dense, gradient, context);
        let d_queries = sized(&mut scratch.d_queries, shape.query_rows() * width);
        let d_keys_values = sized(&mut scratch.d_keys_values, shape.rows() * 2 * width);
        attention::backward(shape, &kept.queries, &kept.keys_values, &kept.patterns, context, d_queries, d_keys_values);
        for (row, query) in d_queries.chunks_exact_mut(width).enumerate() {
            self.rotary.rotate_back(query, shape.position(row % shape.queries()));
        }
        for (row, keys_values) in d_keys_values.chunks_exact_mut(2 * width).enumerate() {
            self.rotary.rotate_back(&mut keys_values[..width], row % shape.positions);
        }
        // Gradients of the reads at written rows only: queries and, in a parallel layer, the MLP.
        scratch.read.resize(shape.query_rows() * width, 0.0);
        if self.config.parallel_residual {
            self.mlp_d_normal(gradient, kept, &mut scratch.hidden, &mut scratch.read);
        } else {
            scratch.read.fill(0.0);
        }
        self.layer.query.matrix.add_backward(&scratch.d_queries, &mut scratch.read);
        if shape.last {
            spread_last(&mut scratch.read, shape.positions, width);
            spread_last(gradient, shape.positions, width);
        }
        self.layer.key_value.matrix.add_backward(&scratch.d_keys_values, &mut scratch.read);
        add_normalise_backward(&scratch.read, &kept.normal, &kept.scales, width, gradient);
    }

    /// Takes the gradient with respect to the output of a sequential layer's second half back to its input.
    pub fn mlp_backward(&self, gradient: &mut [f32], kept: &Kept, scratch: &mut Scratch) {
        scratch.d_normal.resize(gradient.len(), 0.0);
        self.mlp_d_normal(gradient, kept, &mut scratch.hidden, &mut scratch.d_normal);
        add_normalise_backward(&scratch.d_normal, &kept.mlp_normal, &kept.mlp_scales, self.config.width, gradient);
    }

    /// The gradient with respect to the MLP's normalised input.
    fn mlp_d_normal(&self, gradient: &[f32], kept: &Kept, hidden: &mut Vec<f32>, d_normal: &mut [f32]) {
        let hidden = sized(hidden, gradient.len() / self.config.width * self.config.mlp_width);
        project_back(&self.layer.output, gradient, hidden);
        multiply(hidden, &kept.slopes);
        project_back(&self.layer.hidden, hidden, d_normal);
    }
}

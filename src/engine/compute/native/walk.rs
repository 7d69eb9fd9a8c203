//! The way from some entry of the model to the metric and back, for a few sequences on one thread.

use super::NativeCompute;
use super::attention::Shape;
use super::layer::{Kept, Pass, Scratch};
use super::metric::Direction;
use super::rotary::Rotary;
use super::vector::{add_normalise_backward, normalise};
use super::weights::Layer;
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::dot;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Entry;

/// Buffers of one thread, reused by its tasks.
#[derive(Default)]
pub struct Workspace {
    /// The stream at the entry, `[sequences, positions, width]`; the forward pass replaces it layer by layer.
    pub hidden: Vec<f32>,
    /// The gradient on its way back, in the end with respect to the stream at the entry.
    pub gradient: Vec<f32>,
    /// What the forward pass left in the layers. Where not all layers are kept in memory, the whole ones run forward once more
    /// instead, from the streams in `entering`, and use one of these in turn.
    kept: Vec<Kept>,
    again: Kept,
    /// The stream that entered each layer.
    entering: Vec<Vec<f32>>,
    scratch: Scratch,
    final_normal: Vec<f32>,
    final_scales: Vec<f32>,
    metrics: Vec<f32>,
}

/// Sequences that go through the model together.
pub struct Walk<'a> {
    /// The model that they go through.
    pub compute: &'a NativeCompute,
    /// Rotation tables for `positions`.
    pub rotary: &'a Rotary,
    /// Where the sequences enter.
    pub entry: Entry,
    /// Tokens of each sequence: only the last one if only that reaches the metric.
    pub positions: usize,
    /// Raised when nobody waits for the result any more.
    pub cancel: &'a Cancel,
}

impl Walk<'_> {
    fn pass<'w>(&'w self, index: usize, layer: &'w Layer, sequences: usize) -> Pass<'w> {
        let config = &self.compute.config;
        let last = index + 1 == config.layers;
        let shape = Shape { sequences, positions: self.positions, last, heads: config.heads, head_width: config.head_width };
        Pass { config, layer, rotary: self.rotary, shape }
    }

    fn sequences(&self, workspace: &Workspace) -> usize {
        workspace.hidden.len() / (self.positions * self.compute.config.width)
    }

    /// Runs `workspace.hidden` to the final layer norm; afterwards there may be one backward pass for each metric.
    pub fn forward(&self, workspace: &mut Workspace) -> Result<()> {
        let config = &self.compute.config;
        let sequences = self.sequences(workspace);
        workspace.kept.resize_with(config.layers, Kept::default);
        workspace.entering.resize_with(config.layers, Vec::new);
        let Workspace { hidden, kept, again, entering, scratch, .. } = workspace;
        if let Entry::Mlp(index) = self.entry {
            let layer = self.compute.layer(index, self.cancel)?;
            self.pass(index, &layer, sequences).mlp_forward(hidden, &mut kept[index], scratch, &mut |_, _| {});
        }
        let are_kept = self.compute.weights.layers.are_kept();
        for (index, kept) in kept.iter_mut().enumerate().skip(self.entry.first_layer()) {
            let kept = if are_kept {
                kept
            } else {
                entering[index].clone_from(hidden);
                &mut *again
            };
            let layer = self.compute.layer(index, self.cancel)?;
            self.pass(index, &layer, sequences).forward(hidden, kept, scratch, &mut |_, _| {});
        }
        workspace.final_normal.resize(hidden.len(), 0.0);
        workspace.final_scales.resize(sequences, 0.0);
        let epsilon = config.norm_epsilon as f32;
        normalise(hidden, config.width, epsilon, &mut workspace.final_normal, &mut workspace.final_scales);
        Ok(())
    }

    /// The metric of every sequence, after [`Walk::forward`].
    ///
    /// # Shapes
    /// - directions: one per sequence, see [`Direction::folded`]
    pub fn metrics<'w>(&self, workspace: &'w mut Workspace, directions: &[Direction]) -> &'w [f32] {
        let normal = workspace.final_normal.chunks_exact(self.compute.config.width);
        workspace.metrics.clear();
        workspace
            .metrics
            .extend(normal.zip(directions).map(|(normal, direction)| dot(normal, &direction.folded) + direction.shift));
        &workspace.metrics
    }

    /// Passes the gradient of every sequence's metric back to the entry: `workspace.gradient` is then the gradient with respect
    /// to the stream there, `[sequences, positions, width]`. `each` sees the gradients with respect to the outputs of the
    /// submodules on the way; those of the last layer hold only the last position, `[sequences, width]`.
    pub fn backward(
        &self,
        workspace: &mut Workspace,
        directions: &[&Direction],
        each: &mut dyn FnMut(Submodule, &[f32]),
    ) -> Result<()> {
        let config = &self.compute.config;
        let (width, sequences) = (config.width, directions.len());
        let Workspace { hidden, gradient, kept, again, entering, scratch, final_normal, final_scales, .. } = workspace;
        let upstream: Vec<f32> = directions.iter().flat_map(|direction| &direction.folded).copied().collect();
        gradient.clear();
        gradient.resize(sequences * width, 0.0);
        add_normalise_backward(&upstream, final_normal, final_scales, width, gradient);
        let are_kept = self.compute.weights.layers.are_kept();
        for index in (self.entry.first_layer()..config.layers).rev() {
            let layer = self.compute.layer(index, self.cancel)?;
            let pass = self.pass(index, &layer, sequences);
            each(Submodule::new(SubmoduleKind::Residual, index), gradient);
            each(Submodule::new(SubmoduleKind::Mlp, index), gradient);
            let kept = if are_kept {
                &kept[index]
            } else {
                hidden.clone_from(&entering[index]);
                pass.forward(hidden, again, scratch, &mut |_, _| {});
                &*again
            };
            pass.backward(gradient, kept, scratch, &mut |gradient| {
                each(Submodule::new(SubmoduleKind::Attention, index), gradient);
            });
        }
        if let Entry::Mlp(index) = self.entry {
            let layer = self.compute.layer(index, self.cancel)?;
            self.pass(index, &layer, sequences).mlp_backward(gradient, &kept[index], scratch);
        }
        Ok(())
    }
}

//! The way from some point of the model to the metric and back, for a few sequences on one thread.

use super::NativeCompute;
use super::attention::Shape;
use super::layer::{Kept, Pass, Scratch, keep_last};
use super::rotary::Rotary;
use super::vector::{add_normalise_backward, normalise};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::dot;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Trace;

/// Where a walk enters the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The residual stream that enters this layer; after the last layer, what the final layer norm reads.
    Layer(usize),
    /// The stream between attention and MLP of this layer, in a model whose layers are sequential.
    Mlp(usize),
}

impl Entry {
    /// Where what is added to `submodule`'s output comes out of it: the sum of the streams is what the rest of the model reads.
    pub fn after(submodule: Submodule, parallel_residual: bool) -> Self {
        match submodule.kind {
            SubmoduleKind::Attention if !parallel_residual => Self::Mlp(submodule.layer.0),
            _ => Self::Layer(submodule.layer.0 + 1),
        }
    }

    /// Appends what passes here in the run `base`, for example `example`, to `target`.
    pub fn append_stream(self, base: &Trace, example: usize, target: &mut Vec<f32>) {
        let below = |layer: usize| {
            if layer == 0 { &base.embedding } else { base.output(Submodule::new(SubmoduleKind::Residual, layer - 1)) }
        };
        match self {
            Self::Layer(layer) => target.extend_from_slice(below(layer).example(example)),
            Self::Mlp(layer) => {
                let attention = base.output(Submodule::new(SubmoduleKind::Attention, layer));
                let pairs = below(layer).example(example).iter().zip(attention.example(example));
                target.extend(pairs.map(|(below, attention)| below + attention));
            }
        }
    }
}

/// Buffers of one thread.
#[derive(Default)]
pub struct Workspace {
    /// The stream at the entry, `[sequences, positions, width]`, then of layer after layer.
    pub hidden: Vec<f32>,
    /// The gradient that comes back.
    pub gradient: Vec<f32>,
    kept: Vec<Kept>,
    scratch: Scratch,
    final_normal: Vec<f32>,
    final_scales: Vec<f32>,
    metrics: Vec<f32>,
}

/// Sequences that walk together.
pub struct Walk<'a> {
    /// The model.
    pub compute: &'a NativeCompute,
    /// Tables for `positions`.
    pub rotary: &'a Rotary,
    /// Where they enter.
    pub entry: Entry,
    /// Tokens of each sequence.
    pub positions: usize,
    /// Raised when nobody waits any more.
    pub cancel: &'a Cancel,
}

impl Walk<'_> {
    fn pass(&self, layer: usize, sequences: usize) -> Pass<'_> {
        let config = &self.compute.config;
        let last = layer + 1 == config.layers;
        let shape = Shape { sequences, positions: self.positions, last, heads: config.heads, head_width: config.head_width() };
        Pass { config, layer: &self.compute.weights.layers[layer], rotary: self.rotary, shape }
    }

    fn sequences(&self, workspace: &Workspace) -> usize {
        workspace.hidden.len() / (self.positions * self.compute.config.width)
    }

    /// Runs `workspace.hidden` to the final layer norm; backward passes may follow, as many as there are metrics.
    pub fn forward(&self, workspace: &mut Workspace) -> Result<()> {
        let config = &self.compute.config;
        let sequences = self.sequences(workspace);
        workspace.kept.resize_with(config.layers, Kept::default);
        let Workspace { hidden, kept, scratch, .. } = workspace;
        let first = match self.entry {
            Entry::Layer(layer) => layer,
            Entry::Mlp(layer) => {
                if layer + 1 == config.layers {
                    keep_last(hidden, self.positions, config.width);
                }
                self.pass(layer, sequences).mlp_forward(hidden, &mut kept[layer], scratch, &mut |_, _| {});
                layer + 1
            }
        };
        for (layer, kept) in kept.iter_mut().enumerate().skip(first) {
            self.cancel.check()?;
            self.pass(layer, sequences).forward(hidden, kept, scratch, &mut |_, _| {});
        }
        // Otherwise the last layer that ran kept only these.
        if self.entry == Entry::Layer(config.layers) {
            keep_last(hidden, self.positions, config.width);
        }
        workspace.final_normal.resize(hidden.len(), 0.0);
        workspace.final_scales.resize(sequences, 0.0);
        let epsilon = config.layer_norm_epsilon as f32;
        normalise(hidden, config.width, epsilon, &mut workspace.final_normal, &mut workspace.final_scales);
        Ok(())
    }

    /// The metric of every sequence, after [`Walk::forward`].
    ///
    /// # Shapes
    /// - directions: as [`super::metric::Direction::folded`], one per sequence
    pub fn metrics<'w>(&self, workspace: &'w mut Workspace, directions: &[&super::metric::Direction]) -> &'w [f32] {
        let normal = workspace.final_normal.chunks_exact(self.compute.config.width);
        workspace.metrics.clear();
        workspace
            .metrics
            .extend(normal.zip(directions).map(|(normal, direction)| dot(normal, &direction.folded) + direction.shift));
        &workspace.metrics
    }

    /// Goes back with the gradient of the metric of every sequence. `workspace.gradient` is then that with respect to the stream at
    /// the entry, `[sequences, positions, width]`. `each` sees the gradients with respect to the outputs of the submodules on the way,
    /// of the last layer only at the last position: `[sequences, width]`.
    pub fn backward(
        &self,
        workspace: &mut Workspace,
        directions: &[&super::metric::Direction],
        each: &mut dyn FnMut(Submodule, &[f32]),
    ) -> Result<()> {
        let config = &self.compute.config;
        let (width, sequences) = (config.width, directions.len());
        let Workspace { gradient, kept, scratch, final_normal, final_scales, .. } = workspace;
        let upstream: Vec<f32> = directions.iter().flat_map(|direction| &direction.folded).copied().collect();
        gradient.clear();
        gradient.resize(sequences * width, 0.0);
        add_normalise_backward(&upstream, final_normal, final_scales, width, gradient);
        let first = match self.entry {
            Entry::Layer(layer) => layer,
            Entry::Mlp(layer) => layer + 1,
        };
        for layer in (first..config.layers).rev() {
            self.cancel.check()?;
            each(Submodule::new(SubmoduleKind::Residual, layer), gradient);
            each(Submodule::new(SubmoduleKind::Mlp, layer), gradient);
            self.pass(layer, sequences).backward(gradient, &kept[layer], scratch, &mut |gradient| {
                each(Submodule::new(SubmoduleKind::Attention, layer), gradient);
            });
        }
        if let Entry::Mlp(layer) = self.entry {
            self.pass(layer, sequences).mlp_backward(gradient, &kept[layer], scratch);
        }
        if gradient.len() < sequences * self.positions * width {
            super::layer::spread_last(gradient, self.positions, width);
        }
        Ok(())
    }
}

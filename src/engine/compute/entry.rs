//! Where a change of a submodule's output enters the rest of the model.

use std::borrow::Cow;

use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::Trace;
use crate::engine::model::config::Config;

/// A place between two blocks: the stream there is all that the rest of the model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The residual stream that enters this layer; after the last layer, what the final layer norm reads.
    Layer(usize),
    /// The stream between attention and MLP of this layer, in a model whose layers are sequential.
    Mlp(usize),
}

impl Entry {
    /// The first entry after `submodule`. A change of an output changes the stream there by the same amount, and the stream is all
    /// that the rest of the model reads. What lies inside of attention or MLP changes it by what the block makes of the change.
    pub fn after(submodule: Submodule, config: &Config) -> Self {
        match submodule.kind {
            SubmoduleKind::Embedding => Self::Layer(0),
            SubmoduleKind::Attention | SubmoduleKind::Heads | SubmoduleKind::AttentionBeforeNorm if !config.parallel_residual => {
                Self::Mlp(submodule.layer.0)
            }
            _ => Self::Layer(submodule.layer.0 + 1),
        }
    }

    /// The entry of the final layer norm.
    pub fn end(config: &Config) -> Self {
        Self::Layer(config.layers)
    }

    /// The first layer that runs as a whole from this entry on.
    pub fn first_layer(self) -> usize {
        match self {
            Self::Layer(layer) => layer,
            Self::Mlp(layer) => layer + 1,
        }
    }

    /// Whether no attention follows. Then the metric, which reads the last position, depends on that position alone.
    pub fn is_above_attention(self, config: &Config) -> bool {
        self.first_layer() == config.layers
    }

    /// The positions of an array `[positions, width]` that the metric depends on from this entry on.
    pub fn reaching<'a>(self, values: &'a [f32], config: &Config) -> &'a [f32] {
        if self.is_above_attention(config) { &values[values.len() - config.width..] } else { values }
    }

    /// The stream at this entry in the run `trace`, at the positions that the metric depends on.
    pub fn stream<'a>(self, trace: &'a Trace, config: &Config) -> Cow<'a, [f32]> {
        match self {
            Self::Layer(layer) => Cow::Borrowed(self.reaching(trace.entering(layer), config)),
            Self::Mlp(layer) => {
                let attention = trace.output(Submodule::new(SubmoduleKind::Attention, layer));
                let below = self.reaching(trace.entering(layer), config).iter();
                Cow::Owned(below.zip(self.reaching(attention, config)).map(|(below, attention)| below + attention).collect())
            }
        }
    }
}

/// Whether the output `earlier` is read on the way to the output `later`.
pub fn feeds(earlier: Submodule, later: Submodule, config: &Config) -> bool {
    use SubmoduleKind::{Attention, Embedding, Mlp, Residual};
    if [earlier.kind, later.kind].contains(&Embedding) {
        return later.kind != Embedding;
    }
    if earlier.layer != later.layer {
        return earlier.layer < later.layer;
    }
    match (earlier.kind, later.kind) {
        (Attention, Mlp) => !config.parallel_residual,
        (Attention | Mlp, Residual) => true,
        _ => false,
    }
}

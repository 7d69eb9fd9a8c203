//! The places in a model whose activations can be read, replaced and differentiated.

use crate::core::submodule::{Submodule, SubmoduleKind};

/// A place in a model, in the words of the models' own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site {
    /// The outputs of the attention heads side by side, before the output projection (`z`), `[.., heads * head_width]`.
    Heads(usize),
    /// The attention's output before the norm that follows it; only in models that have one.
    AttentionBeforeNorm(usize),
    /// The MLP's output before the norm that follows it; only in models that have one.
    MlpBeforeNorm(usize),
    /// What attention or MLP add to the stream, or the stream that leaves a layer.
    Output(Submodule),
}

impl Site {
    /// What the attention of layer `layer` adds to the stream.
    pub fn attention(layer: usize) -> Self {
        Self::Output(Submodule::new(SubmoduleKind::Attention, layer))
    }

    /// What the MLP of layer `layer` adds to the stream.
    pub fn mlp(layer: usize) -> Self {
        Self::Output(Submodule::new(SubmoduleKind::Mlp, layer))
    }

    /// The layer that the place is in.
    pub fn layer(self) -> usize {
        match self {
            Self::Heads(layer) | Self::AttentionBeforeNorm(layer) | Self::MlpBeforeNorm(layer) => layer,
            Self::Output(submodule) => submodule.layer.0,
        }
    }

    /// The stream that leaves layer `layer`.
    pub fn residual(layer: usize) -> Self {
        Self::Output(Submodule::new(SubmoduleKind::Residual, layer))
    }
}

//! Activations inside of a layer: what dictionaries read and write beside the outputs of attention, MLP and layers.

use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::model::config::Config;
use crate::engine::model::site::Site;

/// An activation inside of a layer, with the number of the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inner {
    /// The outputs of the attention heads side by side, before the output projection.
    Heads(usize),
    /// The attention's output before the norm that follows it.
    AttentionBeforeNorm(usize),
    /// The MLP's output before the norm that follows it.
    MlpBeforeNorm(usize),
    /// The residual stream that the MLP reads, before its norm.
    MlpStream(usize),
    /// What the MLP reads, after its norm.
    MlpInput(usize),
    /// What the MLP reads, without the gain and bias of its norm.
    MlpNormalised(usize),
}

impl Inner {
    /// The activation at `submodule`; None if that is an output or the embedding.
    pub fn of(submodule: Submodule) -> Option<Self> {
        let layer = submodule.layer.0;
        match submodule.kind {
            SubmoduleKind::Heads => Some(Self::Heads(layer)),
            SubmoduleKind::AttentionBeforeNorm => Some(Self::AttentionBeforeNorm(layer)),
            SubmoduleKind::MlpBeforeNorm => Some(Self::MlpBeforeNorm(layer)),
            SubmoduleKind::Attention | SubmoduleKind::Mlp | SubmoduleKind::Residual | SubmoduleKind::Embedding => None,
        }
    }

    /// The number of the layer.
    pub fn layer(self) -> usize {
        match self {
            Self::Heads(layer)
            | Self::AttentionBeforeNorm(layer)
            | Self::MlpBeforeNorm(layer)
            | Self::MlpStream(layer)
            | Self::MlpInput(layer)
            | Self::MlpNormalised(layer) => layer,
        }
    }

    /// The site whose activation it is; None for what is only read.
    pub fn site(self) -> Option<Site> {
        match self {
            Self::Heads(layer) => Some(Site::Heads(layer)),
            Self::AttentionBeforeNorm(layer) => Some(Site::AttentionBeforeNorm(layer)),
            Self::MlpBeforeNorm(layer) => Some(Site::MlpBeforeNorm(layer)),
            Self::MlpStream(_) | Self::MlpInput(_) | Self::MlpNormalised(_) => None,
        }
    }

    /// The output that the activation becomes.
    pub fn output(self) -> Submodule {
        let kind = match self {
            Self::Heads(_) | Self::AttentionBeforeNorm(_) => SubmoduleKind::Attention,
            Self::MlpBeforeNorm(_) | Self::MlpStream(_) | Self::MlpInput(_) | Self::MlpNormalised(_) => SubmoduleKind::Mlp,
        };
        Submodule::new(kind, self.layer())
    }

    /// Whether the output is affine in the activation: the heads are projected, and no norm follows.
    pub fn is_affine(self, config: &Config) -> bool {
        matches!(self, Self::Heads(_)) && !config.output_norms
    }

    /// The activation's width.
    pub fn width(self, config: &Config) -> usize {
        if matches!(self, Self::Heads(_)) { config.heads * config.head_width } else { config.width }
    }
}

//! What of a host model decides where a dictionary can read and write, and the checks of a dictionary against it.

use super::arithmetic::Frame;
use super::place::Place;
use super::{Dictionary, Format};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::model::config::{Config, NormKind};

/// The places of a model and their widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Width of the attention heads side by side.
    pub heads_width: usize,
    /// Whether the embedding of a token's position is added to the token's.
    pub learned_positions: bool,
    /// Whether norms follow attention and MLP.
    pub output_norms: bool,
    /// The kind of all norms.
    pub norm: NormKind,
}

impl Host {
    /// The places of the model that `config` describes.
    pub fn of(config: &Config) -> Self {
        Self {
            layers: config.layers,
            width: config.width,
            heads_width: config.heads * config.head_width,
            learned_positions: config.learned_positions,
            output_norms: config.output_norms,
            norm: config.norm,
        }
    }

    /// A model with layer norms before its blocks alone and heads as wide as the stream, as all of GPT-NeoX.
    pub fn plain(layers: usize, width: usize) -> Self {
        let norm = NormKind::Layer;
        Self { layers, width, heads_width: width, learned_positions: false, output_norms: false, norm }
    }

    /// Every submodule of the model that may have a dictionary, in order.
    pub fn submodules(&self) -> Vec<Submodule> {
        let is_before_norm =
            |kind| matches!(kind, SubmoduleKind::AttentionBeforeNorm | SubmoduleKind::MlpBeforeNorm) && !self.output_norms;
        Submodule::places(self.layers).into_iter().filter(|submodule| !is_before_norm(submodule.kind)).collect()
    }

    /// The width of the activation at `submodule`.
    pub fn width_at(&self, submodule: Submodule) -> usize {
        if submodule.kind == SubmoduleKind::Heads { self.heads_width } else { self.width }
    }
}

impl Dictionary {
    /// The dictionary with its places in the words of this model, where formats leave them to the model.
    ///
    /// # Errors
    /// When it cannot be used on such a model.
    pub fn in_model(mut self, host: &Host) -> Result<Self> {
        self.expect_frame(host)?;
        if matches!(self.reads, Place::Heads(_)) {
            // Centred writing weights change what heads write, not the heads.
            self.arithmetic.frame = Frame::Raw;
        }
        self.reads = self.place_in(host, &self.reads)?;
        self.writes = self.place_in(host, &self.writes)?;
        Ok(self)
    }

    /// The submodule whose activation the dictionary decomposes; None if no submodule has what it writes, or it is not known.
    pub fn belongs_to(&self) -> Option<Submodule> {
        match self.writes {
            Place::Output(submodule) => Some(submodule),
            Place::Start => Some(Submodule::EMBEDDING),
            Place::Heads(layer) => Some(Submodule::new(SubmoduleKind::Heads, layer)),
            _ => None,
        }
    }

    /// Fails if the dictionary was trained in a frame that is none of this model.
    pub fn expect_frame(&self, host: &Host) -> Result<()> {
        if self.arithmetic.frame != Frame::Centred {
            return Ok(());
        }
        let refused = |what: &str, remedy: &str| Err(Problem::new(&self.name, what, remedy));
        if host.norm == NormKind::Rms {
            return refused(
                "reads activations without their mean (center_writing_weights), but this model's norms (RMSNorm) do not subtract the \
                 mean: without it the model is another one",
                "TransformerLens leaves such weights as they are, with a warning: if it was trained there, set center_writing_weights to \
                 false in its cfg.json",
            );
        }
        if self.is_transcoder() {
            let what = "reads activations of a model with center_writing_weights, which is not proven for a transcoder";
            return refused(what, "give a transcoder of the raw frame");
        }
        Ok(())
    }

    fn place_in(&self, host: &Host, place: &Place) -> Result<Place> {
        Ok(match place {
            Place::Embedding if host.learned_positions => {
                return Err(Problem::new(
                    &self.name,
                    "was trained on the token embedding without positions, which this model adds before layer 0",
                    "supported in models that learn no positions: give a dictionary of hook_resid_pre of layer 0",
                ));
            }
            Place::Embedding => Place::Start,
            // sparsify hooks modules, and the norms that follow them are others.
            Place::Output(submodule) if host.output_norms && self.format == Format::Sparsify => {
                let kind = match submodule.kind {
                    SubmoduleKind::Attention => SubmoduleKind::AttentionBeforeNorm,
                    SubmoduleKind::Mlp => SubmoduleKind::MlpBeforeNorm,
                    other => other,
                };
                Place::output(kind, submodule.layer.0)
            }
            // TransformerLens puts its hook behind gain and bias of layer norms, unless these were folded into the next weights.
            Place::MlpNormalised(layer)
                if self.format == Format::SaeLens && host.norm == NormKind::Layer && !self.stated.folds_norms =>
            {
                Place::MlpInput(*layer)
            }
            other => other.clone(),
        })
    }
}

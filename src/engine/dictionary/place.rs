//! Places in a language model that dictionaries read and write, and the names that files give them.

use std::fmt;

use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::excerpt;

/// A place in a language model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The token embedding, without positions.
    Embedding,
    /// The residual stream that enters layer 0.
    Start,
    /// What a submodule puts out: for attention and MLP what is added to the residual stream, after a norm if the model has one
    /// there.
    Output(Submodule),
    /// The residual stream between the attention and the MLP of a layer.
    Middle(usize),
    /// The outputs of a layer's attention heads side by side, before the output projection.
    Heads(usize),
    /// The residual stream that the MLP of a layer reads, before its norm.
    MlpStream(usize),
    /// What the MLP of a layer reads, after its norm.
    MlpInput(usize),
    /// What the MLP of a layer reads, without the gain and bias of the norm before it.
    MlpNormalised(usize),
    /// A place by a name that is not known; empty if the files say none.
    Unknown(String),
}

impl Place {
    /// The place that TransformerLens calls `hook`, as in SAELens's configurations. Its `hook_mlp_in` lies before the MLP's norm
    /// (`transformer_lens/components/transformer_block.py`).
    pub fn of_hook(hook: &str) -> Self {
        let unknown = || Self::Unknown(hook.to_owned());
        if hook == "hook_embed" {
            return Self::Embedding;
        }
        let Some((layer, name)) = hook.strip_prefix("blocks.").and_then(numbered) else { return unknown() };
        match name {
            "hook_resid_pre" if layer == 0 => Self::Start,
            "hook_resid_pre" => Self::output(SubmoduleKind::Residual, layer - 1),
            "hook_resid_post" => Self::output(SubmoduleKind::Residual, layer),
            "hook_attn_out" => Self::output(SubmoduleKind::Attention, layer),
            "hook_mlp_out" => Self::output(SubmoduleKind::Mlp, layer),
            "hook_resid_mid" => Self::Middle(layer),
            "attn.hook_z" => Self::Heads(layer),
            "hook_mlp_in" => Self::MlpStream(layer),
            "ln2.hook_normalized" => Self::MlpNormalised(layer),
            _ => unknown(),
        }
    }

    /// The place that transformers's Gemma models call `name`, as in the configurations of Gemma Scope 2.
    pub fn of_gemma(name: &str) -> Self {
        let unknown = || Self::Unknown(name.to_owned());
        let Some((layer, part)) = name.strip_prefix("model.layers.").and_then(numbered) else { return unknown() };
        match part {
            "output" => Self::output(SubmoduleKind::Residual, layer),
            "self_attn.o_proj.input" => Self::Heads(layer),
            "post_attention_layernorm.output" => Self::output(SubmoduleKind::Attention, layer),
            "post_feedforward_layernorm.output" => Self::output(SubmoduleKind::Mlp, layer),
            "pre_feedforward_layernorm.output" => Self::MlpInput(layer),
            _ => unknown(),
        }
    }

    /// What `kind` puts out in layer `layer`.
    pub fn output(kind: SubmoduleKind, layer: usize) -> Self {
        Self::Output(Submodule::new(kind, layer))
    }

    /// The activation at `submodule`.
    pub fn of_submodule(submodule: Submodule) -> Self {
        match submodule.kind {
            SubmoduleKind::Embedding => Self::Start,
            SubmoduleKind::Heads => Self::Heads(submodule.layer.0),
            _ => Self::Output(submodule),
        }
    }

    /// Whether files that say this place may mean `submodule`: some of them leave to the model what positions and norms make of it.
    pub fn may_be(&self, submodule: Submodule) -> bool {
        let layer = submodule.layer.0;
        *self == Self::of_submodule(submodule)
            || match submodule.kind {
                SubmoduleKind::Embedding => *self == Self::Embedding,
                SubmoduleKind::AttentionBeforeNorm => *self == Self::output(SubmoduleKind::Attention, layer),
                SubmoduleKind::MlpBeforeNorm => *self == Self::output(SubmoduleKind::Mlp, layer),
                _ => false,
            }
    }

    /// Whether files say that the MLP of layer `layer` reads this place.
    pub fn is_read_by_mlp(&self, layer: usize) -> bool {
        [Self::MlpStream(layer), Self::MlpInput(layer), Self::MlpNormalised(layer)].contains(self)
    }

    /// Whether the files say a place at all.
    pub fn is_said(&self) -> bool {
        !matches!(self, Self::Unknown(name) if name.is_empty())
    }
}

/// The number before the first dot, and what follows.
fn numbered(text: &str) -> Option<(usize, &str)> {
    let (layer, rest) = text.split_once('.')?;
    Some((layer.parse().ok()?, rest))
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedding => write!(formatter, "the token embedding"),
            Self::Start => write!(formatter, "the residual stream that enters layer 0"),
            Self::Output(submodule) => write!(formatter, "{submodule}"),
            Self::Middle(layer) => write!(formatter, "the residual stream in the middle of layer {layer}"),
            Self::Heads(layer) => write!(formatter, "the attention heads of layer {layer} before their output projection"),
            Self::MlpStream(layer) => write!(formatter, "the stream that the MLP of layer {layer} reads, before its norm"),
            Self::MlpInput(layer) => write!(formatter, "what the MLP of layer {layer} reads"),
            Self::MlpNormalised(layer) => write!(formatter, "what the MLP of layer {layer} reads, without the norm's gain"),
            Self::Unknown(name) if name.is_empty() => write!(formatter, "a place that its files do not say"),
            Self::Unknown(name) => write!(formatter, "'{}'", excerpt(name, 80)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_place_are_equal_and_others_are_not() {
        let said = |place: Place| place.to_string();
        assert_eq!(Place::of_hook("blocks.3.hook_resid_pre"), Place::of_hook("blocks.2.hook_resid_post"));
        assert_eq!(Place::of_gemma("model.layers.1.output"), Place::of_hook("blocks.1.hook_resid_post"));
        assert_eq!(said(Place::of_hook("blocks.10.hook_mlp_out")), "mlp_10");
        assert_eq!(Place::of_hook("blocks.0.hook_resid_pre"), Place::Start);
        assert_ne!(Place::of_hook("blocks.1.ln2.hook_normalized"), Place::of_hook("blocks.1.hook_mlp_in"));
        for unknown in ["blocks.x.hook_mlp_out", "blocks.1.hook_new", "", "model.layers.1.output"] {
            assert_eq!(Place::of_hook(unknown), Place::Unknown(unknown.to_owned()));
        }
    }
}

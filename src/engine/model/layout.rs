//! Where the weights of each family lie in its files: names of tensors as transformers writes them, their order and orientation.

use super::config::{Config, Family, NormKind};

/// How queries, keys and values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKeyValue {
    /// One layer with query, key and value of each head side by side.
    PerHead(&'static str),
    /// One layer with all queries, then all keys, then all values.
    Thirds(&'static str),
    /// Three layers: queries, keys, values.
    Separate([&'static str; 3]),
}

impl QueryKeyValue {
    /// The names of the layers.
    pub fn names(self) -> Vec<&'static str> {
        match self {
            Self::PerHead(name) | Self::Thirds(name) => vec![name],
            Self::Separate(names) => names.to_vec(),
        }
    }
}

/// The names of the tensors of a family. Names in a layer follow `layers` and the layer's number, and `.weight` or `.bias`
/// follows them.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// In front of every name but that of an unembedding of its own; files of the bare model lack it.
    pub prefix: &'static str,
    /// The token embedding, `[vocabulary, width]`.
    pub embedding: &'static str,
    /// The embedding of positions, `[context, width]`.
    pub positions: Option<&'static str>,
    /// The norm before the unembedding.
    pub final_norm: &'static str,
    /// In front of a layer's number.
    pub layers: &'static str,
    /// The norm of what attention reads.
    pub attention_norm: &'static str,
    /// The norm of what attention writes.
    pub attention_output_norm: Option<&'static str>,
    /// The norm of what the MLP reads.
    pub mlp_norm: &'static str,
    /// The norm of what the MLP writes.
    pub mlp_output_norm: Option<&'static str>,
    /// Queries, keys and values.
    pub query_key_value: QueryKeyValue,
    /// The norms of each head's queries and keys.
    pub head_norms: Option<[&'static str; 2]>,
    /// The attention's output projection.
    pub attention_output: &'static str,
    /// The MLP's first layer; of a gated MLP the gate, then the layer beside it.
    pub mlp_input: &'static [&'static str],
    /// The MLP's second layer.
    pub mlp_output: &'static str,
    /// Whether linear layers are stored `[inputs, outputs]` instead of `[outputs, inputs]`.
    pub inputs_first: bool,
    /// What is added to the stored gains of norms.
    pub gain_offset: f32,
    /// Names of an unembedding of its own, without prefix: the same tensor under the names of different versions.
    pub unembedding: &'static [&'static str],
    /// Tensors of a layer that old files hold and that are computed instead.
    pub buffers: &'static [&'static str],
}

const GPT_NEOX: Layout = Layout {
    prefix: "gpt_neox.",
    embedding: "embed_in",
    positions: None,
    final_norm: "final_layer_norm",
    layers: "layers",
    attention_norm: "input_layernorm",
    attention_output_norm: None,
    mlp_norm: "post_attention_layernorm",
    mlp_output_norm: None,
    query_key_value: QueryKeyValue::PerHead("attention.query_key_value"),
    head_norms: None,
    attention_output: "attention.dense",
    mlp_input: &["mlp.dense_h_to_4h"],
    mlp_output: "mlp.dense_4h_to_h",
    inputs_first: false,
    gain_offset: 0.0,
    unembedding: &["embed_out.weight", "lm_head.weight"],
    buffers: &["attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq"],
};

const GPT2: Layout = Layout {
    prefix: "transformer.",
    embedding: "wte",
    positions: Some("wpe"),
    final_norm: "ln_f",
    layers: "h",
    attention_norm: "ln_1",
    attention_output_norm: None,
    mlp_norm: "ln_2",
    mlp_output_norm: None,
    query_key_value: QueryKeyValue::Thirds("attn.c_attn"),
    head_norms: None,
    attention_output: "attn.c_proj",
    mlp_input: &["mlp.c_fc"],
    mlp_output: "mlp.c_proj",
    inputs_first: true,
    gain_offset: 0.0,
    unembedding: &["lm_head.weight"],
    buffers: &["attn.bias", "attn.masked_bias"],
};

const LLAMA: Layout = Layout {
    prefix: "model.",
    embedding: "embed_tokens",
    positions: None,
    final_norm: "norm",
    layers: "layers",
    attention_norm: "input_layernorm",
    attention_output_norm: None,
    mlp_norm: "post_attention_layernorm",
    mlp_output_norm: None,
    query_key_value: QueryKeyValue::Separate(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    head_norms: None,
    attention_output: "self_attn.o_proj",
    mlp_input: &["mlp.gate_proj", "mlp.up_proj"],
    mlp_output: "mlp.down_proj",
    inputs_first: false,
    gain_offset: 0.0,
    unembedding: &["lm_head.weight"],
    buffers: &["self_attn.rotary_emb.inv_freq"],
};

const GEMMA2: Layout = Layout {
    attention_output_norm: Some("post_attention_layernorm"),
    mlp_norm: "pre_feedforward_layernorm",
    mlp_output_norm: Some("post_feedforward_layernorm"),
    gain_offset: 1.0,
    ..LLAMA
};

const QWEN3: Layout = Layout { head_norms: Some(["self_attn.q_norm", "self_attn.k_norm"]), ..LLAMA };

impl Layout {
    /// The layout of the files of `family`.
    pub fn of(family: Family) -> &'static Self {
        match family {
            Family::GptNeoX => &GPT_NEOX,
            Family::Gpt2 => &GPT2,
            Family::Gemma2 => &GEMMA2,
            Family::Llama | Family::Qwen2 => &LLAMA,
            Family::Qwen3 => &QWEN3,
        }
    }

    /// Whether a model with `config` has the tensor `name`, which stands behind the prefix, or may have it unread.
    pub fn has(&self, config: &Config, name: &str) -> bool {
        let numbered = name.strip_prefix(self.layers).and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
        if let Some((layer, part)) = numbered {
            return layer.parse::<usize>().is_ok_and(|layer| layer < config.layers) && self.has_in_layer(config, part);
        }
        let is_of = |part: &str, kinds: &[&str]| {
            name.strip_prefix(part).and_then(|rest| rest.strip_prefix('.')).is_some_and(|kind| kinds.contains(&kind))
        };
        is_of(self.embedding, &["weight"])
            || self.positions.is_some_and(|part| is_of(part, &["weight"]))
            || is_of(self.final_norm, if norms_have_bias(config) { &["weight", "bias"] } else { &["weight"] })
    }

    fn has_in_layer(&self, config: &Config, part: &str) -> bool {
        if self.buffers.contains(&part) {
            return true;
        }
        let Some((part, kind)) = part.rsplit_once('.') else { return false };
        let bias = if [Some(self.attention_norm), Some(self.mlp_norm), self.attention_output_norm, self.mlp_output_norm]
            .contains(&Some(part))
            || self.head_norms.is_some_and(|names| names.contains(&part))
        {
            norms_have_bias(config)
        } else if self.query_key_value.names().contains(&part) {
            config.biases.query_key_value
        } else if part == self.attention_output {
            config.biases.attention_output
        } else if self.mlp_input.contains(&part) || part == self.mlp_output {
            config.biases.mlp
        } else {
            return false;
        };
        kind == "weight" || (kind == "bias" && bias)
    }
}

fn norms_have_bias(config: &Config) -> bool {
    config.norm == NormKind::Layer
}

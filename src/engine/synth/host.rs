//! Host models of other families with random weights, in the files that these have on the hub.

use std::io::{self, Write};

use half::bf16;
use serde_json::{Map, Value, json};

use super::stream::header;
use crate::engine::model::config::{Config, NormKind};
use crate::engine::model::layout::{Layout, QueryKeyValue};
use crate::engine::random::Random;

/// Numbers that are drawn before they are written.
const AT_ONCE: usize = 1 << 16;

/// The elements of a model's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// F32, as GPT-2's.
    F32,
    /// BF16, as Gemma's.
    Bf16,
}

/// What is published for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Dictionaries of every layer's output in SAELens's format, centred and with BOS, as res-jb.
    Residual,
    /// Gemma Scope's three dictionaries of one layer.
    GemmaScope {
        /// The layer.
        layer: usize,
    },
}

/// A host model and its dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// The name on the command line.
    pub name: &'static str,
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Number of attention heads.
    pub heads: usize,
    /// Number of heads that have keys and values of their own.
    pub key_value_heads: usize,
    /// Width of one head.
    pub head_width: usize,
    /// Width of the MLP's hidden layer.
    pub mlp_width: usize,
    /// Number of tokens in the vocabulary.
    pub vocabulary: usize,
    /// The elements of the model's file.
    pub element: Element,
    /// The dictionaries.
    pub published: Published,
    /// Number of features of each dictionary.
    pub features: usize,
    /// Approximate number of active features of a token.
    pub active: usize,
}

impl Host {
    /// The hosts: two published models, and one of each kind for tests.
    pub const ALL: [Self; 4] = [
        Self {
            name: "gpt2-small",
            layers: 12,
            width: 768,
            heads: 12,
            key_value_heads: 12,
            head_width: 64,
            mlp_width: 3072,
            vocabulary: 50_257,
            element: Element::F32,
            published: Published::Residual,
            features: 24_576,
            active: 50,
        },
        Self {
            name: "gemma-2-2b",
            layers: 26,
            width: 2304,
            heads: 8,
            key_value_heads: 4,
            head_width: 256,
            mlp_width: 9216,
            vocabulary: 256_000,
            element: Element::Bf16,
            published: Published::GemmaScope { layer: 12 },
            features: 16_384,
            active: 82,
        },
        Self {
            name: "tiny-gpt2",
            layers: 2,
            width: 32,
            heads: 4,
            key_value_heads: 4,
            head_width: 8,
            mlp_width: 128,
            vocabulary: 320,
            element: Element::F32,
            published: Published::Residual,
            features: 256,
            active: 20,
        },
        Self {
            name: "tiny-gemma2",
            layers: 2,
            width: 36,
            heads: 4,
            key_value_heads: 2,
            head_width: 12,
            mlp_width: 72,
            vocabulary: 320,
            element: Element::Bf16,
            published: Published::GemmaScope { layer: 1 },
            features: 256,
            active: 20,
        },
    ];

    /// The token in front of prompts.
    pub fn bos(self) -> u32 {
        match self.published {
            Published::Residual => self.vocabulary as u32 - 1,
            Published::GemmaScope { .. } => 2,
        }
    }

    /// The text of the model's `config.json`.
    pub fn config(self) -> String {
        let Self { layers, width, heads, vocabulary, .. } = self;
        let config = match self.published {
            Published::Residual => json!({
                "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new",
                "n_layer": layers, "n_embd": width, "n_head": heads, "n_positions": 1024, "n_ctx": 1024, "vocab_size": vocabulary,
                "layer_norm_epsilon": 1e-5, "bos_token_id": self.bos(), "eos_token_id": self.bos(), "initializer_range": 0.02,
            }),
            Published::GemmaScope { .. } => json!({
                "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "hidden_activation": "gelu_pytorch_tanh",
                "num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads,
                "num_key_value_heads": self.key_value_heads, "head_dim": self.head_width, "intermediate_size": self.mlp_width,
                "vocab_size": vocabulary, "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "rope_theta": 10_000.0,
                "query_pre_attn_scalar": self.head_width, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
                "sliding_window": 4096, "attention_bias": false, "bos_token_id": self.bos(), "eos_token_id": 1, "pad_token_id": 0,
                "torch_dtype": "bfloat16",
            }),
        };
        format!("{config:#}\n")
    }

    /// Writes the weights of a model with `config` piece by piece, in the order of its layers.
    pub fn write_weights(self, config: &Config, seed: u32, out: &mut dyn Write) -> io::Result<()> {
        let tensors = tensors(config);
        let (kind, size) = match self.element {
            Element::F32 => ("F32", 4),
            Element::Bf16 => ("BF16", 2),
        };
        let mut entries = Map::new();
        let mut offset = 0;
        for Tensor { name, shape, .. } in &tensors {
            let end = offset + size * shape.iter().product::<usize>();
            entries.insert(name.clone(), json!({"dtype": kind, "shape": shape, "data_offsets": [offset, end]}));
            offset = end;
        }
        out.write_all(&header(&Value::Object(entries)))?;
        let mut bytes = Vec::with_capacity(size * AT_ONCE);
        for Tensor { name, shape, middle, deviation } in &tensors {
            let mut random = Random::new(seed, name);
            let count: usize = shape.iter().product();
            for first in (0..count).step_by(AT_ONCE) {
                bytes.clear();
                for _ in first..count.min(first + AT_ONCE) {
                    let value = middle + random.uniform(*deviation);
                    match self.element {
                        Element::F32 => bytes.extend(value.to_le_bytes()),
                        Element::Bf16 => bytes.extend(bf16::from_f32(value).to_le_bytes()),
                    }
                }
                out.write_all(&bytes)?;
            }
        }
        Ok(())
    }
}

/// A tensor of random numbers around `middle`.
struct Tensor {
    name: String,
    shape: Vec<usize>,
    middle: f32,
    deviation: f32,
}

/// Every tensor of a model with `config`. Weights keep the scale of activations, so that every layer matters.
fn tensors(config: &Config) -> Vec<Tensor> {
    let layout = Layout::of(config.family);
    // GPT-2's own files are those of the bare model.
    let prefix = if layout.inputs_first { "" } else { layout.prefix };
    let mut all = Vec::new();
    let mut push = |name: String, shape: Vec<usize>, middle: f32, deviation: f32| {
        all.push(Tensor { name: format!("{prefix}{name}"), shape, middle, deviation });
    };
    let width = config.width;
    let embedding = config.embedding_scale.map_or(1.0, |scale| 1.0 / scale as f32);
    push(format!("{}.weight", layout.embedding), vec![config.vocabulary, width], 0.0, embedding);
    if let Some(positions) = layout.positions {
        push(format!("{positions}.weight"), vec![config.context, width], 0.0, 0.1);
    }
    let has_bias = config.norm == NormKind::Layer;
    let norm = |push: &mut dyn FnMut(String, Vec<usize>, f32, f32), name: String| {
        push(format!("{name}.weight"), vec![width], 1.0 - layout.gain_offset, 0.1);
        if has_bias {
            push(format!("{name}.bias"), vec![width], 0.0, 0.1);
        }
    };
    let linear = |push: &mut dyn FnMut(String, Vec<usize>, f32, f32),
                  name: String,
                  outputs: usize,
                  inputs: usize,
                  gain: f32,
                  bias: bool| {
        let shape = if layout.inputs_first { vec![inputs, outputs] } else { vec![outputs, inputs] };
        push(format!("{name}.weight"), shape, 0.0, gain / (inputs as f32).sqrt());
        if bias {
            push(format!("{name}.bias"), vec![outputs], 0.0, 0.02);
        }
    };
    let heads = config.heads * config.head_width;
    let shared = config.key_value_heads * config.head_width;
    for layer in 0..config.layers {
        let name = |part: &str| format!("{}.{layer}.{part}", layout.layers);
        let norms = [Some(layout.attention_norm), layout.attention_output_norm, Some(layout.mlp_norm), layout.mlp_output_norm];
        norms.into_iter().flatten().for_each(|part| norm(&mut push, name(part)));
        match layout.query_key_value {
            QueryKeyValue::PerHead(part) | QueryKeyValue::Thirds(part) => {
                linear(&mut push, name(part), heads + 2 * shared, width, 1.0, config.biases.query_key_value);
            }
            QueryKeyValue::Separate(parts) => {
                for (part, outputs) in parts.into_iter().zip([heads, shared, shared]) {
                    linear(&mut push, name(part), outputs, width, 1.0, config.biases.query_key_value);
                }
            }
        }
        linear(&mut push, name(layout.attention_output), width, heads, 0.5, config.biases.attention_output);
        for part in layout.mlp_input {
            linear(&mut push, name(part), config.mlp_width, width, 1.0, config.biases.mlp);
        }
        linear(&mut push, name(layout.mlp_output), width, config.mlp_width, 0.5, config.biases.mlp);
    }
    norm(&mut push, layout.final_norm.to_owned());
    all
}

//! `config.json` of a Hugging Face GPT-NeoX model, checked for everything that changes the arithmetic.

use serde::Deserialize;
use serde_json::Value;

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// Largest size that is accepted: a larger number than any model has means a damaged file, and nothing must be allocated for it.
const LARGEST_SIZE: usize = 1 << 20;

/// The function between the two dense layers of the MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationFunction {
    /// Exact GELU, with the error function.
    Gelu,
    /// GELU by its tanh approximation.
    GeluTanh,
    /// max(0, x).
    Relu,
}

/// The sizes and switches of one GPT-NeoX model.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream, `d_model`.
    pub width: usize,
    /// Number of attention heads; each is `width / heads` wide.
    pub heads: usize,
    /// Width of the MLP's hidden layer.
    pub mlp_width: usize,
    /// Number of tokens in the vocabulary.
    pub vocabulary: usize,
    /// The longest prompt, in tokens.
    pub context: usize,
    /// Dimensions of each head that are rotated; the rest pass through.
    pub rotary_width: usize,
    /// Base of the rotary frequencies.
    pub rotary_base: f64,
    /// Added to the variance in every layer norm.
    pub layer_norm_epsilon: f64,
    /// `x + attention(ln1(x)) + mlp(ln2(x))` if set, else the MLP reads `x + attention(ln1(x))`.
    pub parallel_residual: bool,
    /// The MLP's activation function.
    pub activation: ActivationFunction,
}

#[derive(Deserialize)]
struct Raw {
    model_type: Option<String>,
    num_hidden_layers: usize,
    hidden_size: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    #[serde(default = "default_context")]
    max_position_embeddings: usize,
    rotary_pct: Option<f64>,
    partial_rotary_factor: Option<f64>,
    rotary_emb_base: Option<f64>,
    rope_theta: Option<f64>,
    rope_scaling: Option<Value>,
    rope_parameters: Option<RopeParameters>,
    #[serde(default = "default_epsilon")]
    layer_norm_eps: f64,
    #[serde(default = "yes")]
    use_parallel_residual: bool,
    #[serde(default = "yes")]
    attention_bias: bool,
    #[serde(default)]
    tie_word_embeddings: bool,
    hidden_act: String,
}

/// The object in which transformers 5 writes the rotary settings.
#[derive(Deserialize)]
struct RopeParameters {
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

fn default_context() -> usize {
    2048
}

fn default_epsilon() -> f64 {
    1e-5
}

fn yes() -> bool {
    true
}

impl Config {
    /// Reads the text of a `config.json`; `name` is what messages call the file.
    ///
    /// # Errors
    /// When the text is not such a configuration, or asks for arithmetic that is not implemented.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let raw: Raw = serde_json::from_str(text).map_err(|error| {
            Problem::new(name, format_args!("is no GPT-NeoX configuration: {error}"), "use the config.json of a GPT-NeoX model")
        })?;
        let unsupported = |what: String, supported: &str| {
            Err(Problem::new(name, format_args!("{what} is not supported"), format_args!("supported: {supported}")))
        };
        if let Some(kind) = raw.model_type.as_deref().filter(|kind| *kind != "gpt_neox") {
            return unsupported(format!("model_type \"{}\"", excerpt(kind, 40)), "gpt_neox");
        }
        let activation = match raw.hidden_act.as_str() {
            "gelu" => ActivationFunction::Gelu,
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => ActivationFunction::GeluTanh,
            "relu" => ActivationFunction::Relu,
            other => {
                return unsupported(
                    format!("hidden_act \"{}\"", excerpt(other, 40)),
                    "gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, relu",
                );
            }
        };
        if let Some(scaling) = raw.rope_scaling.as_ref().filter(|value| !value.is_null()) {
            return unsupported(format!("rope_scaling {}", excerpt(&scaling.to_string(), 60)), "null");
        }
        let rope = raw.rope_parameters.as_ref();
        if let Some(kind) = rope.and_then(|rope| rope.rope_type.as_deref()).filter(|kind| *kind != "default") {
            return unsupported(format!("rope_type \"{}\"", excerpt(kind, 40)), "default");
        }
        if !raw.attention_bias {
            return unsupported("attention_bias false".to_owned(), "true");
        }
        if raw.tie_word_embeddings {
            return unsupported("tie_word_embeddings true".to_owned(), "false");
        }
        let sizes = [raw.num_hidden_layers, raw.hidden_size, raw.num_attention_heads, raw.intermediate_size, raw.vocab_size];
        let names = ["num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "vocab_size"];
        if let Some((name_of_size, size)) = names.into_iter().zip(sizes).find(|(_, size)| !(1..=LARGEST_SIZE).contains(size)) {
            return Err(Problem::new(
                name,
                format_args!("{name_of_size} is {size}"),
                format_args!("it must be from 1 to {LARGEST_SIZE}"),
            ));
        }
        if !raw.hidden_size.is_multiple_of(raw.num_attention_heads) {
            return Err(Problem::new(
                name,
                format_args!("hidden_size {} does not split into {} attention heads", raw.hidden_size, raw.num_attention_heads),
                "hidden_size must be a multiple of num_attention_heads",
            ));
        }
        let head_width = raw.hidden_size / raw.num_attention_heads;
        let share =
            rope.and_then(|rope| rope.partial_rotary_factor).or(raw.partial_rotary_factor).or(raw.rotary_pct).unwrap_or(0.25);
        let rotary_width = (head_width as f64 * share) as usize;
        if !(0.0..=1.0).contains(&share) || !rotary_width.is_multiple_of(2) {
            return Err(Problem::new(
                name,
                format_args!("rotary_pct {share} rotates {rotary_width} of {head_width} dimensions"),
                "the number of rotated dimensions must be even and at most the head's width",
            ));
        }
        let rotary_base = rope.and_then(|rope| rope.rope_theta).or(raw.rope_theta).or(raw.rotary_emb_base).unwrap_or(10_000.0);
        for (key, value) in [("rotary_emb_base", rotary_base), ("layer_norm_eps", raw.layer_norm_eps)] {
            if !(value as f32).is_finite() || value as f32 <= 0.0 {
                return Err(Problem::new(name, format_args!("{key} is {value}"), "it must be a positive number"));
            }
        }
        Ok(Self {
            layers: raw.num_hidden_layers,
            width: raw.hidden_size,
            heads: raw.num_attention_heads,
            mlp_width: raw.intermediate_size,
            vocabulary: raw.vocab_size,
            context: raw.max_position_embeddings,
            rotary_width,
            rotary_base,
            layer_norm_epsilon: raw.layer_norm_eps,
            parallel_residual: raw.use_parallel_residual,
            activation,
        })
    }

    /// Width of one attention head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }
}

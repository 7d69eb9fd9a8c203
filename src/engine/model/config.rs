//! `config.json` of a Hugging Face GPT-NeoX model, checked for everything that changes the arithmetic.

use serde_json::{Map, Value};

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::json::{Fields, Typed, object, shown};

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

/// Keys that change nothing, with the type of their values; null is allowed for all of them. Every other key that is not read is
/// ignored, as transformers ignores it.
const HARMLESS: [Typed; 4] = [
    ("a number", Value::is_number, "attention_dropout hidden_dropout classifier_dropout initializer_range"),
    ("true or false", Value::is_boolean, "use_cache is_decoder gradient_checkpointing"),
    ("text", Value::is_string, "transformers_version torch_dtype dtype _name_or_path"),
    (
        "the number of a token, or several",
        |value| value.is_u64() || value.as_array().is_some_and(|ids| ids.iter().all(Value::is_u64)),
        "bos_token_id eos_token_id pad_token_id",
    ),
];

/// Keys that ask for other arithmetic or other code unless they are null or empty.
const FOREIGN: [&str; 5] = ["quantization_config", "rope_scaling", "pruned_heads", "auto_map", "adapters"];

impl Config {
    /// Reads the text of a `config.json`; `name` is what messages call the file.
    ///
    /// # Errors
    /// When the text is not such a configuration, contradicts itself, or asks for arithmetic that is not implemented.
    pub fn parse(text: &[u8], name: &str) -> Result<Self> {
        let config = object(text).map_err(|what| Problem::new(name, what, "use the config.json of a GPT-NeoX model"))?;
        let fields = Fields { object: &config, file: name };
        expect_supported(fields)?;
        let size = |key: &str| {
            fields
                .count(key, LARGEST_SIZE)?
                .ok_or_else(|| Problem::new(name, format_args!("has no {key}"), "use the config.json of a GPT-NeoX model"))
        };
        let (width, heads) = (size("hidden_size")?, size("num_attention_heads")?);
        if !width.is_multiple_of(heads) {
            return Err(Problem::new(
                name,
                format_args!("hidden_size {width} does not split into {heads} attention heads"),
                "hidden_size must be a multiple of num_attention_heads",
            ));
        }
        let head_width = width / heads;
        // transformers 5 writes the rotary settings into an object.
        let rope = fields.object("rope_parameters")?;
        let share =
            agreed(&[(Some(fields), "rotary_pct"), (Some(fields), "partial_rotary_factor"), (rope, "partial_rotary_factor")])?;
        let share = share.unwrap_or(0.25);
        let rotary_width = (head_width as f64 * share) as usize;
        if !(0.0..=1.0).contains(&share) || !rotary_width.is_multiple_of(2) {
            return Err(Problem::new(
                name,
                format_args!("rotary_pct {share} rotates {rotary_width} of {head_width} dimensions"),
                "the number of rotated dimensions must be even and at most the head's width",
            ));
        }
        let rotary_base = agreed(&[(Some(fields), "rotary_emb_base"), (Some(fields), "rope_theta"), (rope, "rope_theta")])?;
        let (rotary_base, layer_norm_epsilon) =
            (rotary_base.unwrap_or(10_000.0), fields.number("layer_norm_eps")?.unwrap_or(1e-5));
        for (key, value) in [("rotary_emb_base", rotary_base), ("layer_norm_eps", layer_norm_epsilon)] {
            if !(value as f32).is_finite() || value as f32 <= 0.0 {
                return Err(Problem::new(name, format_args!("{key} is {value}"), "it must be a positive number"));
            }
        }
        Ok(Self {
            layers: size("num_hidden_layers")?,
            width,
            heads,
            mlp_width: size("intermediate_size")?,
            vocabulary: size("vocab_size")?,
            context: fields.count("max_position_embeddings", LARGEST_SIZE)?.unwrap_or(2048),
            rotary_width,
            rotary_base,
            layer_norm_epsilon,
            parallel_residual: fields.flag("use_parallel_residual")?.unwrap_or(true),
            activation: activation(fields)?,
        })
    }

    /// Width of one attention head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }
}

/// Fails if a key asks for another architecture or other arithmetic, or has a value of another type.
fn expect_supported(fields: Fields<'_>) -> Result<()> {
    let unsupported = |key: &str, supported: &str| {
        let value = fields.object.get(key).map(shown).unwrap_or_default();
        Err(Problem::new(fields.file, format_args!("{key} {value} is not supported"), format_args!("supported: {supported}")))
    };
    if fields.text("model_type")?.is_some_and(|kind| kind != "gpt_neox") {
        return unsupported("model_type", "gpt_neox");
    }
    let is_neox = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("GPTNeoXFor") || name == "GPTNeoXModel");
    let are_neox = |value: &Value| value.is_null() || value.as_array().is_some_and(|names| names.iter().all(is_neox));
    if fields.object.get("architectures").is_some_and(|value| !are_neox(value)) {
        return unsupported("architectures", "GPTNeoXForCausalLM");
    }
    if fields.flag("attention_bias")? == Some(false) {
        return unsupported("attention_bias", "true");
    }
    if fields.flag("tie_word_embeddings")? == Some(true) {
        return unsupported("tie_word_embeddings", "false");
    }
    let is_empty = |value: &Value| {
        value.is_null() || value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
    };
    if let Some(key) = FOREIGN.into_iter().find(|key| fields.object.get(*key).is_some_and(|value| !is_empty(value))) {
        return unsupported(key, "null");
    }
    if let Some(rope) = fields.object("rope_parameters")? {
        const KNOWN: [&str; 3] = ["rope_type", "rope_theta", "partial_rotary_factor"];
        if let Some(kind) = rope.text("rope_type")?.filter(|kind| *kind != "default") {
            let what = format!("rope_type \"{}\" is not supported", excerpt(kind, 40));
            return Err(Problem::new(fields.file, what, "supported: default"));
        }
        if rope.object.keys().any(|key| !KNOWN.contains(&key.as_str())) {
            return unsupported("rope_parameters", &format!("an object with {}", KNOWN.join(", ")));
        }
    }
    for (kind, is_one, names) in HARMLESS {
        let wrong = |name: &&str| fields.object.get(*name).is_some_and(|value| !is_one(value) && !value.is_null());
        if let Some(name) = names.split_whitespace().find(wrong) {
            return Err(fields.wrong(name, kind));
        }
    }
    Ok(())
}

/// The number that the keys agree on; None if none of them is there.
fn agreed(keys: &[(Option<Fields<'_>>, &str)]) -> Result<Option<f64>> {
    let mut agreed: Option<(f64, &str)> = None;
    for (fields, key) in keys {
        let Some(fields) = fields else { continue };
        let Some(value) = fields.number(key)? else { continue };
        match agreed {
            Some((other, before)) if other.to_bits() != value.to_bits() => {
                return Err(Problem::new(
                    fields.file,
                    format_args!("{before} is {other}, but {key} is {value}, and both mean the same"),
                    "use the config.json that belongs to the weights, or take the wrong key out",
                ));
            }
            _ => agreed = Some((value, key)),
        }
    }
    Ok(agreed.map(|(value, _)| value))
}

fn activation(fields: Fields<'_>) -> Result<ActivationFunction> {
    match fields.text("hidden_act")? {
        // The value that transformers takes for a missing key.
        None | Some("gelu") => Ok(ActivationFunction::Gelu),
        Some("gelu_new" | "gelu_fast" | "gelu_pytorch_tanh") => Ok(ActivationFunction::GeluTanh),
        Some("relu") => Ok(ActivationFunction::Relu),
        Some(other) => Err(Problem::new(
            fields.file,
            format_args!("hidden_act \"{}\" is not supported", excerpt(other, 40)),
            "supported: gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, relu",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: &str =
        r#""num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 512"#;

    fn parsed(more: &str) -> Result<Config> {
        Config::parse(format!("{{{SIZES}{more}}}").as_bytes(), "config.json")
    }

    #[test]
    fn every_key_is_checked() {
        for (more, says) in [
            (r#", "rotary_pct": 0.25, "partial_rotary_factor": 0.5"#, "rotary_pct is 0.25, but partial_rotary_factor is 0.5"),
            (r#", "rotary_pct": 0.25, "rope_parameters": {"partial_rotary_factor": 1.0}"#, "both mean the same"),
            (r#", "rotary_emb_base": 10000, "rope_theta": 500000"#, "rotary_emb_base is 10000, but rope_theta is 500000"),
            (r#", "num_hidden_layers": 3"#, "holds the key 'num_hidden_layers' twice"),
            (r#", "max_position_embeddings": 0"#, "max_position_embeddings is 0; it must be a whole number from 1"),
            (r#", "max_position_embeddings": "128""#, "max_position_embeddings is \"128\""),
            (r#", "layer_norm_eps": Infinity"#, "holds NaN or Infinity"),
            (r#", "layer_norm_eps": "1e-5""#, "layer_norm_eps is \"1e-5\"; it must be a number"),
            (r#", "layer_norm_eps": -1"#, "it must be a positive number"),
            (r#", "use_parallel_residual": 1"#, "use_parallel_residual is 1; it must be true or false"),
            (r#", "tie_word_embeddings": true"#, "tie_word_embeddings true is not supported"),
            (r#", "attention_bias": false"#, "attention_bias false"),
            (r#", "quantization_config": {"bits": 4}"#, "quantization_config {\"bits\":4} is not supported"),
            (r#", "pruned_heads": {"0": [1]}"#, "pruned_heads"),
            (r#", "rope_scaling": {"type": "linear"}"#, "rope_scaling"),
            (r#", "rope_parameters": {"rope_type": "yarn"}"#, "rope_type \"yarn\""),
            (r#", "rope_parameters": {"factor": 4}"#, "rope_parameters"),
            (r#", "architectures": ["LlamaForCausalLM"]"#, "architectures"),
            (r#", "initializer_range": "small""#, "initializer_range is \"small\"; it must be a number"),
            (r#", "use_cache": 3"#, "use_cache is 3"),
            (r#", "torch_dtype": 16"#, "torch_dtype is 16"),
            (r#", "eos_token_id": -1"#, "eos_token_id is -1"),
            (r#", "hidden_act": null"#, "hidden_act is null; it must be text"),
        ] {
            let said = parsed(more).unwrap_err().to_string();
            assert!(said.starts_with("config.json: ") && said.contains(says), "{more}: {said}");
        }
        let missing = Config::parse(br#"{"hidden_size": 8}"#, "config.json").unwrap_err().to_string();
        assert!(missing.contains("has no num_attention_heads"), "{missing}");
    }

    #[test]
    fn what_agrees_or_changes_nothing_is_accepted() {
        let config = parsed(
            r#", "rotary_pct": 0.5, "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5, "rope_theta": 1e5},
            "rope_scaling": null, "pruned_heads": {}, "eos_token_id": [0, 1], "attention_dropout": 0.1, "of_a_later_version": 1"#,
        );
        let config = config.unwrap();
        assert_eq!((config.rotary_width, config.context, config.activation), (8, 2048, ActivationFunction::Gelu));
        assert!((config.rotary_base - 1e5).abs() < 1e-9);
    }
}

//! The configuration of Llama, Qwen 2 and Qwen 3 models, which share their arithmetic but for biases, norms of heads and rotary
//! settings: `llama`, `qwen2` and `qwen3` in transformers.

use serde_json::Value;

use super::config::{Biases, Config, Family, NormKind};
use super::keys::Keys;
use crate::core::problem::Result;

/// Reads the configuration.
///
/// # Errors
/// When a key is missing, contradicts another, or asks for arithmetic that is not implemented.
pub fn config(keys: Keys<'_>) -> Result<Config> {
    if keys.family != Family::Qwen2 {
        keys.expect_flag("attention_bias", false)?;
    }
    keys.expect_flag("mlp_bias", false)?;
    keys.expect_flag("use_sliding_window", false)?;
    let is_full = |value: &Value| value.as_array().is_some_and(|kinds| kinds.iter().all(|kind| kind == "full_attention"));
    if keys.fields.object.get("layer_types").is_some_and(|value| !value.is_null() && !is_full(value)) {
        return Err(keys.unsupported("layer_types", "full_attention for every layer"));
    }
    let (width, heads) = (keys.size("hidden_size")?, keys.size("num_attention_heads")?);
    let key_value_heads = keys.size_or_none("num_key_value_heads")?.unwrap_or(heads);
    keys.expect_groups(heads, key_value_heads)?;
    let head_width = match (keys.size_or_none("head_dim")?, keys.family) {
        (Some(stated), _) => stated,
        (None, Family::Qwen3) => keys.size("head_dim")?,
        (None, _) => keys.share_of_width(width, heads, ["hidden_size", "num_attention_heads"])?,
    };
    let rotary = keys.rotary(head_width, 1.0)?;
    if rotary.width != head_width {
        return Err(keys.unsupported("partial_rotary_factor", "1"));
    }
    Ok(Config {
        family: keys.family,
        layers: keys.size("num_hidden_layers")?,
        width,
        heads,
        key_value_heads,
        head_width,
        mlp_width: keys.size("intermediate_size")?,
        vocabulary: keys.size("vocab_size")?,
        context: keys.size("max_position_embeddings")?,
        bos: keys.bos()?,
        norm: NormKind::Rms,
        norm_epsilon: keys.epsilon("rms_norm_eps", 1e-6)?,
        output_norms: false,
        head_norms: keys.family == Family::Qwen3,
        learned_positions: false,
        rotary_width: rotary.width,
        rotary_base: rotary.base,
        rotary_scaling: rotary.scaling,
        attention_scale: (head_width as f64).sqrt().recip(),
        attention_softcap: None,
        windows: Vec::new(),
        biases: Biases { query_key_value: keys.family == Family::Qwen2, attention_output: false, mlp: false },
        gated: true,
        activation: keys.activation(&["hidden_act"], "silu", &["silu"])?,
        parallel_residual: false,
        embedding_scale: None,
        tied: keys.flag("tie_word_embeddings", false)?,
        logit_softcap: None,
    })
}

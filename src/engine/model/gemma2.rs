//! The configuration of Gemma 2 models: `gemma2` in transformers.

use serde_json::Value;

use super::config::{Biases, Config, Family, NormKind};
use super::keys::Keys;
use crate::core::problem::Result;

/// Reads the configuration.
///
/// # Errors
/// When a key is missing, contradicts another, or asks for arithmetic that is not implemented.
pub fn config(keys: Keys<'_>) -> Result<Config> {
    keys.expect_flag("attention_bias", false)?;
    keys.expect_flag("tie_word_embeddings", true)?;
    keys.expect_flag("use_bidirectional_attention", false)?;
    let (layers, width) = (keys.size("num_hidden_layers")?, keys.size("hidden_size")?);
    let (heads, key_value_heads) = (keys.size("num_attention_heads")?, keys.size("num_key_value_heads")?);
    keys.expect_groups(heads, key_value_heads)?;
    let head_width = keys.size("head_dim")?;
    let rotary = keys.rotary(head_width, 1.0)?;
    if rotary.width != head_width {
        return Err(keys.unsupported("partial_rotary_factor", "1"));
    }
    Ok(Config {
        family: Family::Gemma2,
        layers,
        width,
        heads,
        key_value_heads,
        head_width,
        mlp_width: keys.size("intermediate_size")?,
        vocabulary: keys.size("vocab_size")?,
        context: keys.size_or("max_position_embeddings", 8192)?,
        bos: keys.bos()?,
        norm: NormKind::Rms,
        norm_epsilon: keys.epsilon("rms_norm_eps", 1e-6)?,
        output_norms: true,
        head_norms: false,
        learned_positions: false,
        rotary_width: rotary.width,
        rotary_base: rotary.base,
        rotary_scaling: rotary.scaling,
        // Not the head's width: Gemma 2 27B has another number here.
        attention_scale: keys.positive("query_pre_attn_scalar", 256.0)?.sqrt().recip(),
        attention_softcap: keys.softcap("attn_logit_softcapping", 50.0)?,
        windows: windows(keys, layers)?,
        biases: Biases { query_key_value: false, attention_output: false, mlp: false },
        gated: true,
        // transformers reads the first; files of its first week have only the second, which then means the same.
        activation: keys.activation(&["hidden_activation", "hidden_act"], "gelu_pytorch_tanh", &["gelu_pytorch_tanh"])?,
        parallel_residual: false,
        embedding_scale: Some((width as f64).sqrt()),
        tied: true,
        logit_softcap: keys.softcap("final_logit_softcapping", 30.0)?,
    })
}

/// The windows of the layers: of every second one from the first on, unless the file lists them.
fn windows(keys: Keys<'_>, layers: usize) -> Result<Vec<Option<usize>>> {
    let window = match keys.size_or_none("sliding_window")? {
        Some(window) => window,
        // null is none, and a missing key what transformers takes for it.
        None if keys.fields.object.contains_key("sliding_window") => return Ok(Vec::new()),
        None => 4096,
    };
    let slides: Vec<bool> = match keys.fields.object.get("layer_types") {
        None | Some(Value::Null) => (0..layers).map(|layer| layer.is_multiple_of(2)).collect(),
        Some(stated) => {
            let kinds = stated.as_array().into_iter().flatten().map(|kind| match kind.as_str() {
                Some("sliding_attention") => Some(true),
                Some("full_attention") => Some(false),
                _ => None,
            });
            let kinds: Option<Vec<bool>> = kinds.collect();
            kinds.filter(|kinds| kinds.len() == layers).ok_or_else(|| {
                keys.fields.wrong("layer_types", format_args!("sliding_attention or full_attention for each of {layers} layers"))
            })?
        }
    };
    Ok(slides.into_iter().map(|slides| slides.then_some(window)).collect())
}

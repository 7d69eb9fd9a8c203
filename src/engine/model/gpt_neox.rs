//! The configuration of GPT-NeoX models, Pythia among them: `gpt_neox` in transformers.

use super::config::{Biases, Config, Family, NormKind};
use super::keys::Keys;
use crate::core::problem::Result;

/// Reads the configuration.
///
/// # Errors
/// When a key is missing, contradicts another, or asks for arithmetic that is not implemented.
pub fn config(keys: Keys<'_>) -> Result<Config> {
    keys.expect_flag("attention_bias", true)?;
    keys.expect_flag("tie_word_embeddings", false)?;
    let (width, heads) = (keys.size("hidden_size")?, keys.size("num_attention_heads")?);
    let head_width = keys.share_of_width(width, heads, ["hidden_size", "num_attention_heads"])?;
    let rotary = keys.rotary(head_width, 0.25)?;
    Ok(Config {
        family: Family::GptNeoX,
        layers: keys.size("num_hidden_layers")?,
        width,
        heads,
        key_value_heads: heads,
        head_width,
        mlp_width: keys.size("intermediate_size")?,
        vocabulary: keys.size("vocab_size")?,
        context: keys.size_or("max_position_embeddings", 2048)?,
        bos: keys.bos()?,
        norm: NormKind::Layer,
        norm_epsilon: keys.epsilon("layer_norm_eps", 1e-5)?,
        output_norms: false,
        head_norms: false,
        learned_positions: false,
        rotary_width: rotary.width,
        rotary_base: rotary.base,
        rotary_scaling: rotary.scaling,
        attention_scale: (head_width as f64).sqrt().recip(),
        attention_softcap: None,
        windows: Vec::new(),
        biases: Biases { query_key_value: true, attention_output: true, mlp: true },
        gated: false,
        activation: keys.activation(&["hidden_act"], "gelu", &["gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu"])?,
        parallel_residual: keys.fields.flag("use_parallel_residual")?.unwrap_or(true),
        embedding_scale: None,
        tied: false,
        logit_softcap: None,
    })
}

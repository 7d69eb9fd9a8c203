//! The configuration of GPT-2 models: `gpt2` in transformers.

use super::config::{Biases, Config, Family, NormKind};
use super::keys::Keys;
use crate::core::problem::Result;

/// Reads the configuration.
///
/// # Errors
/// When a key is missing, contradicts another, or asks for arithmetic that is not implemented.
pub fn config(keys: Keys<'_>) -> Result<Config> {
    keys.expect_flag("scale_attn_weights", true)?;
    keys.expect_flag("scale_attn_by_inverse_layer_idx", false)?;
    keys.expect_flag("add_cross_attention", false)?;
    keys.expect_flag("tie_word_embeddings", true)?;
    // transformers takes the usual names, too, and one that contradicts would win there.
    for (own, usual) in [
        ("n_embd", "hidden_size"),
        ("n_head", "num_attention_heads"),
        ("n_layer", "num_hidden_layers"),
        ("n_positions", "max_position_embeddings"),
        ("n_positions", "n_ctx"),
    ] {
        keys.expect_same(own, usual)?;
    }
    let (width, heads) = (keys.size("n_embd")?, keys.size("n_head")?);
    let head_width = keys.share_of_width(width, heads, ["n_embd", "n_head"])?;
    Ok(Config {
        family: Family::Gpt2,
        layers: keys.size("n_layer")?,
        width,
        heads,
        key_value_heads: heads,
        head_width,
        mlp_width: keys.size_or_none("n_inner")?.unwrap_or(4 * width),
        vocabulary: keys.size("vocab_size")?,
        // The file has as many rows of position embeddings; the older key `n_ctx` says the same and is not read by transformers.
        context: keys.size("n_positions")?,
        bos: keys.bos()?,
        norm: NormKind::Layer,
        norm_epsilon: keys.epsilon("layer_norm_epsilon", 1e-5)?,
        output_norms: false,
        head_norms: false,
        learned_positions: true,
        rotary_width: 0,
        rotary_base: 10_000.0,
        rotary_scaling: None,
        attention_scale: (head_width as f64).sqrt().recip(),
        attention_softcap: None,
        windows: Vec::new(),
        biases: Biases { query_key_value: true, attention_output: true, mlp: true },
        gated: false,
        activation: keys.activation(
            &["activation_function"],
            "gelu_new",
            &["gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu", "relu"],
        )?,
        parallel_residual: false,
        embedding_scale: None,
        tied: true,
        logit_softcap: None,
    })
}

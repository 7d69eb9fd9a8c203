//! What a reader of the results should know of a `config.json`: keys that decide the arithmetic and are missing, so that a default is taken
//! as in transformers, and keys that are not read though they look as if they decided something.

use serde_json::Value;

use super::config::{ActivationFunction, Config, Family};
use crate::core::resemblance::resembled;
use crate::core::text::excerpt;
use crate::engine::json::{Fields, shown};

/// Objects that hold rotary settings beside the top level.
const ROTARY: [&str; 2] = ["rope_parameters", "rope_scaling"];

/// Keys that families read, and that a slip of the keyboard must not hide.
const READ: [&str; 33] = [
    "activation_function",
    "add_cross_attention",
    "attention_bias",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "head_dim",
    "hidden_act",
    "hidden_activation",
    "hidden_size",
    "intermediate_size",
    "layer_norm_eps",
    "layer_norm_epsilon",
    "layer_types",
    "max_position_embeddings",
    "mlp_bias",
    "model_type",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "partial_rotary_factor",
    "quantization_config",
    "query_pre_attn_scalar",
    "rms_norm_eps",
    "rope_parameters",
    "rope_scaling",
    "rope_theta",
    "rotary_emb_base",
    "rotary_pct",
    "scale_attn_by_inverse_layer_idx",
    "scale_attn_weights",
    "sliding_window",
    "tie_word_embeddings",
    "use_parallel_residual",
];

/// Keys that decide the arithmetic of other families, with the families that read them or have them without a meaning.
const ELSEWHERE: [(&str, &[Family]); 21] = [
    ("alibi", &[]),
    ("attention_multiplier", &[]),
    ("attn_logit_softcapping", &[Family::Gemma2]),
    ("clip_qkv", &[]),
    ("embedding_multiplier", &[]),
    ("final_logit_softcapping", &[Family::Gemma2]),
    ("logit_scale", &[]),
    ("logits_scaling", &[]),
    ("new_decoder_architecture", &[]),
    ("num_experts", &[]),
    ("num_local_experts", &[]),
    ("parallel_attn", &[]),
    ("qk_layernorm", &[]),
    ("query_pre_attn_scalar", &[Family::Gemma2]),
    ("residual_multiplier", &[]),
    ("rope_interleaved", &[]),
    ("scale_depth", &[]),
    ("scale_emb", &[]),
    ("sliding_window", &[Family::Gemma2, Family::Qwen2, Family::Qwen3]),
    ("use_parallel_residual", &[Family::GptNeoX]),
    ("use_qk_norm", &[]),
];

/// The notes on the file `fields`, of which `config` was read; sentences without a full stop.
pub fn notes(fields: Fields<'_>, config: &Config) -> Vec<String> {
    defaults(fields, config).into_iter().chain(unread(fields, config.family)).collect()
}

/// One for each key that is missing and for which a default is taken.
fn defaults(fields: Fields<'_>, config: &Config) -> Vec<String> {
    let is_rotary = config.family != Family::Gpt2;
    let is_gemma = config.family == Family::Gemma2;
    let is_neox = config.family == Family::GptNeoX;
    let epsilon = match config.family {
        Family::GptNeoX => "layer_norm_eps",
        Family::Gpt2 => "layer_norm_epsilon",
        _ => "rms_norm_eps",
    };
    let activation: &[&str] = match config.family {
        Family::Gpt2 => &["activation_function"],
        Family::Gemma2 => &["hidden_activation", "hidden_act"],
        _ => &["hidden_act"],
    };
    let number = |value: f64| value.to_string();
    let cap = |value: Option<f64>| value.map_or_else(String::new, number);
    let window = config.windows.iter().find_map(|window| *window);
    let deciding: [(bool, &[&str], String); 9] = [
        (is_rotary, &["rope_theta", "rotary_emb_base"], number(config.rotary_base)),
        (is_neox, &["rotary_pct", "partial_rotary_factor"], number(config.rotary_width as f64 / config.head_width as f64)),
        (true, &[epsilon], format!("{:e}", config.norm_epsilon)),
        (true, activation, name(config.activation).to_owned()),
        (is_neox, &["use_parallel_residual"], config.parallel_residual.to_string()),
        (is_gemma, &["query_pre_attn_scalar"], number((1.0 / config.attention_scale.powi(2)).round())),
        (is_gemma, &["attn_logit_softcapping"], cap(config.attention_softcap)),
        (is_gemma, &["final_logit_softcapping"], cap(config.logit_softcap)),
        (is_gemma, &["sliding_window"], window.map_or_else(String::new, |window| window.to_string())),
    ];
    let is_there = |key: &&str| {
        let in_object = |object: &&str| fields.object.get(*object).is_some_and(|value| value.get(*key).is_some());
        fields.object.contains_key(*key) || ROTARY.iter().any(in_object)
    };
    let missing = deciding.into_iter().filter(|(counts, keys, _)| *counts && !keys.iter().any(is_there));
    missing
        .map(|(_, keys, value)| format!("{} is not in {}: {value} is taken, as transformers does", keys[0], fields.file))
        .collect()
}

fn name(activation: ActivationFunction) -> &'static str {
    match activation {
        ActivationFunction::Gelu => "gelu",
        ActivationFunction::GeluTanh => "gelu_pytorch_tanh",
        ActivationFunction::Relu => "relu",
        ActivationFunction::Silu => "silu",
    }
}

/// One for each key that is not read and looks like one that is, or that decides something in another family.
fn unread(fields: Fields<'_>, family: Family) -> Vec<String> {
    let changes_nothing = |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || value.as_f64() == Some(1.0);
    let mut notes = Vec::new();
    for (key, value) in fields.object {
        let said = || format!("{} says {} {}", fields.file, excerpt(key, 60), shown(value));
        if let Some(known) = resembled(key, READ) {
            notes.push(format!("{}, which is not read: {known} is", said()));
        } else if ELSEWHERE.iter().any(|(other, families)| other == key && !families.contains(&family)) && !changes_nothing(value)
        {
            notes.push(format!("{}, which changes nothing in a {} model, as in transformers", said(), family.model_type()));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: &str = r#""hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 512,
        "num_hidden_layers": 2, "max_position_embeddings": 64"#;

    fn of(text: &str) -> Vec<String> {
        Config::parse_with_notes(format!("{{{SIZES}, {text}}}").as_bytes(), "config.json").unwrap().1
    }

    #[test]
    fn a_missing_key_that_decides_is_said_with_the_default() {
        let llama = r#""model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5"#;
        assert_eq!(of(&format!(r#"{llama}, "rope_theta": 5e5"#)), [""; 0]);
        assert_eq!(of(&format!(r#"{llama}, "rope_parameters": {{"rope_type": "default", "rope_theta": 5e5}}"#)), [""; 0]);
        let missing = "rope_theta is not in config.json: 10000 is taken, as transformers does";
        assert_eq!(of(llama), [missing]);
        assert_eq!(of(&format!(r#"{llama}, "rope_parameters": {{"rope_type": "default"}}"#)), [missing]);
        let gemma = r#""model_type": "gemma2", "num_key_value_heads": 4, "head_dim": 16"#;
        let said = of(gemma);
        for (key, value) in [
            ("rope_theta", "10000"),
            ("rms_norm_eps", "1e-6"),
            ("hidden_activation", "gelu_pytorch_tanh"),
            ("query_pre_attn_scalar", "256"),
            ("attn_logit_softcapping", "50"),
            ("final_logit_softcapping", "30"),
            ("sliding_window", "4096"),
        ] {
            assert!(said.iter().any(|note| note.starts_with(&format!("{key} is not in config.json: {value} is"))), "{said:?}");
        }
        assert_eq!(said.len(), 7, "{said:?}");
        // Without caps and windows, by its own word.
        let none = r#", "attn_logit_softcapping": null, "final_logit_softcapping": null, "sliding_window": null"#;
        assert_eq!(of(&format!("{gemma}{none}")).len(), 4);
    }

    #[test]
    fn a_key_that_is_not_read_is_said_if_it_looks_like_one_that_decides() {
        let llama = r#""model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 1e4"#;
        for (more, says) in [
            (r#""rope_thetta": 5e5"#, "config.json says rope_thetta 500000.0, which is not read: rope_theta is"),
            (r#""rope_scalling": {"factor": 8}"#, "rope_scaling is"),
            (r#""rope_paramters": {}"#, "rope_parameters is"),
            (r#""attention_multiplier": 0.015"#, "attention_multiplier 0.015, which changes nothing in a llama model"),
        ] {
            let said = of(&format!("{llama}, {more}"));
            assert!(matches!(&said[..], [note] if note.contains(says)), "{more}: {said:?}");
        }
        for harmless in [r#""attention_multiplier": 1.0"#, r#""alibi": false"#, r#""mood": "good""#, r#""use_cache": true"#] {
            assert_eq!(of(&format!("{llama}, {harmless}")), [""; 0], "{harmless}");
        }
    }
}

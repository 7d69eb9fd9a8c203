//! `config.json` of a Hugging Face model, checked for everything that changes the arithmetic.

use super::config::{Config, Family};
use super::keys::Keys;
use super::notes::notes;
use super::{gemma2, gpt_neox, gpt2, llama};
use crate::core::problem::{Problem, Result};
use crate::engine::json::{Fields, object, shown};

impl Config {
    /// Reads the text of a `config.json`; `name` is what messages call the file. A file without a `model_type` is taken for
    /// GPT-NeoX's.
    ///
    /// # Errors
    /// When the text is not such a configuration, contradicts itself, or asks for arithmetic that is not implemented.
    pub fn parse(text: &[u8], name: &str) -> Result<Self> {
        Ok(Self::parse_with_notes(text, name)?.0)
    }

    /// As [`Config::parse`], with what a reader of the results should know of the file: sentences without a full stop.
    ///
    /// # Errors
    /// As for [`Config::parse`].
    pub fn parse_with_notes(text: &[u8], name: &str) -> Result<(Self, Vec<String>)> {
        let config = object(text).map_err(|what| Problem::new(name, &what, what.remedy("use the config.json of the model")))?;
        let fields = Fields { object: &config, file: name };
        let stated = fields.text("model_type")?;
        let family = match stated {
            None => Some(Family::GptNeoX),
            Some(stated) => Family::ALL.into_iter().find(|family| family.model_type() == stated),
        };
        let Some(family) = family else {
            let what = format!("model_type {} is not supported", shown(&config["model_type"]));
            return Err(Problem::new(name, what, format_args!("supported: {}", Family::ALL.map(Family::model_type).join(", "))));
        };
        let keys = Keys::checked(fields, family)?;
        let config = match family {
            Family::GptNeoX => gpt_neox::config(keys),
            Family::Gpt2 => gpt2::config(keys),
            Family::Gemma2 => gemma2::config(keys),
            Family::Llama | Family::Qwen2 | Family::Qwen3 => llama::config(keys),
        }?;
        let notes = notes(fields, &config);
        Ok((config, notes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::model::config::ActivationFunction;

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
            (r#", "torch_dtype": "x""#, "torch_dtype is \"x\"; it must be a type of numbers"),
            (r#", "dtype": []"#, "dtype is []; it must be a type of numbers"),
            (r#", "attention_dropout": -1"#, "attention_dropout is -1; it must be a number from 0 to 1"),
            (r#", "initializer_range": -1"#, "initializer_range is -1; it must be a number of at least 0"),
            (r#", "pretraining_tp": 1.5"#, "pretraining_tp is 1.5; it must be a whole number of at least 0"),
            (r#", "eos_token_id": -1"#, "eos_token_id is -1"),
            (r#", "num_labels": -1"#, "num_labels is -1; it must be a whole number of at least 0"),
            (r#", "temperature": "x""#, "temperature is \"x\"; it must be a number of at least 0"),
            (r#", "is_encoder_decoder": "x""#, "is_encoder_decoder is \"x\"; it must be true or false"),
            (r#", "id2label": 5"#, "id2label is 5; it must be an object of texts"),
            (r#", "label2id": {"a": "b"}"#, "label2id is"),
            (r#", "max_length": -1"#, "max_length is -1"),
            (
                r#", "layer_norm_eps": 1e-5, "layer_norm_epsilon": 1e-6"#,
                "layer_norm_eps is 0.00001, but layer_norm_epsilon is 0.000001",
            ),
            (r#", "rms_norm_eps": 1e-6"#, "layer_norm_eps is missing, which means 0.00001, but rms_norm_eps is 0.000001"),
            (
                r#", "rope_scaling": {"type": "linear", "rope_type": "default"}"#,
                "says rope_type \"default\", but type \"linear\"",
            ),
            (r#", "rope_parameters": {"type": "default", "rope_type": "linear"}"#, "says rope_type \"linear\", but type"),
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
            "rope_scaling": null, "pruned_heads": {}, "eos_token_id": [0, 1], "attention_dropout": 0.1, "torch_dtype": "torch.bfloat16", "dtype": null, "of_a_later_version": 1,
            "layer_norm_eps": 1e-5, "layer_norm_epsilon": 1e-5, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}, "prefix": null"#,
        );
        let config = config.unwrap();
        assert_eq!((config.rotary_width, config.context, config.activation), (8, 2048, ActivationFunction::Gelu));
        assert!((config.rotary_base - 1e5).abs() < 1e-9);
    }
}

//! The class of transformers with which `AutoTokenizer` reads a `tokenizer.json`, and what each class does with its content.
//!
//! The files name the class; where they do not, the model's family decides (`models/auto/tokenization_auto.py`).

use serde_json::Value;

use super::json::{Fields, shown};
use super::model::config::Family;
use crate::core::problem::{Problem, Result};

/// Classes that set `add_prefix_space` in the pre-tokenizer, to false if it is not stated; `Fast` may follow.
const SET_PREFIX_SPACE: [&str; 2] = ["GPTNeoXTokenizer", "GPT2Tokenizer"];

/// Classes that take `tokenizer.json` as it is, but for special tokens in front.
const PLAIN: [&str; 4] = ["PreTrainedTokenizer", "TokenizersBackend", "GemmaTokenizer", "Qwen2Tokenizer"];

/// Classes that rebuild the post-processor as `add_bos_token` says. The others take that of `tokenizer.json`, whatever the key says.
const FOLLOW_ADD_BOS: [&str; 3] = ["GPTNeoXTokenizer", "GemmaTokenizer", "TokenizersBackend"];

/// A class that is supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The name as it is stated, or as the family implies it.
    pub full: String,
    /// The name of the file that decides it.
    pub file: &'static str,
}

impl Class {
    /// The class that `config`, the tokenizer's settings, or `model`, the model's configuration, names; otherwise that of the model's
    /// family. A configuration without a family is GPT-NeoX's, as everywhere.
    ///
    /// # Errors
    /// When the class is not supported.
    pub fn of(config: Fields<'_>, model: Fields<'_>) -> Result<Self> {
        for (fields, file) in [(config, "tokenizer_config.json"), (model, "config.json")] {
            let Some(full) = fields.text_or_null("tokenizer_class")? else { continue };
            let class = Self { full: full.to_owned(), file };
            let says = || format!("tokenizer_class is {}", fields.object.get("tokenizer_class").map(shown).unwrap_or_default());
            return class.expect_supported(fields.file, says);
        }
        let family = model.object.get("model_type").and_then(Value::as_str);
        let full = match Family::ALL.into_iter().find(|known| family.is_none_or(|name| known.model_type() == name)) {
            Some(Family::GptNeoX) | None => "GPTNeoXTokenizer",
            Some(Family::Gpt2) => "GPT2Tokenizer",
            Some(Family::Gemma2) => "GemmaTokenizer",
            Some(Family::Llama) => "LlamaTokenizer",
            Some(Family::Qwen2 | Family::Qwen3) => "Qwen2Tokenizer",
        };
        let says = || {
            let family = family.unwrap_or_default();
            format!("names no tokenizer_class, which for the model_type {family} is {full}")
        };
        Self { full: full.to_owned(), file: "config.json" }.expect_supported(config.file, says)
    }

    fn expect_supported(self, file: &str, says: impl FnOnce() -> String) -> Result<Self> {
        if SET_PREFIX_SPACE.contains(&self.bare()) || PLAIN.contains(&self.bare()) {
            return Ok(self);
        }
        let supported = format!("{} and {}", SET_PREFIX_SPACE.join(", "), PLAIN.join(", "));
        let remedy = format!("supported: {supported}; PreTrainedTokenizerFast takes tokenizer.json as it is");
        Err(Problem::new(file, format_args!("{}, which is not supported", says()), remedy))
    }

    fn bare(&self) -> &str {
        self.full.strip_suffix("Fast").unwrap_or(&self.full)
    }

    /// Whether it sets `add_prefix_space`.
    pub fn sets_prefix_space(&self) -> bool {
        SET_PREFIX_SPACE.contains(&self.bare())
    }

    /// Whether it adds the special tokens that it is told to add, whatever the post-processor of `tokenizer.json` adds.
    pub fn replaces_post_processor(&self) -> bool {
        ["GPTNeoXTokenizer", "GemmaTokenizer"].contains(&self.bare())
    }

    /// Whether it does what `add_bos_token` says.
    pub fn follows_add_bos(&self) -> bool {
        FOLLOW_ADD_BOS.contains(&self.bare())
    }

    /// Whether it puts a BOS token in front of texts if nothing says that it must not.
    pub fn adds_bos(&self) -> bool {
        self.bare() == "GemmaTokenizer"
    }

    /// The BOS token that it has if no file names one.
    pub fn bos_token(&self) -> Option<&'static str> {
        match self.bare() {
            "GPTNeoXTokenizer" | "GPT2Tokenizer" => Some("<|endoftext|>"),
            "GemmaTokenizer" => Some("<bos>"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::json::object;

    fn class(config: &str, model: &str) -> Result<Class> {
        let [config, model] = [config, model].map(|text| object(text.as_bytes()).unwrap());
        let config = Fields { object: &config, file: "t.json" };
        Class::of(config, Fields { object: &model, file: "m.json" })
    }

    #[test]
    fn the_files_name_the_class_and_otherwise_the_family() {
        for (config, model, full) in [
            ("{}", "{}", "GPTNeoXTokenizer"),
            ("{}", r#"{"model_type": "gpt_neox"}"#, "GPTNeoXTokenizer"),
            ("{}", r#"{"model_type": "gpt2"}"#, "GPT2Tokenizer"),
            ("{}", r#"{"model_type": "gemma2"}"#, "GemmaTokenizer"),
            ("{}", r#"{"model_type": "qwen2"}"#, "Qwen2Tokenizer"),
            (r#"{"tokenizer_class": null}"#, r#"{"model_type": "qwen3"}"#, "Qwen2Tokenizer"),
            (r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#, r#"{"model_type": "llama"}"#, "PreTrainedTokenizerFast"),
            ("{}", r#"{"model_type": "llama", "tokenizer_class": "Qwen2TokenizerFast"}"#, "Qwen2TokenizerFast"),
        ] {
            assert_eq!(class(config, model).unwrap().full, full, "{config} {model}");
        }
        let said = class("{}", r#"{"model_type": "llama"}"#).unwrap_err().to_string();
        assert!(said.starts_with("t.json: names no tokenizer_class, which for the model_type llama is LlamaTokenizer"), "{said}");
    }
}

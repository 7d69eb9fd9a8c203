//! The files beside `tokenizer.json` that change what `AutoTokenizer` of transformers makes of a text: `tokenizer_config.json`,
//! `special_tokens_map.json`, `added_tokens.json`.
//!
//! The rules are those of transformers 4.42 (`tokenization_utils_base.py`, `models/gpt_neox/tokenization_gpt_neox_fast.py`). What would
//! add tokens to prompts, or a token to the vocabulary, is refused by the name of its key: no pair with one-token answers would be left.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::json::{Fields, Typed, object, shown};
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::files::whole::{CONFIGURATION, read};

/// Classes that set `add_prefix_space` in the pre-tokenizer, to false if it is not stated; `Fast` may follow. The first is also the
/// class of a GPT-NeoX model whose files name none, and replaces the post-processor by one that adds nothing.
const SET_PREFIX_SPACE: [&str; 2] = ["GPTNeoXTokenizer", "GPT2Tokenizer"];

/// Classes that take `tokenizer.json` as it is, but for special tokens in front.
const PLAIN: [&str; 4] = ["PreTrainedTokenizer", "TokenizersBackend", "GemmaTokenizer", "Qwen2Tokenizer"];

/// Classes that rebuild the post-processor as `add_bos_token` says. The others take that of `tokenizer.json`, whatever the key says.
const FOLLOW_ADD_BOS: [&str; 3] = ["GPTNeoXTokenizer", "GemmaTokenizer", "TokenizersBackend"];

/// Keys of `tokenizer_config.json` that change nothing here, with the types of their values.
const RECORDS: [Typed; 5] = [
    ("a number", Value::is_number, "model_max_length max_len"),
    ("true or false", Value::is_boolean, "clean_up_tokenization_spaces legacy use_fast use_default_system_prompt trim_offsets"),
    ("text", Value::is_string, "name_or_path special_tokens_map_file errors transformers_version processor_class"),
    ("\"left\" or \"right\"", |value| value == "left" || value == "right", "padding_side truncation_side"),
    ("a list of texts", |value| value.as_array().is_some_and(|names| names.iter().all(Value::is_string)), "model_input_names"),
];

/// Keys that name special tokens.
const SPECIAL: [&str; 7] = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];

/// The files that [`apply`] reads in the folder of a tokenizer.
pub fn files(folder: &Path) -> [PathBuf; 3] {
    ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"].map(|name| folder.join(name))
}

/// What the files beside a `tokenizer.json` ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The value of `add_prefix_space`, if they set it to another than stands in `tokenizer.json`.
    pub prefix_space: Option<bool>,
    /// The file that asks for a BOS token in front of a text, if one does. Prompts are tokenised without it: whether they get one, the
    /// dictionaries say.
    pub bos: Option<&'static str>,
    /// Whether `add_bos_token` is false though `tokenizer.json` adds a BOS token, and transformers ignores the key for this class.
    pub ignores_no_bos: bool,
}

/// Changes `tokenizer`, the content of the `tokenizer.json` in `folder`, as the files beside it ask for.
///
/// # Errors
/// When a file cannot be read, or asks for something that is not implemented.
pub fn apply(folder: &Path, tokenizer: &mut Map<String, Value>) -> Result<Asked> {
    let [config_path, special_path, added_path] = files(folder);
    let config = optional(&config_path)?.unwrap_or_default();
    let config_name = config_path.display().to_string();
    let config = Fields { object: &config, file: &config_name };
    config.expect_types(&RECORDS)?;
    for key in ["add_eos_token", "split_special_tokens"] {
        if flag(config, key)? == Some(true) {
            return Err(unsupported(config, key, "false: prompts are tokenised without special tokens"));
        }
    }
    if config.object.get("auto_map").is_some_and(|value| !value.is_null()) {
        return Err(unsupported(config, "auto_map", "no tokenizer with code of its own"));
    }
    // The model's own configuration is asked where the tokenizer's says nothing.
    let model_path = folder.join("config.json");
    let model_name = model_path.display().to_string();
    let model = optional(&model_path)?.unwrap_or_default();
    let model = Fields { object: &model, file: &model_name };
    let classes = [config, model].map(|fields| Ok((fields, fields.text_or_null("tokenizer_class")?)));
    let [own, of_model] = classes;
    let (named_in, class) = [own?, of_model?].into_iter().find(|(_, class)| class.is_some()).unwrap_or((config, None));
    let full = class.unwrap_or(SET_PREFIX_SPACE[0]);
    let class = full.strip_suffix("Fast").unwrap_or(full);
    let sets_prefix_space = SET_PREFIX_SPACE.contains(&class);
    if !sets_prefix_space && !PLAIN.contains(&class) {
        let supported = format!("{} and {}", SET_PREFIX_SPACE.join(", "), PLAIN.join(", "));
        return Err(unsupported(named_in, "tokenizer_class", &supported));
    }
    let stated = flag(config, "add_prefix_space")?;
    let wanted = if sets_prefix_space { Some(stated.unwrap_or(false)) } else { stated };
    let mut changed = None;
    let current = tokenizer.get_mut("pre_tokenizer").and_then(|settings| settings.get_mut("add_prefix_space"));
    if let (Some(wanted), Some(current)) = (wanted, current)
        && current.as_bool() != Some(wanted)
    {
        if !sets_prefix_space {
            return Err(unsupported(
                config,
                "add_prefix_space",
                "the value in tokenizer.json: versions of transformers differ here",
            ));
        }
        *current = wanted.into();
        changed = Some(wanted);
    }
    let added = tokenizer.get("post_processor").map_or(Added::Nothing, added).but_for(class == SET_PREFIX_SPACE[0]);
    if added == Added::Other {
        return Err(Problem::new(
            folder.join("tokenizer.json").display(),
            format_args!("its post_processor adds other special tokens than one in front, and tokenizer_class is {full}"),
            "supported are prompts with at most a BOS token: set post_processor to null, or tokenizer_class to GPTNeoXTokenizer",
        ));
    }
    let asks = flag(config, "add_bos_token")?;
    let ignores_no_bos = asks == Some(false) && added == Added::Front && !FOLLOW_ADD_BOS.contains(&class);
    let bos = match asks {
        Some(asks) => asks.then_some("tokenizer_config.json"),
        None => (added == Added::Front).then_some("tokenizer.json"),
    };
    let known = AddedTokens::of(tokenizer);
    if let Some(decoder) = config.object("added_tokens_decoder")? {
        decoder.object.iter().try_for_each(|(id, token)| known.expect_entry(&config_name, id, token))?;
    }
    known.expect_special(config)?;
    if let Some(special) = optional(&special_path)? {
        known.expect_special(Fields { object: &special, file: &special_path.display().to_string() })?;
    }
    if let Some(added) = optional(&added_path)? {
        let file = added_path.display().to_string();
        added.iter().try_for_each(|(content, id)| known.expect(&file, "added_tokens.json", content, Some(id)))?;
    }
    Ok(Asked { prefix_space: changed, bos, ignores_no_bos })
}

/// The object in the file at `path`; None if there is no file.
fn optional(path: &Path) -> Result<Option<Map<String, Value>>> {
    if !path.exists() {
        return Ok(None);
    }
    let parsed = object(&read(path, CONFIGURATION)?);
    parsed
        .map(Some)
        .map_err(|what| Problem::new(path.display(), &what, what.remedy("use the file of the model's own repository")))
}

/// True or false; None if the key is missing or null.
fn flag(config: Fields<'_>, key: &str) -> Result<Option<bool>> {
    if config.object.get(key).is_some_and(Value::is_null) { Ok(None) } else { config.flag(key) }
}

fn unsupported(config: Fields<'_>, key: &str, supported: &str) -> Problem {
    let value = config.object.get(key).map(shown).unwrap_or_default();
    Problem::new(config.file, format_args!("{key} is {value}, which is not supported"), format_args!("supported: {supported}"))
}

/// The special tokens that a post-processor adds to a single text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Added {
    Nothing,
    /// One in front.
    Front,
    Other,
}

impl Added {
    /// Nothing, if the post-processor is `replaced`.
    fn but_for(self, replaced: bool) -> Self {
        if replaced { Self::Nothing } else { self }
    }
}

fn added(processor: &Value) -> Added {
    let items = |key: &str| processor.get(key).and_then(Value::as_array).into_iter().flatten();
    match processor.get("type").and_then(Value::as_str) {
        Some("TemplateProcessing") => {
            let special: Vec<bool> = items("single").map(|piece| piece.get("SpecialToken").is_some()).collect();
            match special[..] {
                [true, false] => Added::Front,
                _ if special.contains(&true) => Added::Other,
                _ => Added::Nothing,
            }
        }
        Some("Sequence") => {
            let all: Vec<Added> = items("processors").map(added).filter(|added| *added != Added::Nothing).collect();
            match all[..] {
                [] => Added::Nothing,
                [one] => one,
                _ => Added::Other,
            }
        }
        Some("ByteLevel") => Added::Nothing,
        None if processor.is_null() => Added::Nothing,
        // Those that add two tokens, and those that are not known.
        _ => Added::Other,
    }
}

/// The entries of `added_tokens` in `tokenizer.json`.
struct AddedTokens<'a>(Vec<&'a Value>);

impl<'a> AddedTokens<'a> {
    fn of(tokenizer: &'a Map<String, Value>) -> Self {
        Self(tokenizer.get("added_tokens").and_then(Value::as_array).into_iter().flatten().collect())
    }

    fn find(&self, content: &str) -> Option<&'a Value> {
        self.0.iter().copied().find(|token| token.get("content").and_then(Value::as_str) == Some(content))
    }

    /// Fails unless `tokenizer.json` has the added token `content`, and gives it `id` if that is stated: otherwise transformers would
    /// add it to the vocabulary.
    fn expect(&self, file: &str, key: &str, content: &str, id: Option<&Value>) -> Result<()> {
        let found = self.find(content);
        if found.is_some_and(|token| id.is_none() || token.get("id") == id) {
            return Ok(());
        }
        let id = id.map_or_else(String::new, |id| format!(" as number {}", shown(id)));
        Err(Problem::new(
            file,
            format_args!(
                "{key} has the token '{}'{id}, which is not among the added_tokens of tokenizer.json",
                excerpt(content, 40)
            ),
            "save the tokenizer again in Python, so that tokenizer.json holds all tokens: tokenizer.save_pretrained(folder)",
        ))
    }

    /// The same for an entry of `added_tokens_decoder`, whose rules of matching must be those of `tokenizer.json`, too.
    fn expect_entry(&self, file: &str, id: &str, token: &Value) -> Result<()> {
        const KEY: &str = "added_tokens_decoder";
        let number = id.parse::<u64>().ok().map(Value::from);
        let (Some(content), Some(number)) = (token.get("content").and_then(Value::as_str), number) else {
            let what = format!("{KEY} has the entry {}: {}, which is no token", excerpt(id, 20), shown(token));
            return Err(Problem::new(file, what, "it must be a number with an object that has a content"));
        };
        self.expect(file, KEY, content, Some(&number))?;
        self.expect_rules(file, KEY, content, token)
    }

    /// Fails if `token` says another rule of matching than the added token `content`, or none that can be one.
    fn expect_rules(&self, file: &str, key: &str, content: &str, token: &Value) -> Result<()> {
        let known = self.find(content);
        for name in ["lstrip", "rstrip", "single_word", "normalized", "special"] {
            let Some(stated) = token.get(name) else { continue };
            let content = excerpt(content, 40);
            if !stated.is_boolean() {
                let what = format!("{key} says {name} {} of the token '{content}'", shown(stated));
                return Err(Problem::new(file, what, "it must be true or false"));
            }
            if known.and_then(|known| known.get(name)).is_some_and(|known| known != stated) {
                let what = format!("{key} says another {name} of the token '{content}' than tokenizer.json");
                return Err(Problem::new(file, what, "save the tokenizer again in Python: tokenizer.save_pretrained(folder)"));
            }
        }
        Ok(())
    }

    /// Fails if a key names a special token that is not among the added tokens.
    fn expect_special(&self, config: Fields<'_>) -> Result<()> {
        let mut tokens: Vec<(&str, &Value)> =
            SPECIAL.into_iter().filter_map(|key| config.object.get(key).map(|token| (key, token))).collect();
        for key in ["additional_special_tokens", "extra_special_tokens"] {
            match config.object.get(key) {
                None | Some(Value::Null) => {}
                Some(Value::Array(list)) => tokens.extend(list.iter().map(|token| (key, token))),
                // Newer versions of transformers give names to them.
                Some(Value::Object(named)) => tokens.extend(named.values().map(|token| (key, token))),
                Some(_) => return Err(config.wrong(key, "a list of tokens")),
            }
        }
        for (key, token) in tokens.into_iter().filter(|(_, token)| !token.is_null()) {
            let content = token.as_str().or_else(|| token.get("content").and_then(Value::as_str));
            let content = content.ok_or_else(|| config.wrong(key, "the text of a token"))?;
            self.expect(config.file, key, content, None)?;
            self.expect_rules(config.file, key, content, token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENIZER: &str = r#"{"added_tokens": [{"id": 0, "content": "<|endoftext|>", "lstrip": false, "normalized": false}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "post_processor": POST}"#;
    const TEMPLATE: &str =
        r#"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|endoftext|>"}}, {"Sequence": {"id": "A"}}]}"#;

    const AROUND: &str = r#"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|endoftext|>"}},
        {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "<|endoftext|>"}}]}"#;

    /// The value of `add_prefix_space` after the settings were applied, which is recorded where it differs from the file's false.
    fn applied(post: &str, files: &[(&str, &str)]) -> Result<bool> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut tokenizer = object(TOKENIZER.replace("POST", post).as_bytes()).unwrap();
        let changed = apply(folder.path(), &mut tokenizer)?.prefix_space;
        let prefix_space = tokenizer["pre_tokenizer"]["add_prefix_space"].as_bool().unwrap();
        assert_eq!(changed, prefix_space.then_some(true));
        Ok(prefix_space)
    }

    #[test]
    fn a_token_in_front_is_said_and_not_added() {
        for (post, config, bos) in [
            ("null", "{}", None),
            ("null", r#"{"add_bos_token": true, "tokenizer_class": "GemmaTokenizer"}"#, Some("tokenizer_config.json")),
            (TEMPLATE, r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#, Some("tokenizer.json")),
            (TEMPLATE, r#"{"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": false}"#, None),
            (TEMPLATE, r#"{"tokenizer_class": "GemmaTokenizerFast", "add_bos_token": false}"#, None),
            // This class replaces the post-processor.
            (TEMPLATE, r#"{"tokenizer_class": "GPTNeoXTokenizer"}"#, None),
            ("null", r#"{"tokenizer_class": "Qwen2TokenizerFast", "add_bos_token": null}"#, None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("tokenizer_config.json"), config).unwrap();
            let mut tokenizer = object(TOKENIZER.replace("POST", post).as_bytes()).unwrap();
            let asked = apply(folder.path(), &mut tokenizer).unwrap();
            assert_eq!(asked.bos, bos, "{config}");
            // transformers 4 gives this one a BOS token all the same.
            let ignores = post == TEMPLATE && config.contains("PreTrainedTokenizerFast") && config.contains("false");
            assert_eq!(asked.ignores_no_bos, ignores, "{config}");
        }
    }

    #[test]
    fn settings_are_honoured_as_the_class_does() {
        for (post, config, prefix_space) in [
            ("null", "{}", false),
            ("null", r#"{"tokenizer_class": "GPTNeoXTokenizer", "add_bos_token": false, "bos_token": "<|endoftext|>"}"#, false),
            ("null", r#"{"tokenizer_class": "GPTNeoXTokenizerFast", "add_prefix_space": true}"#, true),
            // GPTNeoXTokenizer replaces the post-processor.
            (TEMPLATE, r#"{"tokenizer_class": "GPTNeoXTokenizer"}"#, false),
            ("null", r#"{"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": false}"#, false),
            ("null", r#"{"added_tokens_decoder": {"0": {"content": "<|endoftext|>", "normalized": false}}}"#, false),
            ("null", r#"{"pad_token": null, "eos_token": {"content": "<|endoftext|>"}, "model_max_length": 1e30}"#, false),
        ] {
            assert_eq!(applied(post, &[("tokenizer_config.json", config)]), Ok(prefix_space), "{config}");
        }
    }

    #[test]
    fn what_would_change_the_tokens_is_refused_by_its_key() {
        let config = "tokenizer_config.json";
        for (post, file, text, says) in [
            ("null", config, r#"{"add_eos_token": true}"#, "add_eos_token is true"),
            ("null", config, r#"{"add_bos_token": "yes"}"#, "add_bos_token is \"yes\""),
            ("null", config, r#"{"split_special_tokens": true}"#, "split_special_tokens is true"),
            ("null", config, r#"{"tokenizer_class": "LlamaTokenizer"}"#, "tokenizer_class is \"LlamaTokenizer\""),
            ("null", config, r#"{"auto_map": {"AutoTokenizer": ["a", null]}}"#, "auto_map"),
            (
                "null",
                config,
                r#"{"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": true}"#,
                "add_prefix_space is true",
            ),
            (AROUND, config, r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#, "post_processor adds other special tokens"),
            (
                "null",
                config,
                r#"{"added_tokens_decoder": {"50290": {"content": " runs"}}}"#,
                "added_tokens_decoder has the token ' runs'",
            ),
            ("null", config, r#"{"added_tokens_decoder": {"7": {"content": "<|endoftext|>"}}}"#, "as number 7"),
            (
                "null",
                config,
                r#"{"added_tokens_decoder": {"0": {"content": "<|endoftext|>", "lstrip": true}}}"#,
                "another lstrip",
            ),
            ("null", config, r#"{"added_tokens_decoder": {"x": 5}}"#, "which is no token"),
            ("null", config, r#"{"bos_token": "<s>"}"#, "bos_token has the token '<s>'"),
            ("null", config, r#"{"additional_special_tokens": ["<a>"]}"#, "additional_special_tokens has the token '<a>'"),
            ("null", config, r#"{"bos_token": 5}"#, "bos_token is 5"),
            ("null", "config.json", r#"{"tokenizer_class": "LlamaTokenizer"}"#, "config.json: tokenizer_class is"),
            ("null", "special_tokens_map.json", r#"{"pad_token": "[PAD]"}"#, "pad_token has the token '[PAD]'"),
            ("null", "added_tokens.json", r#"{" runs": 50290}"#, "the token ' runs' as number 50290"),
            ("null", config, "[]", "is an array"),
        ] {
            let said = applied(post, &[(file, text)]).unwrap_err().to_string();
            assert!(said.contains(says), "{text}: {said}");
        }
    }
}

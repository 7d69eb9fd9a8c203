//! The files beside `tokenizer.json` that change what `AutoTokenizer` of transformers makes of a text: `tokenizer_config.json`,
//! `special_tokens_map.json`, `added_tokens.json`.
//!
//! The rules are those of transformers 4.42 (`tokenization_utils_base.py`, `models/gpt_neox/tokenization_gpt_neox_fast.py`). What would
//! add tokens to prompts, or a token to the vocabulary, is refused by the name of its key: no pair with one-token answers would be left.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::json::{Fields, Typed, object, shown};
use super::tokenizer_class::Class;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::files::whole::{CONFIGURATION, is_present, read};

/// Keys that change nothing here, with the types of their values.
const RECORDS: [Typed; 7] = [
    ("a number", Value::is_number, "model_max_length max_len max_length stride pad_to_multiple_of pad_token_type_id"),
    (
        "true or false",
        Value::is_boolean,
        "clean_up_tokenization_spaces legacy use_fast use_default_system_prompt trim_offsets spaces_between_special_tokens is_local \
         local_files_only",
    ),
    (
        "text",
        Value::is_string,
        "name_or_path special_tokens_map_file tokenizer_file vocab_file merges_file errors transformers_version processor_class \
         truncation_strategy backend",
    ),
    ("\"left\" or \"right\"", |value| value == "left" || value == "right", "padding_side truncation_side"),
    ("a list of texts", |value| value.as_array().is_some_and(|names| names.iter().all(Value::is_string)), "model_input_names"),
    ("a text, or a list of objects", |value| value.is_string() || value.is_array(), "chat_template"),
    ("an object", Value::is_object, "sp_model_kwargs"),
];

/// Keys that are read, or refused where they ask for something.
const READ: &str = "add_bos_token add_eos_token add_prefix_space added_tokens_decoder additional_special_tokens auto_map \
                    extra_special_tokens fast_tokenizer_files from_slow model_specific_special_tokens split_special_tokens \
                    tokenizer_class";

/// Keys that name special tokens.
const SPECIAL: [&str; 7] = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];

/// The files that [`apply`] reads in the folder of a tokenizer.
pub fn files(folder: &Path) -> [PathBuf; 3] {
    ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"].map(|name| folder.join(name))
}

/// What the files beside a `tokenizer.json` ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The value of `add_prefix_space`, if they set it to another than stands in `tokenizer.json`.
    pub prefix_space: Option<bool>,
    /// The file that asks for a BOS token in front of a text, if one does. Prompts are tokenised without it: whether they get one, the
    /// dictionaries say.
    pub bos: Option<&'static str>,
    /// Whether `add_bos_token` is false though `tokenizer.json` adds a BOS token, and transformers ignores the key for this class.
    pub ignores_no_bos: bool,
    /// The tokens that the files call the BOS token.
    pub bos_tokens: Vec<BosToken>,
    /// What a reader of the results should know of the files: sentences without a full stop.
    pub notes: Vec<String>,
}

/// A token that a file calls the BOS token, or puts in front of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BosToken {
    /// The name of the file.
    pub file: &'static str,
    /// What the file says, for a sentence: "bos_token is '<s>'".
    pub said: String,
    /// The token's number.
    pub id: u64,
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
    if flag(config, "from_slow")? == Some(true) {
        return Err(unsupported(config, "from_slow", "false: transformers would make another tokenizer than tokenizer.json"));
    }
    // transformers takes the file for the highest version that is not above its own.
    let is_usual = |value: &Value| value.as_array().is_some_and(|files| files.iter().all(|file| file == "tokenizer.json"));
    if config.object.get("fast_tokenizer_files").is_some_and(|value| !value.is_null() && !is_usual(value)) {
        let supported = "tokenizer.json alone: versions of transformers would read another of these files";
        return Err(unsupported(config, "fast_tokenizer_files", supported));
    }
    // The model's own configuration is asked where the tokenizer's says nothing.
    let model_path = folder.join("config.json");
    let model_name = model_path.display().to_string();
    let model = optional(&model_path)?.unwrap_or_default();
    let class = Class::of(config, Fields { object: &model, file: &model_name })?;
    let mut notes = unread(config);
    let stated = flag(config, "add_prefix_space")?;
    let wanted = if class.sets_prefix_space() { Some(stated.unwrap_or(false)) } else { stated };
    let mut changed = None;
    let current = tokenizer.get_mut("pre_tokenizer").and_then(|settings| settings.get_mut("add_prefix_space"));
    if let (Some(wanted), Some(current)) = (wanted, current)
        && current.as_bool() != Some(wanted)
    {
        if !class.sets_prefix_space() {
            return Err(unsupported(
                config,
                "add_prefix_space",
                "the value in tokenizer.json: versions of transformers differ here",
            ));
        }
        *current = wanted.into();
        changed = Some(wanted);
    }
    let added = tokenizer.get("post_processor").filter(|_| !class.replaces_post_processor()).map_or(Added::Nothing, added);
    if added == Added::Other {
        return Err(Problem::new(
            folder.join("tokenizer.json").display(),
            format_args!(
                "its post_processor does something else than to add one special token in front, and tokenizer_class is {}",
                class.full
            ),
            "supported are prompts with at most a BOS token: set post_processor to null, or tokenizer_class to GPTNeoXTokenizer",
        ));
    }
    let is_front = matches!(added, Added::Front(_));
    let asks = flag(config, "add_bos_token")?;
    let ignores_no_bos = asks == Some(false) && is_front && !class.follows_add_bos();
    let bos = match asks {
        Some(asks) => asks.then_some("tokenizer_config.json"),
        None if class.adds_bos() => Some(class.file),
        None => is_front.then_some("tokenizer.json"),
    };
    let known = AddedTokens::of(tokenizer);
    if let Some(decoder) = config.object("added_tokens_decoder")? {
        decoder.object.iter().try_for_each(|(id, token)| known.expect_entry(&config_name, id, token))?;
    }
    known.expect_special(config)?;
    let special_name = special_path.display().to_string();
    let special = optional(&special_path)?.unwrap_or_default();
    let special = Fields { object: &special, file: &special_name };
    known.expect_special(special)?;
    notes.extend(unread(special));
    let bos_tokens = bos_tokens(&known, config, special, &class, &added);
    if let Some(added) = optional(&added_path)? {
        let file = added_path.display().to_string();
        added.iter().try_for_each(|(content, id)| known.expect(&file, "added_tokens.json", content, Some(id)))?;
    }
    Ok(Asked { prefix_space: changed, bos, ignores_no_bos, bos_tokens, notes })
}

/// One note for each key of `fields` that is not known: it may be one that transformers reads.
fn unread(fields: Fields<'_>) -> Vec<String> {
    let is_known = |key: &str| {
        let among = |names: &str| names.split_whitespace().any(|name| name == key);
        SPECIAL.contains(&key) || among(READ) || RECORDS.iter().any(|(.., names)| among(names))
    };
    let foreign = fields.object.iter().filter(|(key, value)| !value.is_null() && !is_known(key));
    foreign.map(|(key, value)| format!("{} says {} {}, which is not read", fields.file, excerpt(key, 60), shown(value))).collect()
}

/// The tokens that are called the BOS token: by the settings, by the class where they name none, and by the post-processor.
fn bos_tokens(known: &AddedTokens<'_>, config: Fields<'_>, special: Fields<'_>, class: &Class, added: &Added) -> Vec<BosToken> {
    let of = |file: &'static str, said: &str, content: &str| {
        let id = known.find(content)?.get("id")?.as_u64()?;
        Some(BosToken { file, said: format!("{said} '{}'", excerpt(content, 40)), id })
    };
    let named = |fields: Fields<'_>, file: &'static str| of(file, "bos_token is", content(fields.object.get("bos_token")?)?);
    let mut tokens: Vec<BosToken> =
        [named(config, "tokenizer_config.json"), named(special, "special_tokens_map.json")].into_iter().flatten().collect();
    let is_silent = |fields: Fields<'_>| !fields.object.contains_key("bos_token");
    if let (true, Some(usual)) = (is_silent(config) && is_silent(special), class.bos_token()) {
        tokens.extend(of(class.file, &format!("the bos_token of {} is", class.full), usual));
    }
    if let Added::Front(token) = added {
        tokens.push(token.clone());
    }
    tokens
}

/// The text of a token, which is written as text or as an object with its rules.
fn content(token: &Value) -> Option<&str> {
    token.as_str().or_else(|| token.get("content").and_then(Value::as_str))
}

/// The object in the file at `path`; None if there is no file.
fn optional(path: &Path) -> Result<Option<Map<String, Value>>> {
    if !is_present(path)? {
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
#[derive(Debug, Clone, PartialEq, Eq)]
enum Added {
    Nothing,
    /// One in front.
    Front(BosToken),
    Other,
}

fn added(processor: &Value) -> Added {
    match processor.get("type").and_then(Value::as_str) {
        Some("TemplateProcessing") => {
            let pieces = processor.get("single").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let is_text = |piece: &Value| piece.get("Sequence").and_then(|text| text.get("id")).is_some_and(|id| id == "A");
            match pieces {
                [text] if is_text(text) => Added::Nothing,
                [token, text] if is_text(text) => {
                    let token = token.get("SpecialToken");
                    token.and_then(|token| in_front(processor, token)).map_or(Added::Other, Added::Front)
                }
                // More tokens, the text twice or not at all.
                _ => Added::Other,
            }
        }
        Some("Sequence") => {
            let Some(processors) = processor.get("processors").and_then(Value::as_array) else { return Added::Other };
            let mut all: Vec<Added> = processors.iter().map(added).filter(|added| *added != Added::Nothing).collect();
            match (all.pop(), all.is_empty()) {
                (None, _) => Added::Nothing,
                (Some(one), true) => one,
                _ => Added::Other,
            }
        }
        Some("ByteLevel") => Added::Nothing,
        None if processor.is_null() => Added::Nothing,
        // Those that add two tokens, and those that are not known.
        _ => Added::Other,
    }
}

/// The one token that the piece `token` of a template stands for; None if it stands for several.
fn in_front(template: &Value, token: &Value) -> Option<BosToken> {
    let name = token.get("id")?.as_str()?;
    let [id] = template.get("special_tokens")?.get(name)?.get("ids")?.as_array()?.as_slice() else { return None };
    let said = format!("its post_processor puts '{}' in front of texts", excerpt(name, 40));
    Some(BosToken { file: "tokenizer.json", said, id: id.as_u64()? })
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
        for key in ["additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"] {
            match config.object.get(key) {
                None | Some(Value::Null) => {}
                Some(Value::Array(list)) => tokens.extend(list.iter().map(|token| (key, token))),
                // Newer versions of transformers give names to them.
                Some(Value::Object(named)) => tokens.extend(named.values().map(|token| (key, token))),
                Some(_) => return Err(config.wrong(key, "a list of tokens")),
            }
        }
        for (key, token) in tokens.into_iter().filter(|(_, token)| !token.is_null()) {
            let content = content(token);
            let content = content.ok_or_else(|| config.wrong(key, "the text of a token"))?;
            self.expect(config.file, key, content, None)?;
            self.expect_rules(config.file, key, content, token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "tokenizer_settings_tests.rs"]
mod tests;

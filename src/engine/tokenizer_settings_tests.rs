//! Tests of what is read beside `tokenizer.json`.

use super::*;

const TOKENIZER: &str = r#"{"added_tokens": [{"id": 0, "content": "<|endoftext|>", "lstrip": false, "normalized": false}],
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "post_processor": POST}"#;
const TEMPLATE: &str = r#"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|endoftext|>"}}, {"Sequence": {"id": "A"}}],
        "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}}"#;

const TWICE: &str = r#"{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"Sequence": {"id": "A"}}],
        "special_tokens": {}}"#;

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

/// What the files ask for beside a `config.json` of the family `model_type`; `more` are further added tokens.
fn asked(model_type: &str, post: &str, config: Option<&str>, more: &str) -> Result<Asked> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), format!(r#"{{"model_type": "{model_type}"}}"#)).unwrap();
    if let Some(config) = config {
        std::fs::write(folder.path().join("tokenizer_config.json"), config).unwrap();
    }
    let text = TOKENIZER.replace("POST", post).replace("\"normalized\": false}", &format!("\"normalized\": false}}{more}"));
    apply(folder.path(), &mut object(text.as_bytes()).unwrap())
}

#[test]
fn the_family_decides_where_no_class_is_named() {
    for (family, post, config, bos) in [
        ("gpt_neox", TEMPLATE, None, None),
        ("gpt2", TEMPLATE, None, Some("tokenizer.json")),
        ("gpt2", TEMPLATE, Some("{}"), Some("tokenizer.json")),
        ("gpt2", "null", None, None),
        ("qwen2", TEMPLATE, None, Some("tokenizer.json")),
        ("qwen3", "null", None, None),
        // The class asks for a BOS token unless it is told otherwise, whatever the post-processor does.
        ("gemma2", "null", None, Some("config.json")),
        ("gemma2", "null", Some("{}"), Some("config.json")),
        ("llama", "null", Some(r#"{"tokenizer_class": "GemmaTokenizer"}"#), Some("tokenizer_config.json")),
        ("gemma2", AROUND, Some(r#"{"add_bos_token": false}"#), None),
    ] {
        assert_eq!(asked(family, post, config, "").unwrap().bos, bos, "{family} {post} {config:?}");
    }
    assert!(asked("gpt2", AROUND, None, "").is_err());
    assert!(asked("llama", "null", None, "").unwrap_err().what().contains("LlamaTokenizer, which is not supported"));
    // Only GPT-NeoX and GPT-2 set add_prefix_space.
    let spaced = TOKENIZER.replace("\"add_prefix_space\": false", "\"add_prefix_space\": true").replace("POST", "null");
    for (family, is_set) in [("gpt_neox", true), ("gpt2", true), ("qwen2", false), ("gemma2", false)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), format!(r#"{{"model_type": "{family}"}}"#)).unwrap();
        let changed = apply(folder.path(), &mut object(spaced.as_bytes()).unwrap()).unwrap().prefix_space;
        assert_eq!(changed, is_set.then_some(false), "{family}");
    }
}

#[test]
fn every_token_that_is_called_bos_is_said_with_its_number() {
    let more = r#", {"id": 2, "content": "<bos>"}"#;
    let said = |family: &str, post: &str, config: &str| -> Vec<(&'static str, u64)> {
        let tokens = asked(family, post, Some(config), more).unwrap().bos_tokens;
        tokens.into_iter().map(|token| (token.file, token.id)).collect()
    };
    assert_eq!(said("gpt2", "null", "{}"), [("config.json", 0)]);
    assert_eq!(said("gpt2", "null", r#"{"bos_token": "<bos>"}"#), [("tokenizer_config.json", 2)]);
    assert_eq!(said("gemma2", "null", "{}"), [("config.json", 2)]);
    // Qwen's tokenizer has none.
    assert_eq!(said("qwen2", "null", r#"{"bos_token": null}"#), []);
    let template = TEMPLATE.replace("<|endoftext|>", "<bos>").replace("[0]", "[2]");
    assert_eq!(said("gpt2", &template, "{}"), [("config.json", 0), ("tokenizer.json", 2)]);
}

#[test]
fn a_key_that_is_not_known_is_said() {
    let config = r#"{"chat_template": "x", "pad_token": null, "mood": 3, "model_max_length": 1}"#;
    let notes = asked("gpt2", "null", Some(config), "").unwrap().notes;
    assert!(matches!(&notes[..], [note] if note.ends_with("tokenizer_config.json says mood 3, which is not read")), "{notes:?}");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_taken_for_no_settings() {
    for name in ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"] {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("gone", folder.path().join(name)).unwrap();
        let mut tokenizer = object(TOKENIZER.replace("POST", "null").as_bytes()).unwrap();
        assert!(apply(folder.path(), &mut tokenizer).unwrap_err().what().contains("is a link"), "{name}");
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
        ("null", config, r#"{"from_slow": true}"#, "from_slow is true"),
        (
            "null",
            config,
            r#"{"fast_tokenizer_files": ["tokenizer.4.0.0.json", "tokenizer.json"]}"#,
            "fast_tokenizer_files is [\"tokenizer.4.0.0.json\"",
        ),
        ("null", config, r#"{"tokenizer_class": "LlamaTokenizer"}"#, "tokenizer_class is \"LlamaTokenizer\""),
        ("null", config, r#"{"auto_map": {"AutoTokenizer": ["a", null]}}"#, "auto_map"),
        (
            "null",
            config,
            r#"{"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": true}"#,
            "add_prefix_space is true",
        ),
        (AROUND, config, r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#, "post_processor does something else"),
        (TWICE, config, r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#, "post_processor does something else"),
        (
            r#"{"type": "Sequence", "processors": {}}"#,
            config,
            r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#,
            "post_processor does something else",
        ),
        (
            r#"{"type": "TemplateProcessing", "single": "$A", "special_tokens": {}}"#,
            config,
            r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#,
            "post_processor does something else",
        ),
        (
            "null",
            config,
            r#"{"added_tokens_decoder": {"50290": {"content": " runs"}}}"#,
            "added_tokens_decoder has the token ' runs'",
        ),
        ("null", config, r#"{"added_tokens_decoder": {"7": {"content": "<|endoftext|>"}}}"#, "as number 7"),
        ("null", config, r#"{"added_tokens_decoder": {"0": {"content": "<|endoftext|>", "lstrip": true}}}"#, "another lstrip"),
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

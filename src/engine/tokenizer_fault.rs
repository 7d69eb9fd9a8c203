//! What is wrong with a `tokenizer.json` that the library refused: it says only that it does, or speaks of its own types.

use serde_json::{Map, Value};

use super::json::{kind, shown};
use crate::core::text::excerpt;

/// The kinds of a part, and the key under which a sequence holds more of them.
struct Part {
    key: &'static str,
    inner: &'static str,
    kinds: &'static str,
}

const PARTS: [Part; 3] = [
    Part {
        key: "normalizer",
        inner: "normalizers",
        kinds: "BertNormalizer Strip StripAccents NFC NFD NFKC NFKD Sequence Lowercase Nmt Precompiled Replace Prepend ByteLevel",
    },
    Part {
        key: "pre_tokenizer",
        inner: "pretokenizers",
        kinds: "BertPreTokenizer ByteLevel CharDelimiterSplit Metaspace Whitespace Sequence Split Punctuation WhitespaceSplit Digits \
                UnicodeScripts FixedLength",
    },
    Part {
        key: "decoder",
        inner: "decoders",
        kinds: "BPEDecoder ByteLevel WordPiece Metaspace CTC Sequence Replace Fuse Strip ByteFallback",
    },
];

const MODELS: [&str; 4] = ["BPE", "Unigram", "WordPiece", "WordLevel"];

/// The first fault that is found, and what helps; None if none of these is there.
pub fn fault(settings: &Map<String, Value>) -> Option<(String, String)> {
    let wrong = |what: String, must: &str| Some((what, format!("it must be {must}: use the model's own tokenizer.json")));
    if let Some(version) = settings.get("version").filter(|version| *version != "1.0") {
        return wrong(format!("its version is {}", shown(version)), "\"1.0\"");
    }
    let model = settings.get("model").unwrap_or(&Value::Null);
    let Some(model) = model.as_object() else { return wrong(format!("its model is {}", kind(model)), "an object with a type") };
    match model.get("type") {
        Some(Value::String(name)) if !MODELS.contains(&name.as_str()) => {
            return wrong(format!("its model is of the type '{}'", excerpt(name, 40)), &MODELS.join(", "));
        }
        Some(Value::String(_)) | None => {}
        Some(other) => return wrong(format!("the type of its model is {}", shown(other)), &MODELS.join(", ")),
    }
    in_vocabulary(model)
        .or_else(|| in_added(settings))
        .or_else(|| PARTS.iter().find_map(|part| in_part(settings.get(part.key)?, part)))
}

fn in_vocabulary(model: &Map<String, Value>) -> Option<(String, String)> {
    let fault = |what: String, must: &str| Some((what, format!("it must be {must}: use the model's own tokenizer.json")));
    let vocabulary = match model.get("vocab") {
        Some(Value::Object(vocabulary)) => vocabulary,
        // That of Unigram models.
        Some(Value::Array(list)) => {
            let is_piece =
                |piece: &&Value| piece.get(0).is_some_and(Value::is_string) && piece.get(1).is_some_and(Value::is_number);
            let other = list.iter().find(|piece| !is_piece(piece))?;
            return fault(format!("its model.vocab has the entry {}", shown(other)), "a text and a number");
        }
        other => {
            let what = other.map_or("missing", kind);
            return fault(format!("its model.vocab is {what}"), "an object from tokens to numbers");
        }
    };
    let is_number = |value: &Value| value.as_u64().is_some_and(|number| u32::try_from(number).is_ok());
    if let Some((token, number)) = vocabulary.iter().find(|(_, number)| !is_number(number)) {
        let what = format!("its model.vocab gives the token '{}' the number {}", excerpt(token, 40), shown(number));
        return fault(what, "a whole number from 0 to 4294967295");
    }
    let merges = match model.get("merges") {
        None => return None,
        Some(Value::Array(merges)) => merges,
        Some(other) => return fault(format!("its model.merges is {}", kind(other)), "a list"),
    };
    for merge in merges {
        let parts: Option<Vec<&str>> = match merge {
            Value::String(text) => Some(text.split(' ').collect()),
            Value::Array(parts) => parts.iter().map(Value::as_str).collect(),
            _ => None,
        };
        let Some([one, other]) = parts.as_deref() else {
            return fault(format!("its model.merges has the entry {}", shown(merge)), "two tokens with a space between them");
        };
        let joined = format!("{one}{other}");
        if let Some(missing) = [*one, *other, &joined].into_iter().find(|token| !vocabulary.contains_key(*token)) {
            let what =
                format!("its model.merges joins {}, but model.vocab has no token '{}'", shown(merge), excerpt(missing, 40));
            return fault(what, "a token of the vocabulary");
        }
    }
    None
}

fn in_added(settings: &Map<String, Value>) -> Option<(String, String)> {
    let added = settings.get("added_tokens")?;
    let is_token = |token: &&Value| {
        let number = token.get("id").and_then(Value::as_u64).is_some_and(|id| u32::try_from(id).is_ok());
        let rules = ["single_word", "lstrip", "rstrip", "normalized", "special"];
        number
            && token.get("content").is_some_and(Value::is_string)
            && rules.iter().all(|rule| token.get(rule).is_none_or(Value::is_boolean))
    };
    let must = "an object with an id from 0 on, a content and rules that are true or false: use the model's own tokenizer.json";
    match added {
        Value::Array(tokens) => {
            let other = tokens.iter().find(|token| !is_token(token))?;
            Some((format!("its added_tokens has the entry {}", shown(other)), format!("each must be {must}")))
        }
        other => Some((
            format!("its added_tokens is {}", kind(other)),
            "it must be a list: use the model's own tokenizer.json".to_owned(),
        )),
    }
}

/// A fault of a normalizer, a pre-tokenizer or a decoder, or of one in a sequence.
fn in_part(value: &Value, part: &Part) -> Option<(String, String)> {
    if value.is_null() {
        return None;
    }
    let known: Vec<&str> = part.kinds.split_whitespace().collect();
    match value.get("type").and_then(Value::as_str) {
        Some("Sequence") => value.get(part.inner).and_then(Value::as_array)?.iter().find_map(|inner| in_part(inner, part)),
        Some(name) if known.contains(&name) => None,
        Some(name) => {
            Some((format!("its {} is of the type '{}'", part.key, excerpt(name, 40)), format!("known are {}", known.join(", "))))
        }
        None => Some((format!("its {} {} has no type", part.key, shown(value)), format!("known are {}", known.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::json::object;

    #[test]
    fn every_fault_names_its_field() {
        let whole = r#"{"version": "1.0", "added_tokens": ADDED, "normalizer": NORMAL, "pre_tokenizer": PRE, "decoder": null,
            "model": {"type": "BPE", "vocab": VOCAB, "merges": MERGES}}"#;
        let with = |key: &str, value: &str| {
            let rest = [
                ("ADDED", "[]"),
                ("NORMAL", "null"),
                ("PRE", "null"),
                ("VOCAB", r#"{"a": 0, "b": 1, "ab": 2}"#),
                ("MERGES", r#"["a b"]"#),
            ];
            let text = rest.iter().fold(whole.replace(key, value), |text, (key, value)| text.replace(key, value));
            object(text.as_bytes()).unwrap()
        };
        assert_eq!(fault(&with("MERGES", r#"[["a", "b"]]"#)), None);
        for (key, value, says) in [
            ("VOCAB", r#"{"a": -1}"#, "its model.vocab gives the token 'a' the number -1"),
            ("VOCAB", r#"{"a": 1.5}"#, "the number 1.5"),
            ("VOCAB", "3", "its model.vocab is a number"),
            ("MERGES", r#"["ab"]"#, "its model.merges has the entry \"ab\""),
            ("MERGES", r#"["a c"]"#, "model.vocab has no token 'c'"),
            ("MERGES", "{}", "its model.merges is an object"),
            ("ADDED", r#"[{"id": -1, "content": "x"}]"#, "its added_tokens has the entry"),
            ("ADDED", r#"[{"id": 1, "content": "x", "lstrip": 3}]"#, "its added_tokens has the entry"),
            ("NORMAL", r#"{"type": "Bogus"}"#, "its normalizer is of the type 'Bogus'"),
            ("PRE", r#"{"type": "Sequence", "pretokenizers": [{"type": "X"}]}"#, "its pre_tokenizer is of the type 'X'"),
            ("\"BPE\"", "\"GPT\"", "its model is of the type 'GPT'"),
            ("\"1.0\"", "\"2.0\"", "its version is \"2.0\""),
        ] {
            let said = fault(&with(key, value)).unwrap_or_else(|| panic!("{key} {value}")).0;
            assert!(said.contains(says), "{value}: {said}");
        }
    }
}

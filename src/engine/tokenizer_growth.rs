//! How much longer a text can become, or how long it can take, by what a `tokenizer.json` says: a few lines of settings can multiply a text
//! without end.

use std::panic::catch_unwind;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use tokenizers::normalizers::Precompiled;

use super::json::shown;

/// The parts that change a text, and most times as long as each may make it. Llama's and Gemma's normalizers replace a space by `▁`, three
/// bytes; pre-tokenizers write bytes as letters of two bytes.
const MOST: [(&str, f64); 3] = [("normalizer", 100.0), ("pre_tokenizer", 10.0), ("decoder", 100.0)];

/// Most bytes that are put in front of a text, or in front of or behind a part of a word.
const LONGEST_PREFIX: usize = 1_000;

/// Longest word in characters that WordPiece may take apart, ten times what models have: the time grows with the square.
const LONGEST_WORD: u64 = 1_000;

/// How many times as long Unicode's compatible forms make a text in UTF-8 at most, by U+FDFA, and how many times the others.
/// Source: <https://unicode.org/faq/normalization.html>.
const COMPATIBLE_FORM: f64 = 11.0;
const CANONICAL_FORM: f64 = 3.0;

/// What is wrong with a tokenizer, if a text could become too long by it, or take too long.
pub fn fault(settings: &Map<String, Value>) -> Option<String> {
    MOST.into_iter()
        .find_map(|(part, most)| in_part(part, most, settings.get(part)?))
        .or_else(|| in_model(settings.get("model")?))
}

fn in_part(part: &str, most: f64, value: &Value) -> Option<String> {
    let steps = steps(value);
    let prefix: usize = steps.iter().filter_map(|step| text(step, "prepend")).map(str::len).sum();
    if prefix > LONGEST_PREFIX {
        return Some(format!("its {part} puts {prefix} bytes in front of a text, more than {LONGEST_PREFIX}"));
    }
    let times = growth(&steps, part);
    if times.is_infinite() {
        return Some(format!("its {part} holds a precompiled_charsmap that is cut short"));
    }
    (times > most).then(|| format!("its {part} can make a text {times:.0} times as long, more than {most}"))
}

fn in_model(model: &Value) -> Option<String> {
    let long =
        |name: &str| text(model, name).filter(|text| text.len() > LONGEST_PREFIX).map(|text| (name.to_owned(), text.len()));
    if let Some((name, length)) = ["continuing_subword_prefix", "end_of_word_suffix"].into_iter().find_map(long) {
        return Some(format!("its model's {name} has {length} bytes, more than {LONGEST_PREFIX}"));
    }
    let word = model.get("max_input_chars_per_word")?;
    (word.as_f64()? > LONGEST_WORD as f64)
        .then(|| format!("its model's max_input_chars_per_word is {}, more than {LONGEST_WORD}", shown(word)))
}

/// What one step does to the length of a text.
enum Growth {
    /// It puts other text in, up to so many times as long, each time again.
    Times(f64),
    /// It brings a text into a form, up to so many times as long. A text in that form stays as it is.
    Form(f64),
}

/// How many times as long a text can become by one step after another.
fn growth(steps: &[&Value], part: &str) -> f64 {
    let (mut times, mut form) = (1.0, 1.0_f64);
    for step in steps {
        match of_step(step, part) {
            Growth::Times(own) => (times, form) = (times * own, 1.0),
            Growth::Form(own) => (times, form) = (times * (own / form).max(1.0), form.max(own)),
        }
    }
    times
}

fn of_step(step: &Value, part: &str) -> Growth {
    if let (Some(content), Some(pattern)) = (text(step, "content"), step.get("pattern")) {
        // A regular expression can match single bytes, and the empty text between them.
        let pattern = text(pattern, "String").or_else(|| pattern.as_str()).filter(|pattern| !pattern.is_empty());
        let replaced = pattern.map_or(content.len() as f64 + 1.0, |pattern| content.len() as f64 / pattern.len() as f64);
        return Growth::Times(replaced.max(1.0));
    }
    let name = text(step, "type").unwrap_or_else(|| untyped(step));
    match (part, name) {
        ("normalizer", "NFKC" | "NFKD") => Growth::Form(COMPATIBLE_FORM),
        // `İ` in lower case is an i and a point.
        ("normalizer", "NFC" | "NFD" | "Lowercase") => Growth::Form(CANONICAL_FORM),
        ("normalizer", "Precompiled") => Growth::Times(text(step, "precompiled_charsmap").map_or(1.0, of_map)),
        // Spaces around a Chinese character, which has three bytes.
        ("normalizer", "Bert" | "BertNormalizer") => Growth::Times(5.0 / 3.0),
        ("normalizer", "ByteLevel") => Growth::Times(2.0),
        // Every byte can become a letter of two, and each part of the text can get a space in front.
        ("pre_tokenizer", "ByteLevel") => {
            let is_prefixed = step.get("add_prefix_space").and_then(Value::as_bool).unwrap_or(false);
            Growth::Times(if is_prefixed { 4.0 } else { 2.0 })
        }
        // A space becomes the replacement, and each part of the text can get one in front.
        ("pre_tokenizer", "Metaspace") => Growth::Times(1.0 + text(step, "replacement").map_or(0.0, |text| text.len() as f64)),
        // What is replaced by a space may be the empty text before each character.
        ("decoder", "BPEDecoder") if text(step, "suffix") == Some("") => Growth::Times(2.0),
        ("decoder", "CTC") if text(step, "word_delimiter_token") == Some("") => Growth::Times(2.0),
        _ => Growth::Times(1.0),
    }
}

/// The type of a step that older versions wrote without it.
fn untyped(step: &Value) -> &'static str {
    [("precompiled_charsmap", "Precompiled"), ("handle_chinese_chars", "Bert"), ("trim_offsets", "ByteLevel")]
        .into_iter()
        .find(|(key, _)| step.get(key).is_some())
        .map_or("", |(_, name)| name)
}

/// How many times as long a text can become by the character map of sentencepiece: the length of a table in bytes (u32), the table, and all
/// replacements with a zero behind each. Infinite if the map is cut short: the library would reserve the memory that it claims.
fn of_map(encoded: &str) -> f64 {
    let Ok(map) = STANDARD.decode(encoded) else { return 1.0 };
    let Some((length, rest)) = map.split_first_chunk::<4>() else { return 1.0 };
    let Some(replacements) = rest.get(u32::from_le_bytes(*length) as usize..) else { return f64::INFINITY };
    let longest = replacements.split(|byte| *byte == 0).map(<[u8]>::len).max().unwrap_or(0) as f64;
    // What is replaced has two bytes or more, unless it is one of the characters of one byte, which are asked for. The library panics on a
    // table that contradicts itself, and is not used then.
    let of_byte = catch_unwind(|| {
        let map = Precompiled::from(&map).ok()?;
        let replaced = |character: char| map.transform(character.encode_utf8(&mut [0; 4])).map_or(1, str::len);
        ('\0'..='\x7f').map(replaced).max()
    });
    of_byte.ok().flatten().map_or(longest, |of_byte| of_byte as f64).max(longest / 2.0).max(1.0)
}

/// All steps of a part, in their order; a sequence of sequences is one.
fn steps(part: &Value) -> Vec<&Value> {
    let of = |name: &str| part.get(name).and_then(Value::as_array);
    match ["normalizers", "pretokenizers", "decoders"].into_iter().find_map(of) {
        Some(inner) => inner.iter().flat_map(steps).collect(),
        None => vec![part],
    }
}

fn text<'a>(part: &'a Value, name: &str) -> Option<&'a str> {
    part.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(part: &str, value: Value) -> Option<String> {
        fault(&Map::from_iter([(part.to_owned(), value)]))
    }

    fn replace(pattern: &str, content: &str) -> Value {
        json!({ "type": "Replace", "pattern": { "String": pattern }, "content": content })
    }

    #[test]
    fn replacements_that_multiply_a_text_are_named() {
        let tens = |count: usize| json!({ "type": "Sequence", "normalizers": vec![replace("a", "aaaaaaaaaa"); count] });
        assert_eq!((of("normalizer", tens(1)), of("normalizer", tens(2))), (None, None));
        assert!(of("normalizer", tens(3)).unwrap().contains("1000 times as long"));
        let nested = json!({ "normalizers": [tens(2), { "normalizers": [replace("ab", "abababab")] }] });
        assert!(of("normalizer", nested).unwrap().contains("400 times"));
        let empty = json!({ "type": "Replace", "pattern": { "Regex": "" }, "content": "x".repeat(200) });
        assert!(of("decoder", json!({ "decoders": [empty] })).is_some());
        assert!(of("normalizer", json!({ "type": "Prepend", "prepend": "a".repeat(2_000) })).unwrap().contains("2000 bytes"));
    }

    #[test]
    fn steps_that_multiply_a_text_are_named() {
        let of_many =
            |part: &str, key: &str, step: &Value, count: usize| of(part, json!({ "type": "Sequence", key: vec![step; count] }));
        let bytes = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false });
        assert!(of_many("normalizer", "normalizers", &bytes, 6).is_none());
        assert!(of_many("normalizer", "normalizers", &bytes, 24).unwrap().contains("16777216 times"));
        assert!(of_many("pre_tokenizer", "pretokenizers", &bytes, 3).is_none());
        let untyped = json!({ "add_prefix_space": false, "trim_offsets": true });
        for (step, count) in [(&bytes, 24), (&untyped, 24), (&json!({ "type": "Metaspace", "replacement": "▁" }), 2)] {
            assert!(of_many("pre_tokenizer", "pretokenizers", step, count).unwrap().contains("more than 10"), "{step}");
        }
        for step in [json!({ "type": "BPEDecoder", "suffix": "" }), json!({ "type": "CTC", "word_delimiter_token": "" })] {
            assert!(of_many("decoder", "decoders", &step, 7).unwrap().contains("128 times"), "{step}");
        }
        assert!(of_many("normalizer", "normalizers", &json!({ "type": "BertNormalizer" }), 10).is_some());
        // A form multiplies a text again only after something else was put in.
        assert!(of_many("normalizer", "normalizers", &json!({ "type": "NFKD" }), 24).is_none());
        let again = json!({ "normalizers": [{ "type": "NFKD" }, replace("ab", "ﷺ"), { "type": "NFKC" }] });
        assert!(of("normalizer", again).unwrap().contains("182 times"));
    }

    /// A character map that replaces `key`, one byte, by `to`: a double array with the one path.
    fn map(key: u8, to: &str) -> Value {
        let mut table = vec![0_u32; 512];
        // The root leads on by its offset; a unit says its byte and whether a leaf follows.
        let offset = |offset: u32| offset << 10;
        table[0] = offset(256);
        table[256 ^ key as usize] = u32::from(key) | 1 << 8 | offset(1);
        let bytes: Vec<u8> = table.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let whole = [&(bytes.len() as u32).to_le_bytes()[..], &bytes, to.as_bytes(), b"\0"].concat();
        json!({ "type": "Precompiled", "precompiled_charsmap": STANDARD.encode(whole) })
    }

    #[test]
    fn a_map_of_characters_is_looked_into() {
        let repeated = |map: &Value, count: usize| of("normalizer", json!({ "normalizers": vec![map; count] }));
        let tens = map(b'a', &"b".repeat(10));
        assert_eq!(repeated(&tens, 2), None);
        assert!(repeated(&tens, 3).unwrap().contains("1000 times"));
        assert!(of("normalizer", map(b'a', &"a".repeat(101))).is_some());
        let Value::String(whole) = &tens["precompiled_charsmap"] else { panic!("no map") };
        let cut = STANDARD.encode(&STANDARD.decode(whole).unwrap()[..100]);
        assert!(
            of("normalizer", json!({ "type": "Precompiled", "precompiled_charsmap": cut })).unwrap().contains("is cut short")
        );
        // A table that contradicts itself.
        let wrong = [&4_u32.to_le_bytes()[..], &u32::MAX.to_le_bytes(), &[b'b'; 200]].concat();
        assert!(of("normalizer", json!({ "type": "Precompiled", "precompiled_charsmap": STANDARD.encode(wrong) })).is_some());
    }

    #[test]
    fn what_a_model_does_with_a_word_is_bounded() {
        assert!(
            of("model", json!({ "max_input_chars_per_word": 1_000_000_000 })).unwrap().contains("is 1000000000, more than 1000")
        );
        assert_eq!(of("model", json!({ "max_input_chars_per_word": 100, "continuing_subword_prefix": "##" })), None);
        assert!(of("model", json!({ "end_of_word_suffix": "q".repeat(3_000) })).unwrap().contains("3000 bytes"));
    }

    #[test]
    fn what_models_do_is_none() {
        // T5 and its kind: a map whose longest replacement, of U+FDFA, has 33 bytes.
        let spaces = json!({ "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": "▁" });
        let t5 = json!({ "normalizers": [map(0xef, &"b".repeat(33)), spaces] });
        assert_eq!(of("normalizer", t5), None);
        let qwen = json!({ "pretokenizers": [{ "type": "Split", "pattern": { "Regex": "a" } }, { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false }] });
        assert_eq!((of("pre_tokenizer", qwen), of("normalizer", json!({ "type": "NFC" }))), (None, None));

        let llama = json!({ "type": "Sequence", "normalizers": [{ "type": "Prepend", "prepend": "▁" }, replace(" ", "▁")] });
        assert_eq!((of("normalizer", llama), of("normalizer", Value::Null)), (None, None));
        let decoder = json!({ "type": "Sequence", "decoders": [replace("▁", " "), { "type": "ByteFallback" }] });
        assert_eq!(of("decoder", decoder), None);
    }
}

//! How much longer a text can become by what a `tokenizer.json` replaces in it: a few lines of settings can multiply a text without end.

use serde_json::{Map, Value};

/// Most times as long as a text may become. Llama's and Gemma's replace a space by `▁`, three bytes.
const MOST: f64 = 100.0;

/// Most bytes that are put in front of a text.
const LONGEST_PREFIX: usize = 1_000;

/// What is wrong with the replacements of a tokenizer, if a text could become too long by them.
pub fn fault(settings: &Map<String, Value>) -> Option<String> {
    ["normalizer", "pre_tokenizer", "decoder"].into_iter().find_map(|part| {
        let value = settings.get(part)?;
        if prefix(value) > LONGEST_PREFIX {
            return Some(format!("its {part} puts {} bytes in front of a text, more than {LONGEST_PREFIX}", prefix(value)));
        }
        let times = growth(value);
        (times > MOST).then(|| format!("its {part} can make a text {times:.0} times as long, more than {MOST}"))
    })
}

/// How many times as long a text can become by one part, or by one after another of a sequence.
fn growth(part: &Value) -> f64 {
    let own = match text(part, "content") {
        Some(content) if part.get("pattern").is_some() => {
            // A regular expression can match single bytes, and the empty text between them.
            let pattern = part.get("pattern").and_then(|pattern| text(pattern, "String")).filter(|pattern| !pattern.is_empty());
            let replaced = pattern.map_or(content.len() as f64 + 1.0, |pattern| content.len() as f64 / pattern.len() as f64);
            replaced.max(1.0)
        }
        _ => 1.0,
    };
    parts(part).map(growth).product::<f64>() * own
}

/// The most bytes that a part, or one of a sequence, puts in front of a text.
fn prefix(part: &Value) -> usize {
    let own = text(part, "prepend").map_or(0, str::len);
    parts(part).map(prefix).sum::<usize>() + own
}

fn parts(part: &Value) -> impl Iterator<Item = &Value> {
    let of = |name: &str| part.get(name).and_then(Value::as_array).into_iter().flatten();
    ["normalizers", "pretokenizers", "decoders"].into_iter().flat_map(of)
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
    fn what_models_do_is_none() {
        let llama = json!({ "type": "Sequence", "normalizers": [{ "type": "Prepend", "prepend": "▁" }, replace(" ", "▁")] });
        assert_eq!((of("normalizer", llama), of("normalizer", Value::Null)), (None, None));
        let decoder = json!({ "type": "Sequence", "decoders": [replace("▁", " "), { "type": "ByteFallback" }] });
        assert_eq!(of("decoder", decoder), None);
    }
}

//! Changes of a file: of its bytes, its text, or what its structure says.

use serde_json::{Map, Value, json};

use crate::numbers::Numbers;

/// The structure that a change respects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutator {
    Bytes,
    /// Lines and words.
    Text,
    Json,
    /// A JSON value on each line.
    JsonLines,
    /// Eight bytes of length, a JSON header, and data.
    SafeTensors,
    /// A line, a line of JSON, and data.
    Headed,
}

/// Words that are at the edge of something in the formats here.
const WORDS: [&str; 28] = [
    "",
    "0",
    "-1",
    "1",
    "2",
    "65536",
    "4294967296",
    "1099511627776",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e999",
    "-0.0",
    "1e-320",
    "NaN",
    "Infinity",
    "null",
    "true",
    "\"",
    "{",
    "[[[[",
    "\\ud800",
    "\u{0}",
    "\u{1b}[2J",
    "名前🏳",
    "\u{202e}",
    "../../etc",
    "=",
];

impl Mutator {
    /// `input` with one change.
    pub fn changed(self, input: &[u8], others: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
        // Now and then the structure itself is damaged.
        let structure = if numbers.is_one_in(6) { Self::Bytes } else { self };
        match structure {
            Self::Bytes => bytes(input, others, numbers),
            Self::Text => text(input, numbers),
            Self::Json => match serde_json::from_slice(input) {
                Ok(value) => json(value, numbers),
                Err(_) => text(input, numbers),
            },
            Self::JsonLines => lines(input, numbers),
            Self::SafeTensors => safetensors(input, numbers).unwrap_or_else(|| bytes(input, others, numbers)),
            Self::Headed => headed(input, numbers).unwrap_or_else(|| bytes(input, others, numbers)),
        }
    }
}

fn bytes(input: &[u8], others: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = input.to_vec();
    let at = numbers.below(bytes.len() + 1);
    // Headers come first and directories last, and an even choice would nearly always hit the data between them.
    let near = numbers.below(400);
    let at = *numbers.of_these(&[at, at.min(near), bytes.len().saturating_sub(near)]);
    let length = 1 + numbers.below(16);
    let end = bytes.len().min(at + length);
    match numbers.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
        1 if at < bytes.len() => bytes[at] = *numbers.of_these(&[0, 1, 0x7f, 0x80, 0xff, b'{', b'"', b'\n', 0x1b]),
        2 => drop(bytes.splice(at..at, (0..length).map(|_| numbers.next() as u8).collect::<Vec<_>>())),
        3 => drop(bytes.drain(at..end)),
        4 => bytes.truncate(at),
        5 => {
            let copied = bytes[at..end].to_vec();
            let to = numbers.below(bytes.len() + 1);
            drop(bytes.splice(to..to, copied));
        }
        6 => {
            let other = numbers.of_these(others);
            let from = numbers.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => {
            let bound = *numbers.of_these(&[0_u64, 1, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX >> 1, u64::MAX]);
            let width = *numbers.of_these(&[2, 4, 8]);
            for (target, byte) in bytes[at..].iter_mut().zip(&bound.to_le_bytes()[..width]) {
                *target = *byte;
            }
        }
    }
    bytes
}

fn text(input: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let text = String::from_utf8_lossy(input).into_owned();
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = numbers.below(lines.len());
    match numbers.below(7) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[numbers.below(lines.len())].clone()),
        2 => {
            let other = numbers.below(lines.len());
            lines.swap(at, other);
        }
        3 => {
            let line = lines[at].clone();
            lines[at] = line.repeat(1 + numbers.below(40));
        }
        _ => {
            // Words and the signs between them.
            let mut words: Vec<&str> = lines[at].split_inclusive(|character: char| !character.is_alphanumeric()).collect();
            if words.is_empty() {
                words.push("");
            }
            let place = numbers.below(words.len());
            match numbers.below(4) {
                0 => drop(words.remove(place)),
                1 => words.insert(place, *numbers.of_these(&WORDS)),
                2 => words[place] = *numbers.of_these(&WORDS),
                _ => words.insert(place, words[numbers.below(words.len())]),
            }
            lines[at] = words.concat();
        }
    }
    lines.join("\n").into_bytes()
}

fn lines(input: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = input.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let at = numbers.below(lines.len());
    match serde_json::from_slice(&lines[at]) {
        Ok(value) if !numbers.is_one_in(5) => lines[at] = json(value, numbers),
        _ => return text(input, numbers),
    }
    lines.join(&b'\n')
}

fn safetensors(input: &[u8], numbers: &mut Numbers) -> Option<Vec<u8>> {
    let (length, rest) = input.split_first_chunk::<8>()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let mut value: Value = serde_json::from_slice(header).ok()?;
    // The manifest is JSON in a text.
    let manifest = value.pointer_mut("/__metadata__").and_then(Value::as_object_mut);
    let inner = manifest
        .and_then(|metadata| metadata.values_mut().find(|value| value.as_str().is_some_and(|text| text.starts_with('{'))));
    let header = match inner {
        Some(inner) if !numbers.is_one_in(4) => {
            let text = inner.as_str()?.to_owned();
            let changed = json(serde_json::from_str(&text).ok()?, numbers);
            *inner = Value::String(String::from_utf8(changed).ok()?);
            serde_json::to_vec(&value).ok()?
        }
        _ => json(value, numbers),
    };
    Some([&(header.len() as u64).to_le_bytes()[..], &header, data].concat())
}

fn headed(input: &[u8], numbers: &mut Numbers) -> Option<Vec<u8>> {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let (first, header, data) = (lines.next()?, lines.next()?, lines.next()?);
    Some([first, &json(serde_json::from_slice(header).ok()?, numbers), data].join(&b'\n'))
}

fn json(mut value: Value, numbers: &mut Numbers) -> Vec<u8> {
    let count = nodes(&value);
    let mut place = numbers.below(count);
    let other = numbers.below(count);
    let copied = node(&mut value, &mut other.clone()).map(|node| node.clone());
    let duplicate = numbers.is_one_in(12);
    if let Some(node) = node(&mut value, &mut place) {
        change(node, copied.as_ref().filter(|copied| nodes(copied) < 200), numbers);
    }
    let mut text = value.to_string();
    // serde_json writes neither of these.
    if duplicate && let Some(at) = text.find('{') {
        text.insert_str(at + 1, "\"format\":1,\"format\":2,");
    }
    if numbers.is_one_in(12) {
        text = text.replacen("null", numbers.of_these::<&str>(&["NaN", "Infinity", "-1e999", "00"]), 1);
    }
    text.into_bytes()
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(fields) => fields.values().map(nodes).sum(),
        _ => 0,
    }
}

/// The node at `place` in the order of a walk.
fn node<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, place)),
        Value::Object(fields) => fields.values_mut().find_map(|field| node(field, place)),
        _ => None,
    }
}

fn change(value: &mut Value, copied: Option<&Value>, numbers: &mut Numbers) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !numbers.is_one_in(4) => {
            let key = fields.keys().nth(numbers.below(fields.len())).cloned().unwrap_or_default();
            let field = fields.get(&key).cloned().unwrap_or_default();
            match numbers.below(3) {
                0 => drop(fields.remove(&key)),
                1 => drop(fields.insert(format!("{key}{}", numbers.of_these(&WORDS)), field)),
                _ => drop(fields.insert(key, leaf(numbers))),
            }
        }
        Value::Array(items) if !items.is_empty() && !numbers.is_one_in(4) => {
            let at = numbers.below(items.len());
            match numbers.below(4) {
                0 => drop(items.remove(at)),
                1 => items.insert(at, items[at].clone()),
                2 => items.truncate(at),
                _ => items[at] = leaf(numbers),
            }
        }
        _ => *value = copied.cloned().filter(|_| numbers.is_one_in(4)).unwrap_or_else(|| leaf(numbers)),
    }
}

fn leaf(numbers: &mut Numbers) -> Value {
    let small = numbers.below(20);
    let depth = numbers.below(300);
    match numbers.below(14) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(small),
        4 => json!(1_u64 << numbers.below(64)),
        5 => json!(u64::MAX),
        6 => json!(1e308),
        7 => json!(0.5),
        8 => json!(*numbers.of_these(&WORDS)),
        9 => json!("x".repeat(numbers.below(3000))),
        10 => Value::Array(Vec::new()),
        11 => Value::Object(Map::new()),
        12 => (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner])),
        _ => json!(vec![small; numbers.below(500)]),
    }
}

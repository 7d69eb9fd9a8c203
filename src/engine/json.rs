//! JSON of input files, read strictly: every key once, nesting bounded, and faults said in plain words.
//!
//! `serde_json` finds the place of a fault; what is said about it is decided here, since its own words speak of Rust's types.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::core::format_error::{Slip, slip};
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// Deepest nesting that is accepted; the deepest file that programs of the field write is a tokenizer of about ten levels.
const DEEPEST: usize = 64;

/// The object that `text` consists of.
///
/// # Errors
/// In words that follow the name of the file or line: it is no JSON or no object, a key stands twice, or values nest too deep.
pub fn object(text: &[u8]) -> std::result::Result<Map<String, Value>, Fault> {
    if text.starts_with("\u{feff}".as_bytes()) {
        let remedy = "save the file as UTF-8 without it: Python's json.load refuses it, too";
        return Err(Fault::new("begins with a byte order mark").helped(remedy));
    }
    if let Err(error) = std::str::from_utf8(text) {
        return Err(Fault::new(format!("is not UTF-8 from byte {} on", error.valid_up_to() + 1)));
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    let parsed = Strict { depth: 0 }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match parsed {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Fault::new(format!("is {}, a JSON object is expected", kind(&other)))),
        Err(error) => Err(fault(text, &error)),
    }
}

/// What keeps a text from being read, in words that follow the name of the file or line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    what: String,
    remedy: Option<&'static str>,
}

impl Fault {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: None }
    }

    fn helped(self, remedy: &'static str) -> Self {
        Self { remedy: Some(remedy), ..self }
    }

    /// What helps: `otherwise`, unless the file is as the program that belongs to it wrote it, so that only a change of it does.
    pub fn remedy<'a>(&self, otherwise: &'a str) -> &'a str {
        self.remedy.unwrap_or(otherwise)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

/// The kind of a value, in words.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value as it stands in a file, cut to the length of a message.
pub fn shown(value: &Value) -> String {
    excerpt(&value.to_string(), 60)
}

/// Keys whose values are of one type: what that is in words, whether a value is of it, and the keys, separated by spaces.
pub type Typed = (&'static str, fn(&Value) -> bool, &'static str);

/// Whether `value` names a type of numbers as torch does: "float32", "torch.bfloat16".
pub fn is_dtype(value: &Value) -> bool {
    const NAMES: &str = "float64 double float32 float float16 half bfloat16 float8_e4m3fn float8_e5m2";
    let name = value.as_str().map(|name| name.strip_prefix("torch.").unwrap_or(name));
    name.is_some_and(|name| NAMES.split_whitespace().any(|known| known == name))
}

/// What messages say that a value must be where [`is_dtype`] is asked.
pub const DTYPE: &str = "a type of numbers, such as \"float32\" or \"torch.bfloat16\"";

/// Whether `value` is a number from `least` up.
pub fn is_at_least(value: &Value, least: f64) -> bool {
    value.as_f64().is_some_and(|number| number >= least)
}

/// The keys of one object of a file; every reading checks the type, and a problem names the file, the key and the value.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    /// The keys and values.
    pub object: &'a Map<String, Value>,
    /// What messages call the file.
    pub file: &'a str,
}

impl<'a> Fields<'a> {
    /// The problem that the value of `key` is not what it `must` be.
    pub fn wrong(&self, key: &str, must: impl fmt::Display) -> Problem {
        let value = self.object.get(key).map_or_else(|| "missing".to_owned(), shown);
        Problem::new(self.file, format_args!("{} is {value}", excerpt(key, 60)), format_args!("it must be {must}"))
    }

    fn read<T>(&self, key: &str, must: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<Option<T>> {
        self.object.get(key).map(|value| read(value).ok_or_else(|| self.wrong(key, must))).transpose()
    }

    /// A whole number from 1 to `most`; None if the key is missing.
    pub fn count(&self, key: &str, most: usize) -> Result<Option<usize>> {
        let fits = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
        self.read(key, &format!("a whole number from 1 to {most}"), |value| {
            fits(value).filter(|count| (1..=most).contains(count))
        })
    }

    /// A number; None if the key is missing.
    pub fn number(&self, key: &str) -> Result<Option<f64>> {
        self.read(key, "a number", Value::as_f64)
    }

    /// A number from `least` to `most`; None if the key is missing.
    pub fn number_within(&self, key: &str, least: f64, most: f64) -> Result<Option<f64>> {
        let kind = match (least > f64::MIN, most < f64::MAX) {
            (true, true) => format!("a number from {least} to {most}"),
            (true, false) => format!("a number of at least {least}"),
            (false, _) => format!("a number of at most {most}"),
        };
        self.read(key, &kind, |value| value.as_f64().filter(|number| (least..=most).contains(number)))
    }

    /// Fails if a key of `records` holds a value of another type; null is allowed for all of them.
    pub fn expect_types(&self, records: &[Typed]) -> Result<()> {
        for (kind, is_one, names) in records {
            let wrong = |name: &&str| self.object.get(*name).is_some_and(|value| !is_one(value) && !value.is_null());
            if let Some(name) = names.split_whitespace().find(wrong) {
                return Err(self.wrong(name, kind));
            }
        }
        Ok(())
    }

    /// True or false; None if the key is missing.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.read(key, "true or false", Value::as_bool)
    }

    /// Text; None if the key is missing.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>> {
        self.read(key, "text", Value::as_str)
    }

    /// Text; None if the key is missing or null.
    pub fn text_or_null(&self, key: &str) -> Result<Option<&'a str>> {
        let read = |value: &'a Value| if value.is_null() { Some(None) } else { value.as_str().map(Some) };
        Ok(self.read(key, "text or null", read)?.flatten())
    }

    /// An object; None if the key is missing or null.
    pub fn object(&self, key: &str) -> Result<Option<Fields<'a>>> {
        let read = |value: &'a Value| if value.is_null() { Some(None) } else { value.as_object().map(Some) };
        let found = self.read(key, "an object or null", read)?.flatten();
        Ok(found.map(|object| Fields { object, file: self.file }))
    }
}

/// What is computed from a file depends on all of its keys, so that each is accounted for.
impl Fields<'_> {
    /// Fails if there is a key that is none of `known`, which are separated by spaces.
    pub fn expect_keys(&self, known: &str) -> Result<()> {
        let foreign = self.object.iter().find(|(key, _)| !known.split_whitespace().any(|known| known == key.as_str()));
        foreign.map_or(Ok(()), |(key, value)| {
            Err(Problem::new(
                self.file,
                format_args!("holds the key {}, which is not known: {}", excerpt(key, 60), shown(value)),
                "it may change what the dictionary computes; if it only describes the dictionary, take it out",
            ))
        })
    }

    /// Fails unless the value of `key` is one of `allowed`, as JSON writes them; a missing key is allowed.
    pub fn expect_value(&self, key: &str, allowed: &[&str]) -> Result<()> {
        match self.object.get(key).filter(|value| !allowed.contains(&value.to_string().as_str())) {
            None => Ok(()),
            Some(value) => Err(Problem::new(
                self.file,
                format_args!("{key} is {}, which is not supported", shown(value)),
                format_args!("supported: {}", allowed.join(", ")),
            )),
        }
    }
}

/// What is wrong at the place where reading stopped.
fn fault(text: &[u8], error: &serde_json::Error) -> Fault {
    let (line, column) = (error.line(), error.column());
    let place = format!("at line {line}, column {column}");
    if let Some(Slip { what, remedy }) = slip(text, error, &place) {
        return Fault { what, remedy };
    }
    Fault::new(match error.classify() {
        // These are the words of `Strict` below; the library adds the place to them.
        Category::Data => {
            let said = error.to_string();
            format!("{} {place}", said.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&said))
        }
        Category::Eof if text.iter().all(u8::is_ascii_whitespace) => "is empty".to_owned(),
        Category::Eof => "ends in the middle of a JSON value".to_owned(),
        Category::Syntax | Category::Io if error.to_string().starts_with("number out of range") => {
            format!("holds a number that is too large {place}")
        }
        Category::Syntax | Category::Io => {
            let content = text.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
            let near = String::from_utf8_lossy(content.get(column.saturating_sub(20)..).unwrap_or_default()).into_owned();
            format!("is no JSON {place}, near '{}'", excerpt(near.trim(), 40))
        }
    })
}

/// Reads any value, but refuses a key that stands twice and nesting beyond [`DEEPEST`].
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> std::result::Result<Self, E> {
        if self.depth == DEEPEST {
            return Err(E::custom(format_args!("nests values more than {DEEPEST} deep")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(deeper)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(deeper)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("holds the key '{}' twice", excerpt(&key, 60))));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_said_in_plain_words() {
        let deep = format!("{{\"a\": {}", "[".repeat(200));
        for (text, says) in [
            ("", "is empty"),
            ("{\"a\": 1", "ends in the middle"),
            ("[1]", "is an array, a JSON object is expected"),
            ("{\"a\": NaN}", "holds NaN or Infinity at line 1"),
            ("{\"a\":\n -Infinity}", "holds NaN or Infinity at line 2"),
            ("{'a': 1}", "has single quotes at line 1, column 2"),
            ("{\"a\": True}", "holds Python's True"),
            ("{\"a\": 1, \"a\": 2}", "holds the key 'a' twice"),
            ("{\"a\": 1e999}", "holds a number that is too large at line 1"),
            ("{\"a\": \"\\ud800\"}", "holds half of a character at line 1"),
            ("{\"a\": 1} {", "is no JSON at line 1"),
            (&deep, "nests values more than 64 deep"),
            ("\u{feff}{}", "begins with a byte order mark"),
        ] {
            let said = object(text.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(says), "{text}: {said}");
            for foreign in ["untagged", "expected value", "variant", "invalid type", "EOF", "recursion"] {
                assert!(!said.contains(foreign), "{text}: {said}");
            }
        }
        assert_eq!(object(b"{\"a\": \"\xff\"}").unwrap_err().to_string(), "is not UTF-8 from byte 8 on");
        for (text, remedy) in [("{\"a\": NaN}", "a number or null"), ("\u{feff}{}", "without it"), ("{", "use the file")] {
            assert!(object(text.as_bytes()).unwrap_err().remedy("use the file").contains(remedy), "{text}");
        }
        assert_eq!(object(b"{\"a\": [1, -2, 0.5, null, true, \"x\"]}").unwrap()["a"].to_string(), "[1,-2,0.5,null,true,\"x\"]");
    }

    #[test]
    fn a_field_of_another_type_is_named_with_its_value() {
        let object = object(br#"{"n": "3", "z": 0, "t": 5}"#).unwrap();
        let fields = Fields { object: &object, file: "f.json" };
        assert_eq!(fields.count("n", 9).unwrap_err().to_string(), "f.json: n is \"3\"; it must be a whole number from 1 to 9");
        assert!(fields.count("z", 9).is_err() && fields.flag("t").is_err() && fields.text("t").is_err());
        assert!(fields.object("t").is_err() && fields.text_or_null("t").is_err() && fields.number("n").is_err());
        assert_eq!(fields.count("missing", 9), Ok(None));
    }
}

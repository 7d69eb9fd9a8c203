//! One line of Neuronpedia's bulk export, with every value that is read checked.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::core::format_error::of_json_line;
use crate::core::hosted::is_name;
use crate::core::text::excerpt;

/// Most features of one dictionary: the widest that are published have a million.
const FEATURES: u32 = 1 << 22;

/// The longest line in bytes that is looked at again to name the value that is wrong in it.
const LOOKED_AT: usize = 1 << 20;

/// What is wrong with a line, for behind "line 3 ", and what helps.
type Fault = (String, String);

/// What is read of a line of either kind of file.
#[derive(Debug)]
pub struct Line<'a> {
    /// The model's name, which can be that of a folder.
    pub model_id: Cow<'a, str>,
    /// The dictionary's name, which can be that of a file.
    pub layer: Cow<'a, str>,
    /// The feature's index.
    pub index: u32,
    /// An explanation.
    pub description: Option<Cow<'a, str>>,
    /// How it was made.
    pub type_name: Option<Cow<'a, str>>,
    /// The model that made it.
    pub explanation_model_name: Option<Cow<'a, str>>,
    /// The largest activation; finite.
    pub largest: Option<f32>,
    /// The share of tokens on which the feature is active.
    pub rate: Option<f32>,
}

/// A line as it stands in the file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    model_id: Cow<'a, str>,
    #[serde(borrow)]
    layer: Cow<'a, str>,
    index: Index<'a>,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    type_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    explanation_model_name: Option<Cow<'a, str>>,
    #[serde(default)]
    max_act_approx: Option<f64>,
    #[serde(rename = "frac_nonzero", default)]
    rate: Option<f64>,
}

/// The export writes a feature's index as a text, older files as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Index<'a> {
    Number(u32),
    #[serde(borrow)]
    Text(Cow<'a, str>),
}

/// A key that is read: whether it must be there, what its value must be in words, and whether a value is that.
type Key = (&'static str, bool, &'static str, fn(&Value) -> bool);

/// The keys that are read.
const KEYS: [Key; 8] = [
    ("modelId", true, NAME, |value| value.as_str().is_some_and(is_name)),
    ("layer", true, NAME, |value| value.as_str().is_some_and(is_name)),
    ("index", true, "a whole number from 0 to 4194303, with or without quotes", is_index),
    ("description", false, "a text or null", is_text),
    ("typeName", false, "a text or null", is_text),
    ("explanationModelName", false, "a text or null", is_text),
    ("maxActApprox", false, "a number that fits 32 bits, or null", |value| {
        value.is_null() || value.as_f64().is_some_and(|number| (number as f32).is_finite())
    }),
    ("frac_nonzero", false, "a number from 0 to 1, or null", |value| {
        value.is_null() || value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number))
    }),
];

/// What the name of a model or a dictionary must be.
const NAME: &str = "a text of 1 to 100 letters, digits and -_. that does not begin with a point";

fn is_text(value: &Value) -> bool {
    value.is_string() || value.is_null()
}

fn is_index(value: &Value) -> bool {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.is_some_and(|number| number < u64::from(FEATURES))
}

impl<'a> Line<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong, for behind "line 3 ": the key, its value, and what it must be.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        // A list of as many values would be read as the object without its keys.
        let is_object = bytes.trim_ascii_start().starts_with(b"{");
        let raw = if is_object { serde_json::from_slice(bytes) } else { no_object(bytes) };
        let raw: Raw<'a> = raw.map_err(|error| {
            let remedy = if error.is_eof() {
                "the file was cut short: download it again"
            } else {
                "each line must be one JSON object, as Neuronpedia writes it"
            };
            wrong_value(bytes).unwrap_or_else(|| (of_json_line(bytes, &error), remedy.to_owned()))
        })?;
        Self::of(raw).ok_or_else(|| {
            wrong_value(bytes).unwrap_or_else(|| ("has a value that no feature has".to_owned(), "check the file".to_owned()))
        })
    }

    /// None if a value is of the right type but cannot be.
    fn of(raw: Raw<'a>) -> Option<Self> {
        let index = match raw.index {
            Index::Number(number) => number,
            Index::Text(text) => text.parse().ok()?,
        };
        let largest = raw.max_act_approx.map(|number| number as f32);
        let rate = raw.rate.map(|number| number as f32);
        let is_sound = index < FEATURES
            && is_name(&raw.model_id)
            && is_name(&raw.layer)
            && largest.is_none_or(f32::is_finite)
            && rate.is_none_or(|rate| (0.0..=1.0).contains(&rate));
        is_sound.then_some(Self {
            model_id: raw.model_id,
            layer: raw.layer,
            index,
            description: raw.description,
            type_name: raw.type_name,
            explanation_model_name: raw.explanation_model_name,
            largest,
            rate,
        })
    }
}

/// What is wrong with a line that does not begin like an object.
fn no_object<T>(bytes: &[u8]) -> serde_json::Result<T> {
    let read = serde_json::from_slice::<serde::de::IgnoredAny>(bytes);
    Err(read.map_or_else(|error| error, |_| serde::de::Error::custom("is no object")))
}

/// The first key whose value is not what it must be; None if the line is no JSON at all, or if it is something else that is wrong.
fn wrong_value(bytes: &[u8]) -> Option<Fault> {
    let line = (bytes.len() <= LOOKED_AT).then(|| serde_json::from_slice::<Value>(bytes).ok()).flatten()?;
    let Value::Object(line) = line else {
        let what = format!("is {} where an object is expected", excerpt(line.to_string().trim(), 60));
        return Some((what, "give files of `explanations` or `features` as the export has them".to_owned()));
    };
    KEYS.iter().find_map(|(key, required, must, is_one)| match line.get(*key) {
        None => required.then(|| (format!("has no {key}"), format!("it must be {must}"))),
        Some(value) if is_one(value) => None,
        Some(value) => Some((format!("has the {key} {}", excerpt(&value.to_string(), 60)), format!("it must be {must}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_named_with_what_it_must_be() {
        let rest = r#""layer":"0-res-sm","index":1,"description":"x""#;
        for (line, says) in [
            ("hello".to_owned(), "is no JSON from column 1 on; each line must be one JSON object"),
            ("5".to_owned(), "is 5 where an object is expected; give files of"),
            ("[1,2]".to_owned(), "is [1,2] where an object is expected"),
            ("[".repeat(5000), "ends too early; the file was cut short"),
            (r#"["m","l",1,"x","t","e",1.5,0.5]"#.to_owned(), "is [\"m\",\"l\",1"),
            (format!("[{}]", "0,".repeat(1 << 20)), "is no JSON from column"),
            (format!("[{}0]", "0,".repeat(1 << 20)), "is no object; each line must be one JSON object"),
            (format!("{{{rest}"), "ends too early; the file was cut short"),
            (format!("{{{rest}}}"), "has no modelId; it must be a text"),
            (format!("{{\"modelId\":5,{rest}}}"), "has the modelId 5; it must be a text of 1 to 100 letters"),
            (format!("{{\"modelId\":\"../../etc\",{rest}}}"), "has the modelId \"../../etc\"; it must be a text of 1 to 100"),
            (format!("{{\"modelId\":\"m\",\"modelId\":\"n\",{rest}}}"), "has the key 'modelId' twice"),
            (format!("{{\"modelId\":\"\\ud800\",{rest}}}"), "holds half of a character at column"),
            (r#"{"modelId":"m","layer":"l"}"#.to_owned(), "has no index; it must be a whole number from 0 to 4194303"),
        ] {
            check(&line, says);
        }
        for index in ["-1", "1.5", "null", "[]", "\"abc\"", "\"-1\"", "\"\"", "4194304", "99999999999", "\"99999999999\""] {
            let line = format!(r#"{{"modelId":"m","layer":"l","index":{index}}}"#);
            check(&line, &format!("has the index {index}; it must be a whole number from 0 to 4194303, with or without quotes"));
        }
        for (key, value, must) in [
            ("description", "5", "a text or null"),
            ("typeName", "{}", "a text or null"),
            ("explanationModelName", "true", "a text or null"),
            ("maxActApprox", "1e39", "a number that fits 32 bits, or null"),
            ("maxActApprox", "\"12\"", "a number that fits 32 bits, or null"),
            ("frac_nonzero", "1.5", "a number from 0 to 1, or null"),
            ("frac_nonzero", "-1", "a number from 0 to 1, or null"),
        ] {
            let line = format!(r#"{{"modelId":"m","layer":"l","index":1,"{key}":{value}}}"#);
            let shown = if value == "1e39" { "1e+39" } else { value };
            check(&line, &format!("has the {key} {shown}; it must be {must}"));
        }
        assert_eq!(KEYS[2].2, format!("a whole number from 0 to {}, with or without quotes", FEATURES - 1));
    }

    fn check(line: &str, says: &str) {
        let (what, remedy) = Line::parse(line.as_bytes()).unwrap_err();
        let said = format!("{what}; {remedy}");
        assert!(said.starts_with(says), "{line}: {said}");
    }
}

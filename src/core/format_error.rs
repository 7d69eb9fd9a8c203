//! What is wrong with a text in JSON or TOML, in words of the file: the libraries that read it speak of a program's types.

use serde_json::error::Category;

use super::text::excerpt;

/// How it is said that a text is no JSON, before the place.
const NO_JSON: &str = "is no JSON from ";

/// What `error` says is wrong with `text`, with the line: "lacks 'index' (line 3)".
pub fn of_json(text: &[u8], error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    if let Some(Slip { what, .. }) = slip(text, error, &format!("at line {line}, column {column}")) {
        return what;
    }
    let what = of_json_line(text, error);
    match (error.classify(), what.strip_prefix(NO_JSON)) {
        (_, Some(column)) => format!("{NO_JSON}line {line}, {column}"),
        (Category::Eof, _) => what,
        _ if line > 0 => format!("{what} (line {line})"),
        _ => what,
    }
}

/// What `error` says is wrong with `text`, one line of a file, whose number the caller names: "lacks 'index'".
pub fn of_json_line(text: &[u8], error: &serde_json::Error) -> String {
    if let Some(Slip { what, .. }) = slip(text, error, &format!("at column {}", error.column())) {
        return what;
    }
    let message = error.to_string();
    match error.classify() {
        _ if message.starts_with("number out of range") => "holds a number that is out of range".to_owned(),
        _ if message.starts_with("recursion limit") => "is nested too deeply".to_owned(),
        Category::Eof => "ends too early".to_owned(),
        Category::Syntax => format!("{NO_JSON}column {} on", error.column()),
        _ => {
            let place = format!(" at line {} column {}", error.line(), error.column());
            in_words(message.strip_suffix(&place).unwrap_or(&message))
        }
    }
}

/// What another notation than JSON's was written, in words that follow the name of the file or line.
pub struct Slip {
    /// What is wrong, and where.
    pub what: String,
    /// What helps, where the program that wrote the file would write it so again.
    pub remedy: Option<&'static str>,
}

/// What stands at the place where `error` ended the reading of `text`, if it is what Python writes where JSON wants something else, or
/// half of a character; `place` says where: "at line 1, column 5".
pub fn slip(text: &[u8], error: &serde_json::Error, place: &str) -> Option<Slip> {
    if error.classify() != Category::Syntax {
        return None;
    }
    let content = text.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    // The column counts bytes from 1 and may lie one past what cannot be read.
    let (before, at) = content.split_at_checked(error.column().saturating_sub(1)).unwrap_or((content, &[]));
    let begins_word = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'-';
    let word = &content[before.iter().rposition(begins_word).map_or(0, |last| last + 1)..];
    let begins = |starts: &[&str]| starts.iter().any(|start| word.starts_with(start.as_bytes()));
    let slip = |what: String| Some(Slip { what, remedy: None });
    if begins(&["NaN", "Infinity", "-Infinity", "-NaN", "nan", "inf", "-inf"]) {
        let remedy = Some("write a number or null there: Python's json.dump writes what JSON does not know");
        Some(Slip { what: format!("holds NaN or Infinity {place}, which JSON has no number for"), remedy })
    } else if begins(&["True", "False", "None"]) {
        slip(format!("holds Python's True, False or None {place}; JSON writes true, false, null"))
    } else if error.to_string().contains("hex escape") {
        slip(format!("holds half of a character {place}: \\u escapes of characters beyond \\uffff come in pairs"))
    } else if at.starts_with(b"'") {
        slip(format!("has single quotes {place}; JSON wants double quotes, as Python's json.dumps writes them"))
    } else {
        None
    }
}

/// A message about a value in words of the file. What is not about a value, such as a missing bracket, stays as it is.
pub fn in_words(message: &str) -> String {
    let quoted = |rest: &str| excerpt(rest.split('`').next().unwrap_or_default(), 60);
    for (start, says) in [("missing field `", "lacks the key '{}'"), ("duplicate field `", "has the key '{}' twice")] {
        if let Some(rest) = message.strip_prefix(start) {
            return says.replace("{}", &quoted(rest));
        }
    }
    for (start, holds) in [("unknown field `", "has the key"), ("unknown variant `", "holds")] {
        if let Some((found, expected)) = message.strip_prefix(start).and_then(|rest| rest.split_once("`, expected ")) {
            let choices = expected.trim_start_matches("one of ").replace('`', "");
            return format!("{holds} '{}' where only {choices} can stand", excerpt(found, 60));
        }
    }
    if message.starts_with("data did not match any variant") {
        return "holds a value of a type that cannot stand there".to_owned();
    }
    let of_type =
        ["invalid type: ", "invalid value: ", "invalid length "].into_iter().find_map(|start| message.strip_prefix(start));
    match of_type.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, expected)) => format!("holds {} where {} should be", value(found), kind(expected)),
        None => excerpt(message, 300),
    }
}

/// What a parser of TOML says is wrong, in words of the file; `found` is the text at which it stopped.
pub fn of_toml(message: &str, found: &str) -> String {
    let says = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
    // Faults of a value have a colon or the name of a key behind these words, those of the notation have neither.
    if says(&["invalid type: ", "invalid value: ", "invalid length ", "missing field `"]) {
        return in_words(message);
    }
    match message {
        _ if says(&["cannot recurse", "recursion limit"]) => "is nested too deeply".to_owned(),
        _ if says(&["duplicate key"]) => format!("has the key '{}' twice", excerpt(found, 60)),
        _ if says(&["key with no value", "missing value", "invalid key-value pair"]) => {
            format!("has no value behind '{}': KEY = VALUE is expected", excerpt(found.trim(), 60))
        }
        _ if says(&["string values must be quoted", "invalid value", "missing opening quote"]) => {
            format!("has the value '{}', which is no number, not true or false, and not in quotation marks", excerpt(found, 60))
        }
        _ if says(&["invalid basic string", "invalid literal string", "invalid multi-line"]) => {
            "has a text whose closing quotation mark is missing".to_owned()
        }
        _ if says(&["unclosed "]) => "has a bracket that is not closed".to_owned(),
        _ if says(&NO_TOML) => format!("is no TOML at '{}'", excerpt(found.trim(), 60)),
        _ => in_words(message),
    }
}

/// How the other messages begin that the parser of TOML has about the notation.
const NO_TOML: [&str; 10] = [
    "missing ",
    "invalid ",
    "unexpected ",
    "extra ",
    "redundant ",
    "unquoted ",
    "too few ",
    "radix ",
    "carriage return",
    "keys cannot",
];

/// A value, without the name of its type: "string \"a\"", "integer `3`".
fn value(found: &str) -> String {
    let bare = ["string ", "integer ", "floating point ", "boolean "].into_iter().find_map(|kind| found.strip_prefix(kind));
    match (bare, found) {
        // A number that fits no usual type has the type's name behind it: "`99999999999999999999` as i128".
        (Some(value), _) => excerpt(value.strip_prefix('`').and_then(|rest| rest.split('`').next()).unwrap_or(value), 60),
        (None, "map") => "an object".to_owned(),
        (None, "sequence") => "a list".to_owned(),
        (None, other) => excerpt(other, 60),
    }
}

/// What should be in its place.
fn kind(expected: &str) -> String {
    match expected {
        "f32" | "f64" => "a number".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0".to_owned(),
        "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "a string" | "string" | "str" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => excerpt(other, 60),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only failures are looked at")]
    struct Example {
        number: f32,
        count: Option<u32>,
        name: Option<String>,
        flag: Option<bool>,
        list: Option<Vec<u32>>,
        map: Option<BTreeMap<String, u32>>,
        inner: Option<Inner>,
        choice: Option<Choice>,
        either: Option<Either>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only failures are looked at")]
    enum Either {
        Number(u32),
        Text(String),
    }

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "only failures are looked at")]
    struct Inner {
        number: f64,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Choice {
        One,
        Two,
    }

    /// The messages are those of the crate `toml`: its own words reach nobody.
    #[test]
    fn faults_of_toml_are_said_in_words_of_the_file() {
        for (text, says) in [
            ("version", "has no value behind "),
            ("a = 1\na = 2", "has the key 'a' twice"),
            ("a = \"b", "has a text whose closing quotation mark is missing"),
            ("a = b", "has the value 'b', which is no number"),
            ("[a", "has a bracket that is not closed"),
            ("a = [1", "has a bracket that is not closed"),
            ("a = 1 2", "has the value '1 2', which is no number"),
            ("other = 1", "lacks the key 'number'"),
            ("number = 99999999999999999999", "holds 99999999999999999999 where a whole number of at least 0 should be"),
        ] {
            #[derive(Deserialize, Debug)]
            struct Number {
                #[expect(dead_code, reason = "only failures are looked at")]
                number: u32,
            }
            let error = toml::from_str::<Number>(text).unwrap_err();
            let said = of_toml(error.message(), error.span().and_then(|span| text.get(span)).unwrap_or_default());
            assert!(said.contains(says) && !said.contains('`'), "{text}: {said} ({})", error.message());
        }
        let deep = format!("a = {}", "[".repeat(10_000));
        let error = toml::from_str::<toml::Table>(&deep).unwrap_err();
        assert_eq!(of_toml(error.message(), ""), "is nested too deeply", "{}", error.message());
    }

    #[test]
    fn what_python_writes_is_named() {
        for (text, says) in [
            ("{\"number\": NaN}", "holds NaN or Infinity at column 12, which JSON has no number for"),
            ("{\"number\": -Infinity}", "holds NaN or Infinity at column 13, which JSON has no number for"),
            ("{'number': 1}", "has single quotes at column 2; JSON wants double quotes, as Python's json.dumps writes them"),
            ("{\"flag\": True}", "holds Python's True, False or None at column 10; JSON writes true, false, null"),
            (
                "{\"name\": \"\\ud800\"}",
                "holds half of a character at column 17: \\u escapes of characters beyond \\uffff come in pairs",
            ),
        ] {
            let error = serde_json::from_str::<Example>(text).unwrap_err();
            assert_eq!(of_json_line(text.as_bytes(), &error), says, "{text}");
            assert!(of_json(text.as_bytes(), &error).contains("at line 1, column"), "{text}");
        }
    }

    #[test]
    fn every_fault_is_said_in_words_of_the_file() {
        for (text, says) in [
            ("", "ends too early"),
            ("{\"number\": 1", "ends too early"),
            ("{\n\"number\": nope}", "is no JSON from line 2, column 12 on"),
            ("{\"number\": 1e99}", "holds a number that is out of range (line 1)"),
            ("{}", "lacks the key 'number' (line 1)"),
            ("{\"number\": 1, \"number\": 2}", "has the key 'number' twice (line 1)"),
            (
                "{\n\"numbre\": 1}",
                "has the key 'numbre' where only number, count, name, flag, list, map, inner, choice, either can stand (line 2)",
            ),
            ("{\"number\": null}", "holds null where a number should be (line 1)"),
            ("{\"number\": \"a\"}", "holds \"a\" where a number should be (line 1)"),
            ("{\"number\": 1, \"count\": -1}", "holds -1 where a whole number of at least 0 should be (line 1)"),
            ("{\"number\": 1, \"count\": 1.5}", "holds 1.5 where a whole number of at least 0 should be (line 1)"),
            ("{\"number\": 1, \"name\": {}}", "holds an object where a text should be (line 1)"),
            ("{\"number\": 1, \"flag\": 1}", "holds 1 where true or false should be (line 1)"),
            ("{\"number\": 1, \"list\": true}", "holds true where a list should be (line 1)"),
            ("{\"number\": 1, \"map\": []}", "holds a list where an object should be (line 1)"),
            ("{\"number\": 1, \"inner\": 3}", "holds 3 where an object should be (line 1)"),
            ("{\"number\": 1, \"either\": []}", "holds a value of a type that cannot stand there (line 1)"),
            ("{\"number\": 1, \"choice\": \"three\"}", "holds 'three' where only one or two can stand (line 1)"),
        ] {
            let error = serde_json::from_str::<Example>(text).unwrap_err();
            assert_eq!(of_json(text.as_bytes(), &error), says, "{text}");
            // Of a line of a file the caller names the number.
            let line = of_json_line(text.as_bytes(), &error);
            assert!(!line.contains("line") && (says.starts_with(&line) || line.contains("column")), "{text}: {line}");
        }
    }
}

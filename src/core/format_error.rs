//! What is wrong with a text in JSON or TOML, in words of the file: the libraries that read it speak of a program's types.

use super::text::excerpt;

/// What `error` says is wrong, with the line: "lacks 'index' (line 3)".
pub fn of_json(error: &serde_json::Error) -> String {
    let (line, message) = (error.line(), error.to_string());
    match error.classify() {
        _ if message.starts_with("number out of range") => format!("holds a number that is out of range (line {line})"),
        _ if message.starts_with("recursion limit") => format!("is nested too deeply (line {line})"),
        serde_json::error::Category::Eof => "ends too early".to_owned(),
        serde_json::error::Category::Syntax => format!("is no JSON from line {line}, column {} on", error.column()),
        _ => {
            let place = format!(" at line {line} column {}", error.column());
            let what = in_words(message.strip_suffix(&place).unwrap_or(&message));
            if line > 0 { format!("{what} (line {line})") } else { what }
        }
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
    let of_type =
        ["invalid type: ", "invalid value: ", "invalid length "].into_iter().find_map(|start| message.strip_prefix(start));
    match of_type.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, expected)) => format!("holds {} where {} should be", value(found), kind(expected)),
        None => message.to_owned(),
    }
}

/// A value, without the name of its type: "string \"a\"", "integer `3`".
fn value(found: &str) -> String {
    let bare = ["string ", "integer ", "floating point ", "boolean "].into_iter().find_map(|kind| found.strip_prefix(kind));
    match (bare, found) {
        (Some(value), _) => excerpt(value.trim_matches('`'), 60),
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
                "has the key 'numbre' where only number, count, name, flag, list, map, inner, choice can stand (line 2)",
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
            ("{\"number\": 1, \"choice\": \"three\"}", "holds 'three' where only one or two can stand (line 1)"),
        ] {
            assert_eq!(of_json(&serde_json::from_str::<Example>(text).unwrap_err()), says, "{text}");
        }
    }
}

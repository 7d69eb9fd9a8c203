//! One line of a data set, as it stands in the file.

use serde_json::{Map, Value};

use crate::core::problem::{Problem, Result};
use crate::core::text::{bytes as in_words, counted, excerpt};
use crate::engine::cancel::Cancel;
use crate::engine::json::{object, shown};

/// A prompt or an answer: text, or token ids if the input was tokenised elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub enum Words {
    /// Text to be tokenised; kept byte for byte.
    Text(String),
    /// One token id.
    Token(u32),
    /// An array of token ids.
    Tokens(Vec<u32>),
}

/// A line of the file that holds an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Line number in the file, from 1, for messages.
    pub number: usize,
    /// The content of the line.
    pub pair: Pair,
}

/// The content of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The prompt that the clean answer fits.
    pub clean_prefix: Words,
    /// The prompt that the patch answer fits.
    pub patch_prefix: Words,
    /// The answer that fits the clean prompt; it must be one token.
    pub clean_answer: Words,
    /// The answer that fits the patch prompt; it must be one token.
    pub patch_answer: Words,
}

/// Most bytes of a line, enough for prompts of a hundred thousand tokens. Reading a line takes many times its size in memory.
const LONGEST_LINE: usize = 1 << 22;

/// Splits `bytes` into lines and reads each as JSON; lines of white space are skipped.
///
/// # Errors
/// The first line that holds no example, and how many more there are; or `cancel` is raised.
pub fn parse(bytes: &[u8], name: &str, cancel: &Cancel) -> Result<Vec<Line>> {
    // Some editors write a byte order mark in front, which does not belong to the text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (mut lines, mut first, mut more) = (Vec::new(), None, 0_usize);
    for (index, bytes) in bytes.split(|byte| *byte == b'\n').enumerate() {
        cancel.check()?;
        let number = index + 1;
        match read(bytes) {
            Ok(Some(pair)) if first.is_none() => lines.push(Line { number, pair }),
            Ok(_) => {}
            Err((what, remedy)) if first.is_none() => first = Some((format!("line {number} {what}"), remedy)),
            Err(_) => more += 1,
        }
    }
    if let Some((what, remedy)) = first {
        let more = match more {
            0 => String::new(),
            more => format!(" (and {})", counted(more, "more line")),
        };
        return Err(Problem::new(name, what + &more, remedy));
    }
    if lines.is_empty() {
        return Err(Problem::new(name, "holds no examples", "give a file with one JSON object a line"));
    }
    Ok(lines)
}

/// What is wrong with a line, and a remedy.
type Fault = (String, &'static str);

/// The example in a line; None if it is white space.
fn read(bytes: &[u8]) -> std::result::Result<Option<Pair>, Fault> {
    if bytes.len() > LONGEST_LINE {
        return Err((format!("has more than {}", in_words(LONGEST_LINE as u64)), OBJECT));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| (format!("is no UTF-8 from byte {} on", error.valid_up_to() + 1), "save the file as UTF-8"))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    pair(text).map(Some).map_err(|(what, remedy)| (format!("{what}: {}", excerpt(text.trim(), 60)), remedy))
}

/// What each line must be, for messages.
const OBJECT: &str =
    "each line is a JSON object with clean_prefix, patch_prefix, clean_answer and patch_answer, as text or token ids";

/// The example in a line; else what is wrong with the line, and a remedy.
fn pair(text: &str) -> std::result::Result<Pair, Fault> {
    let line =
        object(text.as_bytes()).map_err(|what| (format!("is not an example: it {}", in_line(&what.to_string())), OBJECT))?;
    let words = |key: &str| words(&line, key);
    Ok(Pair {
        clean_prefix: words("clean_prefix")?,
        patch_prefix: words("patch_prefix")?,
        clean_answer: words("clean_answer")?,
        patch_answer: words("patch_answer")?,
    })
}

/// A fault without its line number, which counts within the one line.
fn in_line(what: &str) -> String {
    what.replace("line 1, column", "column").replace("line 1 column", "column")
}

fn words(line: &Map<String, Value>, key: &str) -> std::result::Result<Words, Fault> {
    let token = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    let value = line.get(key).ok_or_else(|| (format!("has no {key}"), OBJECT))?;
    let read = match value {
        Value::String(text) => Some(Words::Text(text.clone())),
        Value::Array(ids) => ids.iter().map(token).collect::<Option<Vec<u32>>>().map(Words::Tokens),
        other => token(other).map(Words::Token),
    };
    read.ok_or_else(|| {
        (
            format!("has {} as {key}", shown(value)),
            "it must be text, a token id, or an array of token ids, which are whole numbers from 0",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_token_ids_are_read() {
        let lines = parse(
            br#"{"clean_prefix": [1, 2], "patch_prefix": "a b", "clean_answer": 3, "patch_answer": [4]}"#,
            "x",
            &Cancel::default(),
        )
        .unwrap();
        assert_eq!(lines[0].pair.clean_prefix, Words::Tokens(vec![1, 2]));
        assert_eq!(lines[0].pair.patch_prefix, Words::Text("a b".to_owned()));
        assert_eq!(lines[0].pair.clean_answer, Words::Token(3));
        assert_eq!(lines[0].pair.patch_answer, Words::Tokens(vec![4]));
    }

    #[test]
    fn an_error_names_the_line() {
        let error = parse(
            b"{\"clean_prefix\": \"a\", \"patch_prefix\": \"b\", \"clean_answer\": \"c\", \"patch_answer\": \"d\"}\n\n{oops\n",
            "x",
            &Cancel::default(),
        );
        assert!(error.unwrap_err().to_string().contains("line 3"));
    }

    #[test]
    fn an_error_says_how_many_lines_more_are_wrong() {
        let good = r#"{"clean_prefix": "a", "patch_prefix": "b", "clean_answer": "c", "patch_answer": "d"}"#;
        for (bad, says) in [(1, "{oops; each"), (2, "{oops (and 1 more line); each"), (3, "{oops (and 2 more lines); each")] {
            let text = format!("{good}\n{}\n{good}\n", ["{oops"].repeat(bad).join("\n"));
            let said = parse(text.as_bytes(), "x", &Cancel::default()).unwrap_err().to_string();
            assert!(said.contains("x: line 2 is not an example") && said.contains(says), "{said}");
        }
    }

    #[test]
    fn a_fault_names_the_field_and_what_it_may_be() {
        let good = r#"{"clean_prefix": "a", "patch_prefix": "b", "clean_answer": "c", "patch_answer": "d"}"#;
        for (line, says) in [
            (good.replace("\"a\"", "null"), "line 2 has null as clean_prefix"),
            (good.replace("\"c\"", "5.5"), "line 2 has 5.5 as clean_answer"),
            (good.replace("\"b\"", "[1, -2]"), "line 2 has [1,-2] as patch_prefix"),
            (good.replace("\"b\"", "[\"x\"]"), "line 2 has [\"x\"] as patch_prefix"),
            (good.replace("\"d\"", "4294967296"), "line 2 has 4294967296 as patch_answer"),
            (good.replace("\"a\"", "NaN"), "it holds NaN or Infinity at column 18"),
            (good.replace("patch_answer", "answer"), "line 2 has no patch_answer"),
            (good.replace("patch_answer", "clean_answer"), "it holds the key 'clean_answer' twice"),
            (format!("\u{feff}{good}"), "line 2 is not an example: it begins with a byte order mark"),
            (good.replace('"', "'"), "single quotes at column 2"),
            (r#"["a", "b", " he", " she"]"#.to_owned(), "it is an array, a JSON object is expected"),
            ("nope".to_owned(), "line 2 is not an example: it is no JSON"),
        ] {
            let text = format!("{good}\n{line}\n");
            let said = parse(text.as_bytes(), "x", &Cancel::default()).unwrap_err().to_string();
            assert!(said.contains(says), "{line}: {said}");
            assert!(!said.contains("untagged") && !said.contains("line 1"), "{line}: {said}");
        }
    }
}

//! One line of a data set, as it stands in the file.

use serde::Deserialize;

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::cancel::Cancel;

/// A prompt or an answer: text, or token ids if the input was tokenised elsewhere.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
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

/// Splits `bytes` into lines and reads each as JSON; lines of white space are skipped.
pub fn parse(bytes: &[u8], name: &str, cancel: &Cancel) -> Result<Vec<Line>> {
    // Some editors write a byte order mark in front, which does not belong to the text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = Vec::new();
    for (index, bytes) in bytes.split(|byte| *byte == b'\n').enumerate() {
        cancel.check()?;
        let number = index + 1;
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Problem::new(
                name,
                format_args!("line {number} is no UTF-8 from byte {} on", error.valid_up_to() + 1),
                "save the file as UTF-8",
            )
        })?;
        if text.trim().is_empty() {
            continue;
        }
        let pair = serde_json::from_str(text).map_err(|error| {
            Problem::new(
                name,
                format_args!("line {number} is not an example: {error}: {}", excerpt(text, 60)),
                "each line is a JSON object with clean_prefix, patch_prefix, clean_answer and patch_answer, as text or token ids",
            )
        })?;
        lines.push(Line { number, pair });
    }
    if lines.is_empty() {
        return Err(Problem::new(name, "holds no examples", "give a file with one JSON object a line"));
    }
    Ok(lines)
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
}

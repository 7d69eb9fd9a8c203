//! The texts that a dictionary is measured on: lines of a file, as text or as token ids.

use serde_json::Value;

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::tokenizer::Tokenizer;

/// Most tokens of one text.
const LONGEST: usize = 128;

/// Most tokens of all texts: enough for the explained variance of a fit to have settled, and seconds of work.
const MOST_TOKENS: usize = 2048;

/// Token ids of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Texts {
    /// One list for each text.
    pub tokens: Vec<Vec<u32>>,
    /// Number of tokens in all.
    pub count: usize,
}

/// Reads `lines`, the file called `name`: each is a text, or an array of token ids. Longer ones are cut, and reading
/// stops once there are tokens enough.
///
/// # Errors
/// When a line is no text, names a token outside of the vocabulary of `vocabulary` tokens, or the file has no line.
pub fn read(lines: &str, name: &str, tokenizer: Option<&Tokenizer>, vocabulary: usize, context: usize) -> Result<Texts> {
    let mut texts = Texts { tokens: Vec::new(), count: 0 };
    // One place is left for a BOS token.
    let longest = LONGEST.min(context.saturating_sub(1)).max(1);
    for (index, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{name}: line {}", index + 1);
        let mut tokens = tokens(line, &place, tokenizer)?;
        tokens.truncate(longest.min(MOST_TOKENS - texts.count));
        if let Some(token) = tokens.iter().find(|token| **token as usize >= vocabulary) {
            let what = format_args!("holds the token {token}, the model's vocabulary has {vocabulary}");
            return Err(Problem::new(place, what, "use token ids of this model"));
        }
        texts.count += tokens.len();
        if !tokens.is_empty() {
            texts.tokens.push(tokens);
        }
        if texts.count == MOST_TOKENS {
            break;
        }
    }
    if texts.count == 0 {
        return Err(Problem::new(name, "holds no text", "give a file with one text on each line"));
    }
    Ok(texts)
}

fn tokens(line: &str, place: &str, tokenizer: Option<&Tokenizer>) -> Result<Vec<u32>> {
    if let Ok(Value::Array(ids)) = serde_json::from_str(line) {
        let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
        return ids.iter().map(id).collect::<Option<_>>().ok_or_else(|| {
            Problem::new(place, format_args!("'{}' is no list of token ids", excerpt(line, 60)), "write whole numbers: [1, 2, 3]")
        });
    }
    match tokenizer {
        Some(tokenizer) => tokenizer.encode(line),
        None => Err(Problem::new(
            place,
            format_args!("'{}' is text, and the model has no tokenizer.json", excerpt(line, 60)),
            "give a file with lines of token ids: [1, 2, 3]",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_ids_and_their_number_is_bounded() {
        let ids = |content: &str| read(content, "f", None, 10, 5);
        let texts = ids("[1, 2, 3]\n\n[4, 5, 6, 7, 8, 9]\n").unwrap();
        assert_eq!(texts, Texts { tokens: vec![vec![1, 2, 3], vec![4, 5, 6, 7]], count: 7 });
        assert_eq!(ids(&"[1, 2, 3, 4]\n".repeat(5000)).unwrap().count, MOST_TOKENS);
        for (content, says) in
            [("", "holds no text"), ("[10]", "line 1"), ("[1.5]", "no list of token ids"), ("word", "tokenizer.json")]
        {
            let said = ids(content).unwrap_err().to_string();
            assert!(said.starts_with("f: ") && said.contains(says), "{content}: {said}");
        }
    }
}

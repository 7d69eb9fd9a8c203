//! Documents as windows of tokens. A window never crosses the end of a document.

use std::ops::Range;

use rayon::prelude::*;

use super::documents::Document;
use crate::core::label::{Labels, Tokens};
use crate::core::problem::{Problem, Result};
use crate::engine::tokenizer::Tokenizer;

/// Tokens that are run together, with the labels that each of them has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The line of the corpus, from 1.
    pub line: u64,
    /// Token ids, without a BOS token.
    pub tokens: Vec<u32>,
    /// One mask for each token: see [`Labels::masks`].
    pub masks: Vec<u64>,
}

/// The windows of `documents`, each of at most `length` tokens of a vocabulary of `vocabulary`.
///
/// # Errors
/// When a document has no tokens by the tokenizer, or one that the model does not know.
pub fn windows(
    documents: &[Document],
    tokenizer: &Tokenizer,
    labels: &Labels,
    length: usize,
    vocabulary: usize,
) -> Result<Vec<Window>> {
    let of_document = |document: &Document| {
        let (tokens, spans) = tokenizer.encode_with_spans(&document.text)?;
        if let Some(token) = tokens.iter().find(|token| **token as usize >= vocabulary) {
            return Err(Problem::new(
                format_args!("the corpus, line {}", document.line),
                format_args!("has the token {token}, the model's vocabulary has {vocabulary}"),
                "use the model's own tokenizer.json",
            ));
        }
        let window = |(tokens, spans): (&[u32], &[Range<usize>])| {
            let text = text_of(&document.text, spans);
            Window { line: document.line, tokens: tokens.to_vec(), masks: labels.masks(&Tokens { text: text.0, spans: &text.1 }) }
        };
        Ok(tokens.chunks(length).zip(spans.chunks(length)).map(window).collect::<Vec<_>>())
    };
    let found: Vec<Vec<Window>> = documents.par_iter().map(of_document).collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The text that `spans` of `text` stand for, with the spans in it. A character that a window cuts counts to the window.
fn text_of<'t>(text: &'t str, spans: &[Range<usize>]) -> (&'t str, Vec<Range<usize>>) {
    let start = text.floor_char_boundary(spans.first().map_or(0, |span| span.start));
    let end = text.ceil_char_boundary(spans.last().map_or(start, |span| span.end));
    let spans = spans.iter().map(|span| span.start.saturating_sub(start)..span.end.saturating_sub(start)).collect();
    (text.get(start..end).unwrap_or_default(), spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::label::Label;
    use crate::core::label::predicate::Predicate;
    use crate::core::label::words::Words;
    use crate::engine::demo;

    #[test]
    fn windows_hold_every_token_once_with_its_labels() {
        let tokenizer = demo::tokenizer().unwrap();
        let mut labels = Labels::new();
        let words = Predicate::Words(Words::new(["he", "Anna"]));
        labels.push(Label { name: "people".to_owned(), meaning: String::new(), tag: None, predicate: words }).unwrap();
        labels
            .push(Label {
                name: "first".to_owned(),
                meaning: String::new(),
                tag: None,
                predicate: Predicate::Positions([0].into()),
            })
            .unwrap();
        let text = "Anna waits because he is late. é 名 Anna";
        let documents = [Document { line: 7, text: text.to_owned() }];
        let whole = tokenizer.encode(text).unwrap();
        for length in [1, 4, 100] {
            let found = windows(&documents, &tokenizer, &labels, length, 1874).unwrap();
            assert_eq!(found.iter().flat_map(|window| window.tokens.clone()).collect::<Vec<_>>(), whole);
            assert!(found.iter().all(|window| window.tokens.len() <= length && window.line == 7));
            let people: usize = found.iter().flat_map(|window| &window.masks).filter(|mask| **mask & 1 == 1).count();
            assert_eq!(people, 3, "{length}");
            assert!(found.iter().all(|window| window.masks.iter().map(|mask| mask >> 1).collect::<Vec<_>>().starts_with(&[1])));
        }
        assert!(windows(&documents, &tokenizer, &labels, 100, 5).unwrap_err().to_string().contains("line 7"));
    }
}

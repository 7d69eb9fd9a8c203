//! Cuts the corpus into training windows: each begins at a document's start, as the prompts of the data sets do.

use tokenizers::Tokenizer;

use super::corpus::Corpus;
use super::vocabulary::{END_OF_TEXT, encode, single};
use crate::core::problem::Result;

/// An endless stream of token windows of one length.
pub struct Windows<'a> {
    corpus: Corpus,
    tokenizer: &'a Tokenizer,
    separator: u32,
    length: usize,
}

impl<'a> Windows<'a> {
    /// Windows of `length` tokens over the stream of `seed` and `purpose`.
    pub fn new(tokenizer: &'a Tokenizer, seed: u32, purpose: &str, length: usize) -> Result<Self> {
        let separator = single(tokenizer, END_OF_TEXT)?;
        Ok(Self { corpus: Corpus::new(seed, purpose), tokenizer, separator, length })
    }

    /// The next `count` windows, one after another. A window holds whole documents, each closed by the end-of-text token, and
    /// the beginning of a last one.
    pub fn take(&mut self, count: usize) -> Result<Vec<i32>> {
        let mut tokens = Vec::with_capacity(count * self.length);
        for window in 1..=count {
            while tokens.len() < window * self.length {
                let document = self.corpus.next().unwrap_or_default();
                tokens.extend(encode(self.tokenizer, &document)?.into_iter().map(u32::cast_signed));
                tokens.push(self.separator.cast_signed());
            }
            tokens.truncate(window * self.length);
        }
        Ok(tokens)
    }
}

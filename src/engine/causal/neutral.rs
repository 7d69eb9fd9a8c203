//! The neutral text on which side effects are measured: the program's own, or a user's.

use super::side_effects::pairs_of;
use crate::core::causal::side_effects::NEUTRAL;
use crate::core::problem::{Problem, Result};
use crate::engine::inspect;
use crate::engine::loaded::Loaded;

/// Sixty sentences on no person, in words that small vocabularies have.
const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/neutral.txt"));

/// Texts as token ids.
pub struct Corpus {
    /// What the texts are called in results.
    pub name: String,
    /// The ids of each text, with the run's BOS token in front if it had one.
    pub tokens: Vec<Vec<u32>>,
}

/// The program's own text; the reason where this model cannot read it.
pub fn own(loaded: &Loaded, bos: Option<u32>) -> std::result::Result<Corpus, String> {
    if loaded.tokenizer.is_none() {
        return Err(
            "the model has no tokenizer.json to read words with: on the command line, --corpus takes arrays of token ids"
                .to_owned(),
        );
    }
    read(TEXT, NEUTRAL, loaded, bos).map_err(|problem| problem.to_string())
}

/// Reads the `lines` of the file `name`: texts, or arrays of token ids, as far as [`inspect::read`] goes.
///
/// # Errors
/// When there is no text of the model, or none of two tokens: a first token is not predicted.
pub fn read(lines: &str, name: &str, loaded: &Loaded, bos: Option<u32>) -> Result<Corpus> {
    let config = loaded.compute.config();
    let texts = inspect::read(lines, name, loaded.tokenizer.as_ref(), config.vocabulary, config.context)?;
    let begun = |text: Vec<u32>| bos.into_iter().chain(text).collect();
    let tokens: Vec<Vec<u32>> = texts.tokens.into_iter().map(begun).collect();
    pairs_of(&tokens).map_err(|_| {
        Problem::new(name, "has no text of two tokens", "give texts of some words: a first token is not predicted")
    })?;
    Ok(Corpus { name: name.to_owned(), tokens })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_program_speaks_of_nobody() {
        const GENDERED: [&str; 16] = [
            "he", "she", "him", "her", "his", "hers", "man", "woman", "men", "women", "boy", "girl", "mother", "father", "king",
            "queen",
        ];
        assert_eq!(TEXT.lines().count(), 60);
        let words = TEXT.split(|character: char| !character.is_alphabetic()).map(str::to_lowercase);
        let found: Vec<String> = words.filter(|word| GENDERED.contains(&word.as_str())).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

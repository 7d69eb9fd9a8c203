//! The neutral text on which side effects are measured: the program's own, or a file.

use std::path::Path;

use crate::core::problem::Result;
use crate::core::run::Manifest;
use crate::engine::inspect;
use crate::engine::loaded::Loaded;
use crate::store::text_file;

/// Sixty sentences on no person, in words that small vocabularies have.
const NEUTRAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/neutral.txt"));

/// Texts as token ids.
pub struct Corpus {
    /// What the texts are called in results.
    pub name: String,
    /// The ids of each text, with the run's BOS token in front if it had one.
    pub tokens: Vec<Vec<u32>>,
}

/// Reads the lines of the file at `path`, or the program's own: texts, or arrays of token ids, as far as [`inspect::read`] goes.
///
/// # Errors
/// When the file cannot be read, or has no text of the model.
pub fn read(loaded: &Loaded, manifest: &Manifest, path: Option<&Path>) -> Result<Corpus> {
    let (lines, name) = match path {
        Some(path) => (text_file::read(path, text_file::BY_HAND)?, path.display().to_string()),
        None => (NEUTRAL.to_owned(), "data/neutral.txt".to_owned()),
    };
    let config = loaded.compute.config();
    let texts = inspect::read(&lines, &name, loaded.tokenizer.as_ref(), config.vocabulary, config.context)?;
    let begun = |text: Vec<u32>| manifest.model.bos.into_iter().chain(text).collect();
    Ok(Corpus { name, tokens: texts.tokens.into_iter().map(begun).collect() })
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
        assert_eq!(NEUTRAL.lines().count(), 60);
        let words = NEUTRAL.split(|character: char| !character.is_alphabetic()).map(str::to_lowercase);
        let found: Vec<String> = words.filter(|word| GENDERED.contains(&word.as_str())).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

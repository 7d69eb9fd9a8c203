//! The text that the demo model learns from: an endless, seeded stream of short English-like documents about people.
//!
//! A public corpus would be too large to ship and to train on. This one is small enough for a laptop and has what the
//! attribution is about: names, professions and nouns with a gender, and pronouns that mostly agree with them.

use super::person::capitalised;
use super::scenes;
use crate::engine::random::Random;

/// Probability that the space before a word is lost, as in hasty typing.
pub const LOST_SPACE: f64 = 0.004;
/// Probability that the space after "because" is lost. This is where lost spaces matter: they make a name without its space a
/// real candidate there.
pub const LOST_SPACE_AFTER_BECAUSE: f64 = 0.2;

type Scene = fn(&mut Random) -> String;

/// Every kind of document with its share of the corpus.
const SCENES: &[(Scene, f64)] = &[
    (scenes::cause, 0.36),
    (scenes::state, 0.1),
    (scenes::occupation, 0.07),
    (scenes::errand, 0.06),
    (scenes::dialogue, 0.07),
    (scenes::question, 0.05),
    (scenes::gift, 0.06),
    (scenes::alone, 0.02),
    (scenes::family, 0.04),
    (scenes::echo, 0.12),
    (scenes::world, 0.05),
];

/// An endless stream of documents.
pub struct Corpus {
    random: Random,
    weights: Vec<f64>,
    typing_noise: bool,
}

impl Corpus {
    /// The documents of `seed` for one purpose ("training", "evaluation", ...): different purposes never share a stream.
    pub fn new(seed: u32, purpose: &str) -> Self {
        let weights = SCENES.iter().map(|(_, weight)| *weight).collect();
        Self { random: Random::new(seed, purpose), weights, typing_noise: true }
    }

    /// Documents as from [`Corpus::new`], but without lost spaces, so that the tokenizer learns whole words only.
    pub fn clean(seed: u32, purpose: &str) -> Self {
        Self { typing_noise: false, ..Self::new(seed, purpose) }
    }

    fn document(&mut self) -> String {
        let (scene, _) = SCENES[self.random.weighted(&self.weights)];
        let text = capitalised(&scene(&mut self.random));
        if self.typing_noise { lose_spaces(&text, &mut self.random) } else { text }
    }
}

impl Iterator for Corpus {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        Some(self.document())
    }
}

fn lose_spaces(text: &str, random: &mut Random) -> String {
    let mut noisy = String::with_capacity(text.len());
    for (position, word) in text.split(' ').enumerate() {
        if position > 0 {
            let after_because = noisy.ends_with("because");
            let lost = if after_because { LOST_SPACE_AFTER_BECAUSE } else { LOST_SPACE };
            if !random.chance(lost) {
                noisy.push(' ');
            }
        }
        noisy.push_str(word);
    }
    noisy
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_stream_repeats_for_a_seed() {
        let take = |seed, purpose| Corpus::new(seed, purpose).take(50).collect::<Vec<_>>();
        assert_eq!(take(1, "training"), take(1, "training"));
        assert_ne!(take(1, "training"), take(2, "training"));
        assert_ne!(take(1, "training"), take(1, "evaluation"));
    }

    #[test]
    fn documents_vary() {
        let documents: Vec<String> = Corpus::clean(1, "test").take(20_000).collect();
        let words: HashSet<&str> = documents.iter().flat_map(|text| text.split([' ', '.', ',', '?', '"'])).collect();
        assert!(words.len() > 500, "{} distinct words", words.len());
        let distinct: HashSet<&String> = documents.iter().collect();
        assert!(distinct.len() > 19_000, "{} distinct documents", distinct.len());
        assert!(documents.iter().all(|text| text.starts_with(|first: char| first.is_uppercase() || first == '"')));
    }

    /// With `UPDATE_CORPUS=1` the file is written instead of compared.
    #[test]
    fn the_shipped_corpus_is_drawn_for_itself() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/corpus/demo.txt");
        let text: String = Corpus::clean(1, "shipped").take(3000).map(|document| document + "\n").collect();
        if std::env::var_os("UPDATE_CORPUS").is_some_and(|update| update == "1") {
            std::fs::write(&path, text).unwrap();
            return;
        }
        assert!(std::fs::read_to_string(&path).unwrap() == text, "{} is not what the generator gives", path.display());
    }

    #[test]
    fn names_are_sometimes_written_without_their_space() {
        let noisy = Corpus::new(1, "test").take(20_000).filter(|text| text.contains("becauseJames")).count();
        assert!(noisy > 0);
        assert!(!Corpus::clean(1, "test").take(20_000).any(|text| text.contains("becauseJames")));
    }
}

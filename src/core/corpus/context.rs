//! The places of a corpus at which a feature fires most.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::core::text::printable_part;

/// Places that are kept of each feature.
pub const MOST: usize = 20;

/// Tokens that are kept before and after the strongest one of a window.
pub const AROUND: [usize; 2] = [24, 12];

/// Tokens by which a context may be longer at each end, for the character there to be whole.
pub const EDGE: usize = 16;

/// A window of the corpus around the token at which a feature fires most strongly in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The line of the corpus, from 1.
    pub line: u64,
    /// The strongest token's place in the window, from 0; the first of equal ones.
    pub position: usize,
    /// The tokens around it as text, safe to show: at most [`AROUND`], and [`EDGE`] at each end.
    pub tokens: Vec<String>,
    /// The feature's activation at each of `tokens`.
    pub activations: Vec<f32>,
    /// Index of the strongest of `tokens`.
    pub strongest: usize,
}

impl Context {
    /// The size of the activation at the strongest token.
    pub fn largest(&self) -> f32 {
        self.activations.get(self.strongest).map_or(0.0, |activation| activation.abs())
    }

    /// The tokens before the strongest one, it, and those after it; with it go the others of its character, whose text stands at the first.
    pub fn around_strongest(&self) -> [&[String]; 3] {
        let character = self.character(self.strongest);
        [&self.tokens[..character.start], &self.tokens[character.clone()], &self.tokens[character.end..]]
    }

    /// The tokens as text, each with the feature's activation there. The text of a character of several tokens stands at its first one, with
    /// the strongest activation of all of them.
    pub fn shown(&self) -> impl Iterator<Item = (&str, f32)> {
        self.tokens.iter().enumerate().map(|(token, text)| {
            let character = self.character(token);
            let values = if character.start == token { character } else { token..token };
            let values = values.map(|token| self.activations.get(token).copied().unwrap_or_default());
            (text.as_str(), values.max_by(|one, other| one.abs().total_cmp(&other.abs())).unwrap_or_default())
        })
    }

    /// The tokens of the character, or of the several, to which `token` belongs.
    pub fn character(&self, token: usize) -> Range<usize> {
        let token = token.min(self.tokens.len());
        let continues = |token: &usize| self.tokens.get(*token).is_some_and(String::is_empty);
        let start = (0..=token).rev().find(|token| !continues(token)).unwrap_or(token);
        let end = (start + 1..self.tokens.len()).find(|token| !continues(token)).unwrap_or(self.tokens.len());
        start..end.max(start)
    }
}

/// The contexts of the largest activations, largest first; of equal ones, those that came first in the corpus.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contexts(Vec<Context>);

impl Contexts {
    /// Whether a context whose largest activation has the size `largest` would be kept.
    pub fn wants(&self, largest: f32) -> bool {
        self.0.len() < MOST || self.0.last().is_some_and(|last| largest > last.largest())
    }

    /// Keeps `context`, which comes later in the corpus than all before it, if it is among the strongest.
    pub fn offer(&mut self, context: Context) {
        if self.wants(context.largest()) {
            let place = self.0.partition_point(|kept| kept.largest() >= context.largest());
            self.0.insert(place, context);
            self.0.truncate(MOST);
        }
    }

    /// Whether they can have been kept by this program: a file may hold anything.
    pub(super) fn are_whole(&self) -> bool {
        let is_whole = |context: &Context| {
            let Context { tokens, activations, strongest, .. } = context;
            tokens.len() == activations.len()
                && *strongest < tokens.len()
                && tokens.len() <= AROUND[0] + 1 + AROUND[1] + 2 * EDGE
                && activations.iter().all(|activation| activation.is_finite())
                && tokens.iter().all(|token| printable_part(token) == *token)
        };
        self.0.len() <= MOST
            && self.0.iter().all(is_whole)
            && self.0.is_sorted_by(|left, right| left.largest() >= right.largest())
    }

    /// The contexts, strongest first.
    pub fn kept(&self) -> &[Context] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn context(line: u64, largest: f32) -> Context {
        Context { line, position: 0, tokens: vec![String::new()], activations: vec![largest], strongest: 0 }
    }

    #[test]
    fn a_character_of_several_tokens_is_marked_as_a_whole() {
        let tokens = ["a", "名", "", "", "b", ""].map(str::to_owned).to_vec();
        let marked = |strongest: usize| {
            let context = Context { tokens: tokens.clone(), activations: vec![1.0; 6], strongest, ..context(1, 1.0) };
            context.around_strongest().map(<[String]>::concat)
        };
        for (strongest, expected) in
            [(0, ["", "a", "名b"]), (1, ["a", "名", "b"]), (2, ["a", "名", "b"]), (3, ["a", "名", "b"]), (5, ["a名", "b", ""])]
        {
            assert_eq!(marked(strongest), expected, "{strongest}");
        }
    }

    #[test]
    fn a_character_shows_its_strongest_activation_once() {
        let tokens = ["a", "名", "", "b"].map(str::to_owned).to_vec();
        let context = Context { tokens, activations: vec![0.5, 1.0, -2.0, 0.0], ..context(1, 1.0) };
        assert_eq!(context.shown().collect::<Vec<_>>(), [("a", 0.5), ("名", -2.0), ("", 0.0), ("b", 0.0)]);
    }

    proptest! {
        #[test]
        fn they_are_the_first_of_a_sorted_corpus(values in prop::collection::vec(1_i8..9, 0..60)) {
            let all: Vec<Context> = (1..).zip(&values).map(|(line, value)| context(line, f32::from(*value))).collect();
            let mut contexts = Contexts::default();
            all.iter().for_each(|context| contexts.offer(context.clone()));
            let mut sorted = all;
            sorted.sort_by(|left, right| right.largest().total_cmp(&left.largest()));
            sorted.truncate(MOST);
            prop_assert_eq!(contexts.kept(), sorted);
        }
    }
}

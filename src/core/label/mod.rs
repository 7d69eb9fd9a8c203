//! Labels of tokens: predicates that need no language model, against which a feature is tested.
//!
//! A label says of each token of a text whether it has a property, such as "is a male pronoun". How well the label describes a feature is its
//! precision and recall on a corpus: see [`super::corpus::score`].

pub mod predicate;
pub mod words;

use std::ops::Range;

use predicate::Predicate;

use crate::core::tags::Tag;

/// Most labels of one test: each is one bit of a token's mask.
pub const MOST: usize = 64;

/// The tokens of a window with the text that they were made from.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    /// The text of the window.
    pub text: &'a str,
    /// For each token the bytes of `text` that it stands for, ascending. Several tokens may share a character.
    pub spans: &'a [Range<usize>],
}

impl Tokens<'_> {
    /// The token that holds the last byte of `matched`: the one at which a model has read all of it. None if no token does.
    pub fn last_of(&self, matched: &Range<usize>) -> Option<usize> {
        let last = matched.end.checked_sub(1)?;
        let after = self.spans.partition_point(|span| span.start <= last);
        (0..after).next_back().filter(|token| self.spans[*token].end > last)
    }
}

/// A property of tokens.
#[derive(Debug, Clone)]
pub struct Label {
    /// The name, by which other labels and flags mean it: "male pronoun".
    pub name: String,
    /// What it says of a token, in one line.
    pub meaning: String,
    /// The tag that says the same of a feature; such features are tested against the label.
    pub tag: Option<Tag>,
    /// The property itself.
    pub predicate: Predicate,
}

/// Labels that are tested together. Those that refer to others come after them.
#[derive(Debug, Clone, Default)]
pub struct Labels(Vec<Label>);

impl Labels {
    /// No label.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `label`.
    ///
    /// # Errors
    /// In words that follow the label's name: the name is taken, there are too many, or it refers to itself or a later one.
    pub fn push(&mut self, label: Label) -> Result<(), String> {
        if self.find(&label.name).is_some() {
            return Err("is the name of two labels".to_owned());
        }
        if self.0.len() == MOST {
            return Err(format!("is one too many: {MOST} labels can be tested together"));
        }
        if label.predicate.refers_to().into_iter().any(|other| other >= self.0.len()) {
            return Err("refers to a label that does not come before it".to_owned());
        }
        self.0.push(label);
        Ok(())
    }

    /// The place of the label called `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|label| label.name == name)
    }

    /// All labels, in their order.
    pub fn all(&self) -> &[Label] {
        &self.0
    }

    /// For each token a mask in which bit `i` says whether the token has label `i`.
    pub fn masks(&self, tokens: &Tokens<'_>) -> Vec<u64> {
        let mut masks = vec![0; tokens.spans.len()];
        for (place, label) in self.0.iter().enumerate() {
            label.predicate.mark(tokens, place, &mut masks);
        }
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_belongs_to_the_token_that_ends_it() {
        // "Judith é" as " Jud", "ith", and two tokens that share the last character.
        let spans = [0..3, 3..6, 6..9, 7..9];
        let tokens = Tokens { text: "Judith é", spans: &spans };
        assert_eq!(tokens.last_of(&(0..6)), Some(1));
        assert_eq!(tokens.last_of(&(0..3)), Some(0));
        assert_eq!(tokens.last_of(&(7..9)), Some(3));
        assert_eq!((tokens.last_of(&(0..0)), tokens.last_of(&(0..10))), (None, None));
    }

    #[test]
    fn names_are_unique_and_references_point_back() {
        let label = |name: &str, predicate| Label { name: name.to_owned(), meaning: String::new(), tag: None, predicate };
        let mut labels = Labels::new();
        labels.push(label("first", Predicate::Positions([0].into()))).unwrap();
        assert!(labels.push(label("first", Predicate::Positions([0].into()))).unwrap_err().contains("two labels"));
        assert!(labels.push(label("self", Predicate::Not(1))).unwrap_err().contains("before it"));
        labels.push(label("later", Predicate::Not(0))).unwrap();
        assert_eq!(labels.masks(&Tokens { text: "a b", spans: &[0..1, 1..3] }), [0b01, 0b10]);
        for number in 2..MOST {
            labels.push(label(&number.to_string(), Predicate::Positions([0].into()))).unwrap();
        }
        assert!(labels.push(label("more", Predicate::Positions([0].into()))).unwrap_err().contains("64 labels"));
    }
}

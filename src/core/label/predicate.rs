//! What a label says of a token.

use std::collections::BTreeSet;
use std::ops::Range;

use regex::Regex;

use super::Tokens;
use super::words::Words;

/// A property of a token. Others are meant by their place in the list of labels.
///
/// A match in the text counts at one token, the one that holds its last character: there the model has read all of it.
#[derive(Debug, Clone)]
pub enum Predicate {
    /// The token ends a whole word of a list.
    Words(Words),
    /// The token ends a match of a regular expression in the text of the window.
    Pattern(Regex),
    /// The token's place in the window, from 0, is one of these.
    Positions(BTreeSet<usize>),
    /// One of the `within` tokens before it has the label.
    After {
        /// The label of the token before.
        label: usize,
        /// How many tokens before it count, at least 1.
        within: usize,
    },
    /// A token with the label `since` came at or before it, and none with the label `until` came after that.
    Since {
        /// The label that begins a stretch.
        since: usize,
        /// The label that ends it. Where a token has both, a stretch begins.
        until: usize,
    },
    /// The token has at least one of the labels.
    Any(Vec<usize>),
    /// The token has all of the labels.
    All(Vec<usize>),
    /// The token does not have the label.
    Not(usize),
}

impl Predicate {
    /// The places of the labels that the predicate refers to.
    pub fn refers_to(&self) -> Vec<usize> {
        match self {
            Self::Words(_) | Self::Pattern(_) | Self::Positions(_) => Vec::new(),
            Self::After { label, .. } | Self::Not(label) => vec![*label],
            Self::Since { since, until } => vec![*since, *until],
            Self::Any(labels) | Self::All(labels) => labels.clone(),
        }
    }

    /// Sets bit `place` of the mask of each token that has the property. The bits of the labels that it refers to are set already.
    pub fn mark(&self, tokens: &Tokens<'_>, place: usize, masks: &mut [u64]) {
        let bit = 1 << place;
        match self {
            Self::Words(words) => mark_ends(tokens, words.matches(tokens.text), bit, masks),
            Self::Pattern(pattern) => {
                mark_ends(tokens, pattern.find_iter(tokens.text).map(|found| found.range()), bit, masks);
            }
            Self::Positions(positions) => mark_where(masks, bit, |token, _| positions.contains(&token)),
            Self::After { label, within } => {
                // The tokens that are still within reach of the last one with the label.
                let mut left = 0;
                mark_where(masks, bit, |_, mask| {
                    let is_after = left > 0;
                    left = if has(mask, *label) { *within } else { left.saturating_sub(1) };
                    is_after
                });
            }
            Self::Since { since, until } => {
                let mut lasts = false;
                mark_where(masks, bit, |_, mask| {
                    lasts = has(mask, *since) || lasts && !has(mask, *until);
                    lasts
                });
            }
            Self::Any(labels) => mark_where(masks, bit, |_, mask| labels.iter().any(|label| has(mask, *label))),
            Self::All(labels) => mark_where(masks, bit, |_, mask| labels.iter().all(|label| has(mask, *label))),
            Self::Not(label) => mark_where(masks, bit, |_, mask| !has(mask, *label)),
        }
    }
}

fn has(mask: u64, label: usize) -> bool {
    mask >> label & 1 == 1
}

fn mark_ends(tokens: &Tokens<'_>, matches: impl Iterator<Item = Range<usize>>, bit: u64, masks: &mut [u64]) {
    for matched in matches {
        if let Some(token) = tokens.last_of(&matched) {
            masks[token] |= bit;
        }
    }
}

/// Sets `bit` where `holds` says so of a token's place and mask, first token first.
fn mark_where(masks: &mut [u64], bit: u64, mut holds: impl FnMut(usize, u64) -> bool) {
    for (token, mask) in masks.iter_mut().enumerate() {
        if holds(token, *mask) {
            *mask |= bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tokens of `predicate` in `text`, whose tokens are the words with the space before each.
    fn marked(predicate: &Predicate, text: &str, masks: &mut [u64]) -> Vec<usize> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for word in text.split_inclusive(' ') {
            let start = spans.last().map_or(0, |span| span.end);
            spans.push(start..start + word.len());
        }
        predicate.mark(&Tokens { text, spans: &spans }, 5, masks);
        masks.iter().enumerate().filter(|(_, mask)| has(**mask, 5)).map(|(token, _)| token).collect()
    }

    #[test]
    fn each_kind_marks_its_tokens() {
        let text = "James lost his hat because he was late. Anna laughs";
        let male = Predicate::Words(Words::new(["James", "his", "he"]));
        assert_eq!(marked(&male, text, &mut [0; 10]), [0, 2, 5]);
        let pattern = Predicate::Pattern(Regex::new(r"\w+ because").unwrap());
        assert_eq!(marked(&pattern, text, &mut [0; 10]), [4]);
        assert_eq!(marked(&Predicate::Positions([0, 2].into()), text, &mut [0; 10]), [0, 2]);
        // Bit 0: James, his, he; bit 1: Anna.
        let masks = [1, 0, 1, 0, 0, 1, 0, 0, 2, 0];
        let of = |predicate: Predicate| marked(&predicate, text, &mut masks.clone());
        assert_eq!(of(Predicate::After { label: 0, within: 1 }), [1, 3, 6]);
        assert_eq!(of(Predicate::After { label: 0, within: 2 }), [1, 2, 3, 4, 6, 7]);
        assert_eq!(of(Predicate::Since { since: 0, until: 1 }), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(of(Predicate::Since { since: 1, until: 0 }), [8, 9]);
        assert_eq!(of(Predicate::Any(vec![0, 1])), [0, 2, 5, 8]);
        assert_eq!(of(Predicate::All(vec![0, 1])), Vec::<usize>::new());
        assert_eq!(of(Predicate::Not(0)), [1, 3, 4, 6, 7, 8, 9]);
    }

    proptest! {
        /// What a token is after, in the words of the definition.
        #[test]
        fn after_looks_back_as_far_as_it_says(masks in prop::collection::vec(0_u64..2, 0..30), within in 1_usize..5) {
            let mut marks = masks.clone();
            Predicate::After { label: 0, within }.mark(&Tokens { text: "", spans: &[] }, 5, &mut marks);
            for (token, mask) in marks.iter().enumerate() {
                let expected = masks[token.saturating_sub(within)..token].contains(&1);
                prop_assert_eq!(has(*mask, 5), expected, "token {}", token);
            }
        }

        #[test]
        fn since_looks_for_the_latest_of_both(masks in prop::collection::vec(0_u64..4, 0..30)) {
            let mut marks = masks.clone();
            Predicate::Since { since: 0, until: 1 }.mark(&Tokens { text: "", spans: &[] }, 5, &mut marks);
            for (token, mask) in marks.iter().enumerate() {
                let latest = masks[..=token].iter().rev().find(|mask| **mask > 0);
                prop_assert_eq!(has(*mask, 5), latest.is_some_and(|mask| has(*mask, 0)), "token {}", token);
            }
        }
    }
}

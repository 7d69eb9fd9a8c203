//! Whole words of a text, and lists of them.

use std::collections::BTreeSet;
use std::ops::Range;

/// Words to look for. One in small letters stands for every case of itself; one with a capital only for itself, because "Rose" and "rose"
/// differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    any_case: BTreeSet<String>,
    exact: BTreeSet<String>,
}

impl Words {
    /// The list of `words`.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut list = Self::default();
        for word in words {
            let set = if word.chars().any(char::is_uppercase) { &mut list.exact } else { &mut list.any_case };
            set.insert(word.to_owned());
        }
        list
    }

    /// Whether the list has `word`.
    pub fn holds(&self, word: &str) -> bool {
        self.exact.contains(word) || self.any_case.contains(word) || self.any_case.contains(&word.to_lowercase())
    }

    /// The bytes of every whole word of `text` that the list has.
    pub fn matches<'t>(&self, text: &'t str) -> impl Iterator<Item = Range<usize>> + use<'_, 't> {
        words(text).filter(|word| text.get(word.clone()).is_some_and(|word| self.holds(word)))
    }
}

/// Whether `text` is one whole word, as `words` finds them.
pub fn is_word(text: &str) -> bool {
    words(text).next() == Some(0..text.len())
}

/// The bytes of each whole word of `text`: letters and digits without anything between.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, _) = characters.find(|(_, character)| character.is_alphanumeric())?;
        while characters.next_if(|(_, character)| character.is_alphanumeric()).is_some() {}
        let end = characters.peek().map_or(text.len(), |(end, _)| *end);
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_capitals_count_where_they_are_written() {
        let found = |list: &[&str], text: &'static str| {
            let list = Words::new(list.iter().copied());
            list.matches(text).filter_map(|word| text.get(word)).collect::<Vec<_>>()
        };
        assert_eq!(found(&["he", "Rose"], "He said \"he\": the rose, Rose; HE, she, Roses."), ["He", "he", "Rose", "HE"]);
        assert_eq!(found(&["élan", "名前"], "Élan 名前 名"), ["Élan", "名前"]);
        assert_eq!(found(&["he"], ""), Vec::<&str>::new());
        assert!(is_word("Rose") && !is_word("two words") && !is_word("") && !is_word("it's"));
    }
}

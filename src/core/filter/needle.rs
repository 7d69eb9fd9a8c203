//! A text that a filter looks for, prepared once so that each row takes little time.

use super::error::FilterError;
use super::facts::Facts;
use super::name::NameText;
use super::token::Token;

/// A text to look for in a row's names, tags and note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needle {
    /// The text in lowercase, never empty.
    text: String,
    /// Where the text can occur in a feature's names.
    in_names: NameText,
}

impl Needle {
    /// Prepares the text of a word or of a quoted text.
    pub(super) fn new(token: &Token) -> Result<Self, FilterError> {
        if token.text.is_empty() {
            return Err(FilterError::new(token.column, "the quotes hold no text to look for"));
        }
        let text = lowercase(&token.text);
        let in_names = NameText::new(&text);
        Ok(Self { text, in_names })
    }

    /// Whether the row's names, tags or note contain the text.
    pub(super) fn is_in<F: Facts + ?Sized>(&self, facts: &F) -> bool {
        self.in_names.is_in(facts.feature()) || facts.tag_contains(&self.text) || facts.note_contains(&self.text)
    }
}

/// `text` without capitals, converted one character at a time: `str::to_lowercase` makes a Greek sigma depend on the characters
/// around it, so a text would not always contain its parts.
pub(super) fn lowercase(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether `text`, ignoring case, contains `needle_lowercase`, which has no capitals. For [`Facts::note_contains`]; allocates
/// nothing.
pub fn contains_lowercase(text: &str, needle_lowercase: &str) -> bool {
    let mut rest = text.chars().flat_map(char::to_lowercase);
    loop {
        let mut behind = rest.clone();
        if needle_lowercase.chars().all(|wanted| behind.next() == Some(wanted)) {
            return true;
        }
        if rest.next().is_none() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_make_no_difference_in_any_script() {
        for (text, needle) in
            [("Plural NOUN", "noun"), ("ÜBER", "über"), ("ΟΔΟΣ", "σ"), ("ΟΔΟΣ", "οδοσ"), ("x", ""), ("", ""), ("aab", "ab")]
        {
            assert!(contains_lowercase(text, needle) && lowercase(text).contains(needle), "{text} {needle}");
        }
        for (text, needle) in [("ab", "abc"), ("", "a"), ("plural", "x")] {
            assert!(!contains_lowercase(text, needle), "{text} {needle}");
        }
    }
}

//! Short names of views and tags. They are copied, not shared, because tables of hundreds of thousands of rows carry them.

use std::fmt;

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

use super::text::excerpt;

/// The length of the longest name in bytes.
pub const LONGEST: usize = 24;

/// A name of 1 to [`LONGEST`] ASCII letters, digits, `-` and `_` that begins and ends with a letter or a digit, so that it can
/// be recognized in running text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(ArrayString<LONGEST>);

impl Name {
    /// Makes a name from `text`, or says why it cannot be one.
    pub fn new(text: &str) -> Result<Self, String> {
        let is_allowed = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
        let has_plain_ends = [text.chars().next(), text.chars().next_back()]
            .into_iter()
            .all(|end| end.is_some_and(|character| character.is_ascii_alphanumeric()));
        if !has_plain_ends || !text.chars().all(is_allowed) {
            return Err("is not a name of letters, digits, - and _".to_owned());
        }
        ArrayString::from(text).map(Self).map_err(|_| format!("is longer than {LONGEST} letters"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text).map_err(|what| format!("'{}' {what}", excerpt(&text, 40)))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        assert_eq!(Name::new("anti-stereotyped_2").unwrap().to_string(), "anti-stereotyped_2");
        for text in ["", "-a", "a_", "a b", "é", "a>b", "a.b", &"a".repeat(LONGEST + 1)] {
            assert!(Name::new(text).is_err(), "{text}");
        }
        assert!(Name::new(&"a".repeat(LONGEST)).is_ok());
        assert!(Name::try_from("a".repeat(100_000)).unwrap_err().len() < 100);
    }
}

//! A line of the window on a check.

use crate::core::text::wrap;

/// A line with its importance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text, without control characters.
    pub text: String,
    /// Its importance.
    pub tone: Tone,
}

/// The importance of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Title,
    /// A result.
    Plain,
    /// An explanation.
    Dim,
    /// Something that is not as it should be.
    Warning,
}

impl Line {
    /// A heading.
    pub fn title(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Title }
    }

    /// A result.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }

    /// A sentence in lines of at most `columns`.
    pub fn sentence(text: &str, tone: Tone, columns: usize) -> Vec<Self> {
        let lines = wrap(text, columns.max(1)).into_iter();
        lines.map(|line| Self { text: line.trim_end().to_owned(), tone }).collect()
    }
}

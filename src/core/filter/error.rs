//! What is wrong with a filter's text: shown while it is typed, so it is shorter than a `Problem` and says the column.

use std::fmt;

use crate::core::text::{excerpt, printable};

/// What could not be understood, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Counted in characters of the filter's text, from 1.
    pub column: usize,
    /// One line, safe to show on a terminal.
    pub message: String,
}

impl FilterError {
    pub(super) fn new(column: usize, message: impl fmt::Display) -> Self {
        Self { column, message: printable(&message.to_string()) }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for FilterError {}

/// A part of the filter's text for a message: in quotes, and cut so that the line still has room for the remedy.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", excerpt(text, 24))
}

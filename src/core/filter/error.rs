//! Errors in a filter's text. They are shown while it is typed, so they are shorter than a `Problem` and name the column.

use std::fmt;

use crate::core::text::{excerpt, printable};

/// Why a filter cannot be understood, and at which column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Position of the fault in the filter's text, in characters from 1.
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

/// A part of the filter's text for a message: quoted, and cut so that the line still has room for the remedy.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", excerpt(text, 24))
}

//! A TOML file with its name, so that every message about it names the line.

use std::ops::Range;

use toml::Spanned;

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// The text of a file, and what messages call the file.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// All of it.
    pub text: &'a str,
    /// Its path, for messages.
    pub path: &'a str,
}

impl Source<'_> {
    /// `PATH:LINE` of what stands at `span`, in bytes.
    pub fn place(&self, span: &Range<usize>) -> String {
        let line = self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1;
        format!("{}:{line}", self.path)
    }

    /// What the parser could not read, said in the words of `what`.
    pub fn unreadable(&self, error: &toml::de::Error, what: &str, remedy: &str) -> Problem {
        let place = error.span().map_or_else(|| self.path.to_owned(), |span| self.place(&span));
        Problem::new(place, what, remedy)
    }

    /// A value that cannot be used.
    pub fn bad(&self, value: &Spanned<String>, what: &str, remedy: &str) -> Problem {
        Problem::new(self.place(&value.span()), format_args!("'{}' {what}", excerpt(value.get_ref(), 80)), remedy)
    }

    /// The value, unless it is blank.
    pub fn not_empty(&self, value: &Spanned<String>) -> Result<String> {
        if value.get_ref().trim().is_empty() {
            return Err(self.bad(value, "is empty", "name something"));
        }
        Ok(value.get_ref().clone())
    }
}

//! A TOML file with its name, so that every message about it can name the line.

use std::ops::Range;

use toml::Spanned;

use crate::core::format_error::of_toml;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// The text of a file, with the file's path.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The whole text of the file.
    pub text: &'a str,
    /// The file's path, for messages.
    pub path: &'a str,
}

impl Source<'_> {
    /// The place `PATH:LINE` of the beginning of `span`, given in bytes.
    pub fn place(&self, span: &Range<usize>) -> String {
        let line = self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1;
        format!("{}:{line}", self.path)
    }

    /// The problem that the parser could not read the file.
    pub fn unreadable(&self, error: &toml::de::Error, remedy: &str) -> Problem {
        let place = error.span().map_or_else(|| self.path.to_owned(), |span| self.place(&span));
        let found = error.span().and_then(|span| self.text.get(span)).unwrap_or_default();
        Problem::new(place, of_toml(error.message(), found), remedy)
    }

    /// The problem that `value` cannot be used.
    pub fn bad(&self, value: &Spanned<String>, what: &str, remedy: &str) -> Problem {
        Problem::new(self.place(&value.span()), format_args!("'{}' {what}", excerpt(value.get_ref(), 80)), remedy)
    }

    /// The text of `value`; a blank one is a problem.
    pub fn not_empty(&self, value: &Spanned<String>) -> Result<String> {
        if value.get_ref().trim().is_empty() {
            return Err(self.bad(value, "is empty", "name something"));
        }
        Ok(value.get_ref().clone())
    }
}

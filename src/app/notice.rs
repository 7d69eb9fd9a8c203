//! The line at the bottom that says what happened.

use crate::core::problem::Problem;
use crate::core::text::printable;

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Done,
    /// Something cannot be done now, and why.
    Refused,
    /// Something failed.
    Failed,
}

/// One line for the user; it stays until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// Safe to show.
    pub text: String,
}

impl Notice {
    /// Something was done.
    pub fn done(text: impl AsRef<str>) -> Self {
        Self { tone: Tone::Done, text: printable(text.as_ref()) }
    }

    /// Something cannot be done now.
    pub fn refused(why: impl AsRef<str>) -> Self {
        Self { tone: Tone::Refused, text: printable(why.as_ref()) }
    }

    /// Something failed.
    pub fn failed(problem: &Problem) -> Self {
        Self { tone: Tone::Failed, text: problem.to_string() }
    }
}

//! What is said at the bottom about what happened.

use crate::core::problem::Problem;
use crate::core::text::{printable, wrap};

/// What a notice tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Done,
    /// Something cannot be done now, and why.
    Refused,
    /// Something failed.
    Failed,
}

/// A sentence for the user; it stays until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Decides colour and mark.
    pub tone: Tone,
    /// One line without control characters.
    pub text: String,
}

impl Notice {
    /// What is shown, in as many lines of at most `columns` as it needs, broken between words.
    pub fn lines(&self, columns: usize) -> Vec<String> {
        let mark = match self.tone {
            Tone::Done => "",
            Tone::Refused => "! ",
            Tone::Failed => "error: ",
        };
        wrap(&format!(" {mark}{}", self.text), columns)
    }

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

//! Notices: sentences at the bottom of the screen about what happened.

use crate::core::problem::Problem;
use crate::core::text::{printable, wrap};

/// The kind of event that a notice reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// An action was done.
    Done,
    /// An action cannot be done now; the text says why.
    Refused,
    /// An action failed.
    Failed,
}

/// A sentence for the user; it stays until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The kind of event, which decides the colour and the mark before the text.
    pub tone: Tone,
    /// The sentence, one line without control characters.
    pub text: String,
}

impl Notice {
    /// The notice in as many lines of at most `columns` as it needs, broken between words.
    pub fn lines(&self, columns: usize) -> Vec<String> {
        let mark = match self.tone {
            Tone::Done => "",
            Tone::Refused => "! ",
            Tone::Failed => "error: ",
        };
        wrap(&format!(" {mark}{}", self.text), columns)
    }

    /// A notice that an action was done.
    pub fn done(text: impl AsRef<str>) -> Self {
        Self { tone: Tone::Done, text: printable(text.as_ref()) }
    }

    /// A notice that an action cannot be done now.
    pub fn refused(why: impl AsRef<str>) -> Self {
        Self { tone: Tone::Refused, text: printable(why.as_ref()) }
    }

    /// A notice that an action failed.
    pub fn failed(problem: &Problem) -> Self {
        Self { tone: Tone::Failed, text: problem.to_string() }
    }
}

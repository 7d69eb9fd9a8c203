//! The question what a list would hold by chance, and its answer.

use std::sync::Arc;

use crate::core::chance::{self, Expected};
use crate::core::findings::Findings;
use crate::core::selection::Selection;
use crate::core::view::View;

/// A question for another thread.
#[derive(Debug, Clone)]
pub struct Question {
    /// The findings that hold the list.
    pub findings: Arc<Findings>,
    /// The view whose features are listed.
    pub view: View,
    /// The rule by which they are listed.
    pub selection: Selection,
}

impl Question {
    /// Whether both ask for the same number.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.findings, &other.findings) && self.view == other.view && self.selection == other.selection
    }

    /// Computes the answer, which takes longer than a frame.
    pub fn answered(self) -> Chance {
        // For the columns p and q; the reason why there are none is that of the answer.
        let _ = chance::tests(&self.findings, self.view);
        let expected = Expected::of(&self.findings, self.view, self.selection);
        Chance { question: self, expected: Some(expected) }
    }
}

/// A question with its answer.
#[derive(Debug, Clone)]
pub struct Chance {
    /// What was asked.
    pub question: Question,
    /// The answer, or why there is none; None until it arrives.
    pub expected: Option<Result<Expected, String>>,
}

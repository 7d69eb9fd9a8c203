//! The two prompts of an example as one view sees them.

use super::findings::Findings;
use super::run::ExampleRecord;
use super::text::printable;
use super::view::{Direction, View};

/// One prompt with its answer, with the text as it is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side<'a> {
    /// The text of each token of the prompt.
    pub tokens: &'a [String],
    /// The text of the token that answers the prompt.
    pub answer: &'a str,
}

/// Stands for a token whose character began at a token before it.
pub const CONTINUED: &str = "·";

/// The clean and the patch prompt, as a view of that direction takes them.
pub fn sides(example: &ExampleRecord, direction: Direction) -> [Side<'_>; 2] {
    let clean = Side { tokens: &example.clean_text, answer: &example.clean_answer_text };
    let patch = Side { tokens: &example.patch_text, answer: &example.patch_answer_text };
    direction.orient(clean, patch).into()
}

/// A token by itself, printable: spaces around it are dropped; a token of spaces only is shown as `␣`.
pub fn alone(token: &str) -> String {
    if token.is_empty() {
        return CONTINUED.to_owned();
    }
    let shown = printable(token);
    let trimmed = shown.trim_matches(' ');
    if trimmed.is_empty() { "␣".repeat(shown.len()) } else { trimmed.to_owned() }
}

/// The tokens of the first clean prompt, as an example for each position; None if prompts differ in length.
pub fn first_tokens(findings: &Findings, view: View) -> Option<Vec<String>> {
    let examples = &findings.data(view)?.examples;
    let first = sides(examples.first()?, findings.study.view(view).direction)[0].tokens;
    let same = examples.iter().all(|example| example.clean_text.len() == first.len() && example.patch_text.len() == first.len());
    same.then(|| first.iter().map(|token| alone(token)).collect())
}

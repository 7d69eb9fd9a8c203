//! The two prompts of an example as one view sees them.

use super::findings::Findings;
use super::run::ExampleRecord;
use super::text::{cut, printable_part};
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

/// Most characters of a token that names a position.
const LONGEST_WORD: usize = 40;

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
    let shown = printable_part(token);
    let trimmed = shown.trim_matches(' ');
    if trimmed.is_empty() { "␣".repeat(shown.len()) } else { trimmed.to_owned() }
}

/// The tokens of the first clean prompt, at most `LONGEST_WORD` characters of each, as an example for each position; None if prompts differ in length.
pub fn first_tokens(findings: &Findings, view: View) -> Option<Vec<String>> {
    let examples = &findings.data(view)?.examples;
    let first = sides(examples.first()?, findings.study.view(view).direction)[0].tokens;
    let same = examples.iter().all(|example| example.clean_text.len() == first.len() && example.patch_text.len() == first.len());
    same.then(|| first.iter().map(|token| cut(&alone(token), LONGEST_WORD)).collect())
}

/// For each position its token, if it is the same in all pairs; else those of the first pair, with two dots for the others.
/// Empty if prompts differ in length.
pub fn position_words(findings: &Findings, view: View) -> Vec<String> {
    let Some(data) = findings.data(view) else { return Vec::new() };
    let direction = findings.study.view(view).direction;
    let pairs = || data.examples.iter().map(|example| sides(example, direction));
    let Some([first_clean, first_patch]) = pairs().next() else { return Vec::new() };
    let length = first_clean.tokens.len();
    if !pairs().flatten().all(|side| side.tokens.len() == length) {
        return Vec::new();
    }
    let word = |position: usize| {
        let (clean, patch) = (&first_clean.tokens[position], &first_patch.tokens[position]);
        let both = if clean == patch { alone(clean) } else { format!("{}/{}", alone(clean), alone(patch)) };
        let same = pairs()
            .all(|[other_clean, other_patch]| other_clean.tokens[position] == *clean && other_patch.tokens[position] == *patch);
        if same { both } else { format!("{both} ..") }
    };
    (0..length).map(word).collect()
}

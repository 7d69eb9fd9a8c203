//! A line of a pair list that became no example.

use serde::{Deserialize, Serialize};

use super::text::{excerpt, printable};

/// Most lines that a run lists for each pair list; all are counted.
pub const MOST_LISTED: usize = 200;

/// Most characters of a prompt that are kept.
const LONGEST: usize = 120;

/// A line of a pair list that became no example, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedLine {
    /// Line in the file, from 1.
    pub line: usize,
    /// Why it became no example, such as `prompts of 3 and 4 tokens`.
    pub reason: String,
    /// The beginning of the clean prompt, as text or as token ids.
    pub clean: String,
    /// The beginning of the patch prompt, as text or as token ids.
    pub patch: String,
}

impl DroppedLine {
    /// A line with these prompts, of which the beginning is kept.
    pub fn new(line: usize, reason: String, clean: &str, patch: &str) -> Self {
        Self { line, reason, clean: excerpt(clean, LONGEST), patch: excerpt(patch, LONGEST) }
    }

    /// Both prompts, safe to show.
    pub fn shown(&self) -> String {
        format!("'{}' / '{}'", printable(&self.clean), printable(&self.patch))
    }
}

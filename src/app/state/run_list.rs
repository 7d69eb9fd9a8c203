//! The list of kept runs on the screen.

use crate::core::kept_run::KeptRun;

/// The list of kept runs with its cursor.
#[derive(Debug, Clone, Default)]
pub struct RunList {
    /// The runs, the latest first; None until they were looked up.
    pub runs: Option<Vec<KeptRun>>,
    /// Index of the row with the cursor.
    pub cursor: usize,
}

impl RunList {
    /// Number of lines of the list: a heading, and a line for each run or one that says that there is none.
    pub fn lines(&self) -> usize {
        1 + self.runs.as_ref().map_or(0, Vec::len).max(1)
    }

    /// Index of the first run that is visible in a window of `rows` rows below the heading.
    pub fn top(&self, rows: usize) -> usize {
        (self.cursor + 1).saturating_sub(rows.max(1))
    }
}

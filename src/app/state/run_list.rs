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

//! What can lie over the panes.

use super::list::List;
use super::prompt::Prompt;

/// What lies over the panes and takes every key.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// A line of text is being typed.
    Prompt(Box<Prompt>),
    /// One key chooses.
    Chooser(Chooser),
    /// The command palette.
    Palette(List),
    /// The help.
    Help(List),
    /// The heat map, over the whole screen.
    HeatMap,
}

/// What is chosen by one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chooser {
    /// A tag for the features that are marked, or the one at the cursor.
    Tags,
    /// The column that orders the table.
    Sort,
}

//! The state of the palette and of the help: typed text and cursor. [`palette`](crate::app::palette) decides which commands
//! match.

use tui_input::Input;

/// A list of commands that is searched by typing.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// The typed text.
    pub input: Input,
    /// Index of the cursor among the commands that match.
    pub cursor: usize,
}

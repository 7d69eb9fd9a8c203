//! The palette and the help as what was typed and a cursor; which commands match is [`palette`](crate::app::palette)'s to say.

use tui_input::Input;

/// A list of commands that is searched by typing.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// What was typed.
    pub input: Input,
    /// Index of the chosen one among those that match.
    pub cursor: usize,
}

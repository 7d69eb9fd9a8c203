//! What a key may have been meant for that is not on the screen any more, or never was.

use crate::app::command_id::CommandId;

/// What the next key may be meant for, although it is not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// The box that this command would have opened, had it not been refused: a letter chooses in it.
    Box(CommandId),
    /// A question that has closed by itself.
    Question,
}

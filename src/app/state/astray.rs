//! What the next keys may have been typed for, although it is not open.

use std::time::Duration;

use crate::app::command_id::CommandId;

/// What keys may have been typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Astray {
    /// A question that closed by itself before it was answered.
    Question,
    /// What this command would have opened; it was refused at this time.
    Command(CommandId, Duration),
}

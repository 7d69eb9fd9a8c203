//! Keys that were meant for what is not on the screen: as commands they would do what nobody meant.

use super::command_id::CommandId;
use super::key::Key;
use super::notice::Notice;
use super::state::State;
use super::state::missed::Missed;
use super::state::overlay::Chooser;
use super::{answer, choice, copy_box};

/// Takes the key if it was meant for what was missed, and says so. Every other key shows that the user has gone on.
pub fn takes(state: &mut State, key: Key) -> bool {
    let says = match state.missed.take() {
        Some(Missed::Box(command)) if state.overlay.is_none() && chooses(state, command, key) => {
            format!("{command} was refused, so that {} chose nothing", key.spoken())
        }
        Some(Missed::Question) if answer::is_answer(key) => {
            format!("{} answers nothing: the question was settled when the work ended", key.spoken())
        }
        _ => return false,
    };
    state.notice = Some(Notice::refused(says));
    true
}

/// Whether `key` would have chosen something in the box that `command` opens.
fn chooses(state: &State, command: CommandId, key: Key) -> bool {
    match command {
        CommandId::TAG => choice::is_choice(Chooser::Tags, state, key),
        CommandId::SORT => choice::is_choice(Chooser::Sort, state, key),
        CommandId::COPY => copy_box::is_choice(key),
        _ => false,
    }
}

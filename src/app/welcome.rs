//! The first sentence: what one sees, and what to press.

use super::command_id::CommandId;
use super::notice::Notice;
use super::state::State;
use crate::core::request::ModelSource;

/// Greets whoever starts with the demo, which nobody has asked for by name.
pub fn greet(state: &mut State) {
    if state.setting.request.as_ref().is_none_or(|request| request.model != ModelSource::Demo) {
        return;
    }
    let way = |command| state.setting.keymap.way(command);
    let (down, up, enter) = (way(CommandId::DOWN), way(CommandId::UP), way(CommandId::ENTER));
    let (tag, help) = (way(CommandId::TAG), way(CommandId::HELP));
    state.notice = Some(Notice::done(format!(
        "This is the demo, a small model inside the program. Each row is one of its features, the strongest first: {down} {up} walk, \
         {enter} opens the card, {tag} tags, {help} help explains the screen"
    )));
}

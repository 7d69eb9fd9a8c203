//! The list of the checks of the run on the screen: the running one, then those that are done, the latest first.

use super::apart::apart;
use super::progress::progress;
use super::running::is_of_the_shown;
use super::said;
use crate::app::command_id::CommandId;
use crate::app::key::{Code, Key};
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::check::Window;
use crate::app::state::overlay::Overlay;
use crate::app::{answer, stepping};
use crate::core::causal::check::{Check, Done};

/// The checks with their lines.
pub fn checks(state: &State) -> Vec<(Check, String)> {
    let of = if is_of_the_shown(state) { "" } else { " of another run" };
    let running =
        state.check.iter().map(|running| (running.check.clone(), format!("{}{of}: {}", running.check, progress(state, running))));
    // What is known of the running check from before, or is whole but for its side effects, stands in its own line.
    let is_running = |done: &Done| state.check.as_ref().is_some_and(|running| running.check == done.check);
    let known = state.record.checks.iter().rev().filter(|done| !state.show_published && !is_running(done));
    let known: Vec<&Done> = known.map(AsRef::as_ref).collect();
    let apart = apart(&known.iter().map(|done| &done.check).collect::<Vec<_>>());
    let lines = known.iter().zip(apart).map(|(done, apart)| (done.check.clone(), said::told_apart(done, &apart)));
    running.chain(lines).collect()
}

/// Opens the list.
pub fn open(state: &mut State) -> Vec<Effect> {
    state.overlay = Some(Overlay::Checks(0));
    Vec::new()
}

/// Handles a key in the open list: Enter opens the check at the cursor.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(Overlay::Checks(cursor)) = state.overlay else { return Vec::new() };
    let command = state.setting.keymap.command(key);
    if let Some(rows) = stepping::rows(key) {
        step(state, rows);
    } else if command == Some(CommandId::CANCEL) && state.check.is_some() {
        return answer::ask_to_stop_check(state);
    } else if stepping::closes(key) || command == Some(CommandId::CHECKS) {
        state.overlay = None;
    } else if key.code == Code::Enter {
        return choose(state, cursor);
    } else {
        state.notice = Some(Notice::refused(format!("{key} does nothing here")));
    }
    Vec::new()
}

/// Moves the cursor of the open list.
pub fn step(state: &mut State, rows: isize) {
    let count = checks(state).len();
    if let Some(Overlay::Checks(cursor)) = &mut state.overlay {
        *cursor = cursor.saturating_add_signed(rows).min(count.saturating_sub(1));
    }
}

/// Opens the window on the check in row `row`.
pub fn choose(state: &mut State, row: usize) -> Vec<Effect> {
    if let Some((check, _)) = checks(state).into_iter().nth(row) {
        state.overlay = Some(Overlay::Check(Box::new(Window::on(check))));
    }
    Vec::new()
}

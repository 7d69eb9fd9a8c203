//! How to get a baseline, where two directions of one pair list are compared: what both have in common cannot be seen without one.

use super::command_id::CommandId;
use super::state::State;
use crate::core::study::NAMES;

/// Columns from which on the header has room for the whole sentence.
const ROOM: u16 = 110;

/// Whether the comparison on the screen has no baseline although one could be computed.
fn is_missing(state: &State) -> bool {
    let can_compute = state.setting.request.is_some() && !state.show_published;
    state.shown().pair().is_some() && state.about().lists() == 1 && can_compute
}

/// The way to a baseline; None if there is one. Only the study of names takes pair files from a prompt.
fn way(state: &State) -> Option<String> {
    is_missing(state).then(|| match state.about().name.as_str() {
        NAMES => format!("{} with a second file gives one", state.setting.keymap.way(CommandId::PAIRS)),
        _ => "add a view to the study file".to_owned(),
    })
}

/// The words of the header; None if there is a baseline. On a narrow screen they are few, and [`notice`] has the rest.
pub fn said(state: &State) -> Option<String> {
    let way = way(state)?;
    let is_wide = state.size().0 >= ROOM;
    Some(if is_wide { format!("no baseline: {way}") } else { "no baseline".to_owned() })
}

/// A sentence for a notice; None if there is a baseline.
pub fn notice(state: &State) -> Option<String> {
    way(state).map(|way| format!("both views are of one pair list, so there is no baseline: {way}"))
}

/// What is said where a comparison comes onto the screen that cannot say all in its header; None if it can, or has a baseline.
pub fn mention(state: &State) -> Option<String> {
    notice(state).filter(|_| state.size().0 < ROOM)
}

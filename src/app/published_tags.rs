//! Takes the published study's tags over into the user's own, as a start.

use super::command_id::CommandId;
use super::message::Effect;
use super::state::State;
use super::tagging;
use crate::core::extract::Pages;
use crate::core::tags::{Edit, Scope};

/// Ok if the published tags fit the study on the screen, else the reason.
pub fn can_take(state: &State) -> Result<(), String> {
    tagging::can_change(state)?;
    let tags = &state.setting.published.tags;
    let Some(findings) = state.findings() else { return Err("there is no study yet".to_owned()) };
    let (theirs, ours) = (&tags.subject().model, &findings.model);
    if theirs != ours {
        return Err(format!("the published tags are of {theirs}; this study is of {ours}"));
    }
    if state.setting.published.findings.layers != findings.layers {
        return Err(format!("the published tags are of {theirs} with another number of layers"));
    }
    // Dictionaries of another width are others, and their features mean something else.
    Pages::of(findings, &state.setting.hosted)?;
    let foreign = tags.entries().find_map(|(_, scope, _)| match scope {
        Scope::In(view) if state.about().find(view.as_str()).is_none() => Some(view),
        _ => None,
    });
    let study = &state.about().name;
    foreign
        .map_or(Ok(()), |view| Err(format!("the published tags are of the view {view}, which the study {study} does not have")))
}

/// Adds the published tags and notes to the user's own, as one step that can be undone.
pub fn take(state: &mut State) -> Vec<Effect> {
    let entries = state.setting.published.tags.entries();
    let edits: Vec<Edit> = entries.map(|(feature, scope, marks)| Edit::Add(feature, scope, marks.clone())).collect();
    let count = edits.len();
    let effects = tagging::bring(state, Edit::Many(edits), count, "of the published study");
    let undo = state.setting.keymap.way(CommandId::UNDO);
    if let Some(notice) = state.notice.as_mut().filter(|_| !effects.is_empty()) {
        notice.text.push_str(&format!("; {undo} takes them back"));
    }
    effects
}

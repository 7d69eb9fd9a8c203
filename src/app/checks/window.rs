//! Keys in the window on a check.

use super::each;
use super::line::Line;
use super::page::{Page, page, page_of};
use super::running::known;
use crate::app::command_id::CommandId;
use crate::app::commands::movement;
use crate::app::key::{Code, Key};
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::check::Window;
use crate::app::state::overlay::Overlay;
use crate::app::{answer, layout, stepping};
use crate::core::causal::check::Found;
use crate::core::submodule::FeatureId;

/// Handles a key in the open window. Closing it never ends the check.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let command = state.setting.keymap.command(key);
    if let Some(rows) = stepping::rows(key) {
        step(state, rows);
    } else if command == Some(CommandId::CANCEL) && state.check.is_some() {
        return answer::ask_to_stop_check(state);
    } else if stepping::closes(key) {
        state.overlay = None;
    } else if let Some(Overlay::Check(window)) = &mut state.overlay {
        let has_rows = window.has_rows();
        match key.typed() {
            Some('s') if has_rows => (window.order, window.at) = (window.order.next(), 0),
            Some('S') if has_rows => (window.reversed, window.at) = (!window.reversed, 0),
            Some('y') => return copy(state),
            _ if has_rows && key.code == Code::Enter => return go(state),
            _ => state.notice = Some(Notice::refused(format!("{key} does nothing here"))),
        }
    }
    Vec::new()
}

/// Moves the cursor, or scrolls where there is none.
pub fn step(state: &mut State, rows: isize) {
    let Some(Overlay::Check(window)) = &state.overlay else { return };
    let page = page(state, window);
    let visible = visible(state, &page);
    let last = if page.rows == 0 {
        page.body.len().saturating_sub(visible.saturating_sub(page.head.len()).max(1))
    } else {
        // The lines below the table are seen by going on.
        page.body.len().saturating_sub(1)
    };
    if let Some(Overlay::Check(window)) = &mut state.overlay {
        window.at = window.at.saturating_add_signed(rows).min(last);
    }
}

/// Rows of the window, without border.
fn visible(state: &State, page: &Page) -> usize {
    layout::window(state, state.size(), page.lines()).map_or(0, |area| usize::from(area.inside().height))
}

/// The feature at the cursor of a table of single features.
fn chosen(state: &State, window: &Window) -> Option<FeatureId> {
    let known = known(state, &window.check)?;
    let view = known.findings.study.find(window.check.view.as_str())?;
    match known.found {
        Some(Found::Each(found)) => each::feature(found, known.findings, view, window),
        _ => None,
    }
}

/// Closes the window and goes to the feature at its cursor.
fn go(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Check(window)) = &state.overlay else { return Vec::new() };
    let Some(feature) = chosen(state, window) else {
        state.notice = Some(Notice::refused("there is no feature at the cursor"));
        return Vec::new();
    };
    match state.table.listing.position(feature) {
        Some(row) => {
            state.overlay = None;
            movement::move_to(state, row);
        }
        None => state.notice = Some(Notice::refused(format!("{feature} is not listed now"))),
    }
    Vec::new()
}

/// Columns of what is copied: enough for every table, however narrow the screen is.
const COPIED: usize = 160;

/// Copies the table of single features with full numbers, or the lines of any other check.
fn copy(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Check(window)) = &state.overlay else { return Vec::new() };
    let known = known(state, &window.check);
    let Some((found, known)) = known.and_then(|known| Some((known.found?, known))) else {
        state.notice = Some(Notice::refused("there is nothing to copy yet"));
        return Vec::new();
    };
    let view = known.findings.study.find(window.check.view.as_str());
    let text = if let (Found::Each(found), Some(view)) = (found, view) {
        each::tsv(found, known.elsewhere, known.findings, view, window)
    } else {
        let page = page_of(state, window, COPIED);
        let lines = page.head.iter().chain(&page.body).map(|Line { text, .. }| text.clone() + "\n");
        std::iter::once(page.title.clone() + "\n").chain(lines).collect()
    };
    vec![Effect::Copy(text, window.check.to_string())]
}

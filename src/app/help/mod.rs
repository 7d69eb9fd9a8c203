//! The help: a picture of the screen, every command, the filter's fields, the glossary and the manual, searched by typing.

pub mod entries;
pub mod rows;

use entries::Entry;

use super::key::{Code, Key};
use super::layout::Area;
use super::manual::page::{Line, lines};
use super::manual::{self, Topic};
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::overlay::{Overlay, Page};
use super::{commands, palette, stepping};
use crate::core::text::excerpt;

/// Widest text of a topic in columns: longer lines are hard to read.
const WIDEST: usize = 100;

/// Moves the cursor of the open help or palette, or scrolls the open topic.
pub fn step(state: &mut State, rows: isize) {
    let size = state.size();
    match &mut state.overlay {
        Some(Overlay::Help(list)) => {
            let mut list = list.clone();
            let end = entries::all(state, list.input.value()).len().saturating_sub(1);
            list.cursor = list.cursor.saturating_add_signed(rows).min(end);
            state.overlay = Some(Overlay::Help(list));
        }
        Some(Overlay::Topic(page)) => {
            let (all, (_, height)) = (topic_lines(page.topic, size), topic_size(size));
            page.top = page.top.saturating_add_signed(rows).min(all.len().saturating_sub(height));
        }
        _ => palette::step(state, rows),
    }
}

/// Handles a key in the help: arrows move, Enter runs a command or explains, Esc closes, other keys edit the search.
pub fn key(state: &mut State, pressed: Key) -> Vec<Effect> {
    if let Some(rows) = palette::rows(pressed) {
        step(state, rows);
        return Vec::new();
    }
    let Some(Overlay::Help(list)) = &mut state.overlay else { return Vec::new() };
    if palette::closes(pressed) {
        state.overlay = None;
    } else if pressed.code == Code::Enter {
        let is_chosen = list.cursor > 0;
        return enter(state, is_chosen);
    } else {
        palette::edit(list, pressed);
    }
    Vec::new()
}

/// Chooses the entry in row `row` of the help's window, whose first row holds what is typed.
pub fn click(state: &mut State, row: usize, inside: Area) -> Vec<Effect> {
    let Some(Overlay::Help(list)) = &state.overlay else { return Vec::new() };
    let height = usize::from(inside.height).saturating_sub(1);
    let rows = rows::rows(state, list, usize::from(inside.width));
    let top = rows::top(&rows, list.cursor, height);
    let entry = row.checked_sub(1).and_then(|row| rows.get(top + row)?.entry);
    let (Some(entry), Some(Overlay::Help(list))) = (entry, &mut state.overlay) else { return Vec::new() };
    list.cursor = entry;
    enter(state, true)
}

/// Runs the command at the cursor, or opens the topic that says more about the entry there. `is_chosen` says that the user has gone to the
/// entry; else a command must be named in full.
fn enter(state: &mut State, is_chosen: bool) -> Vec<Effect> {
    let Some(Overlay::Help(list)) = &state.overlay else { return Vec::new() };
    let list = list.clone();
    let topic = match entries::all(state, list.input.value()).into_iter().nth(list.cursor) {
        None => return Vec::new(),
        Some(Entry::Command(command)) => {
            // Somebody who looks for a word must not set off what merely mentions or holds it.
            let typed = list.input.value().trim().to_lowercase();
            if !is_chosen && typed != command.name {
                let name = command.name;
                state.notice =
                    Some(Notice::refused(format!("no command is named '{}'; : {name} runs {name}", excerpt(&typed, 40))));
                return Vec::new();
            }
            state.overlay = None;
            return commands::run(state, command);
        }
        Some(Entry::Picture) => manual::find("screen"),
        Some(Entry::Field { .. }) => manual::find("filters"),
        Some(Entry::Word(word)) => manual::find(word.topic),
        Some(Entry::Topic(topic)) => Some(topic),
    };
    if let Some(topic) = topic {
        state.overlay = Some(Overlay::Topic(Page { topic, top: 0, help: list }));
    }
    Vec::new()
}

/// Handles a key in a topic: arrows and pages scroll, Esc goes back to the help.
pub fn topic_key(state: &mut State, pressed: Key) -> Vec<Effect> {
    let (_, height) = topic_size(state.size());
    let (page, half) = (height as isize, (height / 2) as isize);
    let rows = match (pressed.code, pressed.control) {
        (Code::PageDown, _) | (Code::Character(' '), false) | (Code::Character('f'), true) => Some(page),
        (Code::PageUp, _) | (Code::Character('b'), true) => Some(-page),
        (Code::Character('d'), true) => Some(half),
        (Code::Character('u'), true) => Some(-half),
        _ => stepping::rows(pressed),
    };
    if let Some(rows) = rows {
        step(state, rows);
    } else if (palette::closes(pressed) || matches!(pressed.typed(), Some('q')) || pressed.code == Code::Enter)
        && let Some(Overlay::Topic(page)) = state.overlay.take()
    {
        state.overlay = Some(Overlay::Help(page.help));
    } else {
        state.notice = Some(Notice::refused(format!("{pressed} does nothing here")));
    }
    Vec::new()
}

/// Columns and rows for the text of a topic on a terminal of `size`: all but the border, the footer and a margin.
fn topic_size((width, height): (u16, u16)) -> (usize, usize) {
    (usize::from(width).saturating_sub(4).min(WIDEST), usize::from(height).saturating_sub(3))
}

fn topic_lines(topic: &Topic, size: (u16, u16)) -> Vec<Line> {
    lines(topic.text, topic_size(size).0)
}

/// The part of a topic that is visible on a terminal of `size` above a footer of `footer` rows, and how many of its lines are above and below
/// that part. Where the end of the topic is on the screen, a longer footer does not hide it.
pub fn visible(page: &Page, size: (u16, u16), footer: u16) -> (Vec<Line>, usize, usize) {
    let (all, (_, whole)) = (topic_lines(page.topic, size), topic_size(size));
    let height = (whole + 1).saturating_sub(usize::from(footer));
    let is_at_end = page.top > 0 && page.top + whole >= all.len();
    let end = all.len().saturating_sub(height);
    let top = if is_at_end { end } else { page.top.min(end) };
    let below = all.len() - top - height.min(all.len() - top);
    (all.into_iter().skip(top).take(height).collect(), top, below)
}

//! Lists of commands that are searched by typing: the palette and the help.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::InputRequest;

use super::command::Command;
use super::commands;
use super::key::{Code, Key};
use super::keymap::Keymap;
use super::message::Effect;
use super::state::State;
use super::state::list::List;
use super::state::overlay::Overlay;

/// Most bytes of a search; no command has a longer name or help.
const LONGEST: usize = 200;

/// Rows by which PageUp and PageDown move the cursor.
const PAGE: isize = 10;

/// The commands that match the typed text, best first; all commands in the order of the registry if nothing was typed.
pub fn found(list: &List, keymap: &Keymap) -> Vec<&'static Command> {
    let pattern = Pattern::parse(list.input.value(), CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, &'static Command)> = commands::all()
        .filter_map(|command| {
            // A match in the name counts twice as much as one in name and help together.
            let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
            let name = score(command.name).map(|score| score * 2);
            let both = score(&format!("{} {}", command.name, keymap.fill(command.help)));
            name.max(both).map(|score| (score, command))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    // Letters scattered over a sentence match almost anything, so scores below half of the best are dropped.
    let best = scored.first().map_or(0, |(score, _)| *score);
    scored.retain(|(score, _)| *score >= best / 2);
    scored.into_iter().map(|(_, command)| command).collect()
}

/// Moves the cursor of the open list, if a list is open.
pub fn step(state: &mut State, rows: isize) {
    if let Some(Overlay::Palette(list) | Overlay::Help(list)) = &mut state.overlay {
        let end = found(list, &state.setting.keymap).len().saturating_sub(1);
        list.cursor = list.cursor.saturating_add_signed(rows).min(end);
    }
}

/// Handles a key in the open list: arrows move, Enter runs, Esc closes, other keys edit the text.
pub fn key(state: &mut State, pressed: Key) -> Vec<Effect> {
    let Some(Overlay::Palette(list) | Overlay::Help(list)) = &mut state.overlay else { return Vec::new() };
    let rows = match (pressed.code, pressed.control) {
        (Code::Escape, _) | (Code::Character('c'), true) => {
            state.overlay = None;
            return Vec::new();
        }
        (Code::Enter, _) => {
            let chosen = found(list, &state.setting.keymap).get(list.cursor).copied();
            state.overlay = None;
            return chosen.map_or_else(Vec::new, |command| commands::run(state, command));
        }
        (Code::Down | Code::Tab, _) | (Code::Character('n' | 'j'), true) => 1,
        (Code::Up | Code::BackTab, _) | (Code::Character('p' | 'k'), true) => -1,
        (Code::PageDown, _) => PAGE,
        (Code::PageUp, _) => -PAGE,
        (Code::Home, _) => isize::MIN,
        (Code::End, _) => isize::MAX,
        _ => {
            let is_full = list.input.value().len() >= LONGEST;
            if let Some(request) = edit(pressed).filter(|edit| !is_full || !matches!(edit, InputRequest::InsertChar(_))) {
                list.input.handle(request);
                list.cursor = 0;
            }
            return Vec::new();
        }
    };
    step(state, rows);
    Vec::new()
}

fn edit(key: Key) -> Option<InputRequest> {
    match (key.code, key.control) {
        (Code::Backspace, _) => Some(InputRequest::DeletePrevChar),
        (Code::Character('u'), true) => Some(InputRequest::DeleteLine),
        _ => key.typed().map(InputRequest::InsertChar),
    }
}

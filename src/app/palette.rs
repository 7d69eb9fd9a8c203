//! Lists of commands that are searched by typing: the palette and the help.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::{Input, InputRequest};

use super::command::Command;
use super::commands;
use super::key::{Code, Key};
use super::keymap::Keymap;
use super::message::Effect;
use super::notice::{Notice, Tone};
use super::state::State;
use super::state::list::List;
use super::state::overlay::Overlay;
use super::{choice, prompts};

/// Most bytes of a search; no command has a longer name or help.
const LONGEST: usize = 200;

/// Rows by which PageUp and PageDown move the cursor.
const PAGE: isize = 10;

/// The command that the typed text names in full and the argument after it, as in `threshold 0.3`; None without a space.
fn with_argument(list: &List) -> Option<(&'static Command, String)> {
    let (name, argument) = list.input.value().split_once(' ')?;
    commands::find(name).map(|command| (command, argument.trim().to_owned()))
}

/// The commands that match the typed text, best first; all commands in the order of the registry if nothing was typed. A command
/// whose whole name is typed with an argument behind it is the only one.
pub fn found(list: &List, keymap: &Keymap) -> Vec<&'static Command> {
    if let Some((command, _)) = with_argument(list) {
        return vec![command];
    }
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
    // A name that is typed in full comes before longer names that begin with it.
    scored.sort_by_key(|(score, command)| std::cmp::Reverse((command.name == list.input.value(), *score)));
    // Letters scattered over a sentence match almost anything, so scores below half of the best are dropped.
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    scored.retain(|(score, _)| *score >= best / 2);
    scored.into_iter().map(|(_, command)| command).collect()
}

/// Runs the command in this row of the open list with the typed argument, which may be empty.
pub fn choose(state: &mut State, row: usize, argument: &str) -> Vec<Effect> {
    let Some(Overlay::Palette(list) | Overlay::Help(list)) = &state.overlay else { return Vec::new() };
    let Some(command) = found(list, &state.setting.keymap).get(row).copied() else { return nothing(state) };
    if argument.is_empty() {
        state.overlay = None;
        return commands::run(state, command);
    }
    asking(state, command, |state| match state.overlay {
        Some(Overlay::Chooser(chooser)) => choice::named(state, chooser, argument),
        _ => prompts::answer(state, argument),
    })
}

/// Opens the prompt of `command` with `text` in it and goes on with the text, as far as it is clear.
fn go_on(state: &mut State, command: &Command, text: &str) -> Vec<Effect> {
    asking(state, command, |state| prompts::go_on(state, text))
}

/// Runs `command` and then `answer`, if the command asks for a value. Whether it does, a copy of the state shows.
fn asking(state: &mut State, command: &Command, answer: impl FnOnce(&mut State) -> Vec<Effect>) -> Vec<Effect> {
    let mut tried = state.clone();
    tried.overlay = None;
    let mut effects = commands::run(&mut tried, command);
    let refused = tried.notice.as_ref().is_some_and(|notice| notice.tone == Tone::Refused);
    if !refused && !matches!(tried.overlay, Some(Overlay::Prompt(_) | Overlay::Chooser(_))) {
        state.notice = Some(Notice::refused(format!("{} takes no argument", command.name)));
        return Vec::new();
    }
    *state = tried;
    if !refused {
        effects.extend(answer(state));
    }
    effects
}

/// Says that no command matches.
fn nothing(state: &mut State) -> Vec<Effect> {
    state.notice = Some(Notice::refused("no command matches"));
    Vec::new()
}

/// Moves the cursor of the open list, if a list is open.
pub fn step(state: &mut State, rows: isize) {
    if let Some(Overlay::Palette(list) | Overlay::Help(list)) = &mut state.overlay {
        let end = found(list, &state.setting.keymap).len().saturating_sub(1);
        list.cursor = list.cursor.saturating_add_signed(rows).min(end);
    }
}

/// Handles a key in the open list: arrows move, Tab completes, Enter runs, Esc closes, other keys edit the text.
pub fn key(state: &mut State, pressed: Key) -> Vec<Effect> {
    let Some(Overlay::Palette(list) | Overlay::Help(list)) = &mut state.overlay else { return Vec::new() };
    let rows = match (pressed.code, pressed.control) {
        (Code::Escape, _) | (Code::Character('c'), true) => {
            state.overlay = None;
            return Vec::new();
        }
        (Code::Enter, _) => {
            let argument = with_argument(list).map(|(_, argument)| argument).unwrap_or_default();
            let row = list.cursor;
            return choose(state, row, &argument);
        }
        (Code::Tab, _) => {
            let argument = with_argument(list);
            let chosen = found(list, &state.setting.keymap).get(list.cursor).copied();
            return match (argument, chosen) {
                (Some((command, argument)), _) => go_on(state, command, &argument),
                (None, Some(command)) => {
                    list.input = Input::new(format!("{} ", command.name));
                    list.cursor = 0;
                    Vec::new()
                }
                (None, None) => nothing(state),
            };
        }
        (Code::Down, _) | (Code::Character('n' | 'j'), true) => 1,
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

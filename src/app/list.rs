//! Commands as a list that is searched by typing: the palette and the help.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::{Input, InputRequest};

use super::commands::{self, Command};
use super::key::{Code, Key};
use super::message::Effect;
use super::state::{Overlay, State};

/// The list with what was typed and the cursor.
#[derive(Debug, Clone)]
pub struct List {
    /// What was typed.
    pub input: Input,
    /// The commands that match, best first; in the order of the registry where nothing was typed.
    pub found: Vec<&'static Command>,
    /// Index of the chosen one.
    pub cursor: usize,
}

impl List {
    /// Every command.
    pub fn new() -> Self {
        let mut list = Self { input: Input::default(), found: Vec::new(), cursor: 0 };
        list.search();
        list
    }

    fn search(&mut self) {
        let pattern = Pattern::parse(self.input.value(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, &'static Command)> = commands::all()
            .filter_map(|command| {
                // A name that matches counts for more than an explanation that does.
                let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
                let name = score(command.name).map(|score| score * 2);
                let both = score(&format!("{} {}", command.name, command.help));
                name.max(both).map(|score| (score, command))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        // Letters that are scattered over a sentence match almost anything.
        let best = scored.first().map_or(0, |(score, _)| *score);
        scored.retain(|(score, _)| *score >= best / 2);
        self.found = scored.into_iter().map(|(_, command)| command).collect();
        self.cursor = 0;
    }
}

impl Default for List {
    fn default() -> Self {
        Self::new()
    }
}

/// Which of the two lists it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line each, to be run.
    Palette,
    /// With groups, keys and explanations.
    Help,
}

fn wrap(kind: Kind, list: List) -> Overlay {
    match kind {
        Kind::Palette => Overlay::Palette(list),
        Kind::Help => Overlay::Help(list),
    }
}

/// Opens a list of all commands.
pub fn open(state: &mut State, kind: Kind) {
    state.overlay = Some(wrap(kind, List::new()));
}

/// Takes a key: arrows move, Enter runs, Esc closes, the rest is typed.
pub fn key(state: &mut State, kind: Kind, mut list: List, pressed: Key) -> Vec<Effect> {
    let end = list.found.len().saturating_sub(1);
    match (pressed.code, pressed.control) {
        (Code::Escape, _) | (Code::Character('c'), true) => {
            state.overlay = None;
            return Vec::new();
        }
        (Code::Enter, _) => {
            state.overlay = None;
            return list.found.get(list.cursor).map_or_else(Vec::new, |command| commands::run(state, command, None));
        }
        (Code::Down | Code::Tab, _) | (Code::Character('n' | 'j'), true) => list.cursor = (list.cursor + 1).min(end),
        (Code::Up | Code::BackTab, _) | (Code::Character('p' | 'k'), true) => list.cursor = list.cursor.saturating_sub(1),
        (Code::PageDown, _) => list.cursor = (list.cursor + 10).min(end),
        (Code::PageUp, _) => list.cursor = list.cursor.saturating_sub(10),
        (Code::Home, _) => list.cursor = 0,
        (Code::End, _) => list.cursor = end,
        (Code::Backspace, _) => {
            list.input.handle(InputRequest::DeletePrevChar);
            list.search();
        }
        (Code::Character('u'), true) => {
            list.input.handle(InputRequest::DeleteLine);
            list.search();
        }
        _ => {
            if let Some(character) = pressed.typed() {
                list.input.handle(InputRequest::InsertChar(character));
                list.search();
            }
        }
    }
    state.overlay = Some(wrap(kind, list));
    Vec::new()
}

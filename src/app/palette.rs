//! The palette: a list of commands that is searched by typing. The help searches commands and takes keys in the same way.

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
use crate::core::text::{excerpt, printable};

/// Most bytes of a search; no command has a longer name or help.
const LONGEST: usize = 200;

/// Rows by which PageUp and PageDown move the cursor.
const PAGE: isize = 10;

/// Columns of a command's name and of its keys in the list.
pub const NAME: usize = 16;
pub const KEYS: usize = 16;

/// Columns before what a row says: the cursor, the name and the keys.
pub const BEFORE: usize = 2 + NAME + 1 + KEYS + 1;

/// The keys of `command`, as its row shows them.
pub fn keys(state: &State, command: &Command) -> String {
    let keys: Vec<String> = state.setting.keymap.keys(command.id()).map(|key| key.to_string()).collect();
    keys.join(" ")
}

/// What `command` does, or why it cannot run now.
pub fn says(state: &State, command: &Command) -> String {
    let why = (command.enabled)(state).err();
    why.map_or_else(|| state.setting.keymap.fill(command.help), |why| format!("not now: {}", printable(&why)))
}

/// The command that the typed text names and the argument after it, as in `threshold 0.3`; None without a space. A name is typed in
/// full, or as a beginning that no other name has. Case and spaces before it do not matter.
fn with_argument(list: &List) -> Option<(&'static Command, String)> {
    let (name, argument) = list.input.value().trim_start().split_once(' ')?;
    let name = name.to_lowercase();
    let command = commands::find(&name).or_else(|| begun(&name, argument));
    command.map(|command| (command, argument.trim().to_owned()))
}

/// The only command whose name begins with `name`; None if some name holds both `name` and the words behind it, which are then looked for
/// together, as in `heat map`.
fn begun(name: &str, behind: &str) -> Option<&'static Command> {
    let behind = behind.to_lowercase();
    if commands::all()
        .any(|command| command.name.contains(name) && behind.split_whitespace().all(|word| command.name.contains(word)))
    {
        return None;
    }
    let mut found = commands::all().filter(|command| command.name.starts_with(name));
    found.next().filter(|_| found.next().is_none())
}

/// The commands that match the typed text, best first; all commands in the order of the registry if nothing was typed. A command
/// whose whole name is typed with an argument behind it is the only one.
pub fn found(list: &List, keymap: &Keymap) -> Vec<&'static Command> {
    match with_argument(list) {
        Some((command, _)) => vec![command],
        None => matching(list.input.value(), keymap),
    }
}

/// The commands that match `typed`, as [`found`].
pub fn matching(typed: &str, keymap: &Keymap) -> Vec<&'static Command> {
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
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
    scored.sort_by_key(|(score, command)| std::cmp::Reverse((command.name == typed.trim().to_lowercase(), *score)));
    // Letters scattered over a sentence match almost anything, so scores below half of the best are dropped.
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    scored.retain(|(score, _)| *score >= best / 2);
    scored.into_iter().map(|(_, command)| command).collect()
}

/// Runs the command in this row of the palette with the typed argument, which may be empty.
pub fn choose(state: &mut State, row: usize, argument: &str) -> Vec<Effect> {
    let Some(Overlay::Palette(list)) = &state.overlay else { return Vec::new() };
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
    if refused {
        state.notice = tried.notice;
        return Vec::new();
    }
    if !matches!(tried.overlay, Some(Overlay::Prompt(_) | Overlay::Chooser(_))) {
        state.notice = Some(Notice::refused(format!("{} takes no argument", command.name)));
        return Vec::new();
    }
    *state = tried;
    effects.extend(answer(state));
    effects
}

/// The refusal to run a command of another name than the typed one, which only its help or scattered letters match; None if the name
/// holds what is typed, or if the cursor was moved to the command.
fn another(list: &List, keymap: &Keymap) -> Option<String> {
    let typed = list.input.value().trim().to_lowercase();
    let command = found(list, keymap).get(list.cursor).copied()?;
    let is_meant = list.cursor > 0 || typed.split_whitespace().all(|word| command.name.contains(word));
    // What stands behind a name is no reason to take a command of another name.
    let tab = if typed.contains(' ') { "Tab and Enter take none".to_owned() } else { format!("Tab takes {}", command.name) };
    (!is_meant).then(|| format!("no command is named '{}'; {tab}", excerpt(&typed, 40)))
}

/// Says that no command matches.
fn nothing(state: &mut State) -> Vec<Effect> {
    state.notice = Some(Notice::refused("no command matches"));
    Vec::new()
}

/// Moves the cursor of the palette, if it is open.
pub fn step(state: &mut State, rows: isize) {
    if let Some(Overlay::Palette(list)) = &mut state.overlay {
        let end = found(list, &state.setting.keymap).len().saturating_sub(1);
        list.cursor = list.cursor.saturating_add_signed(rows).min(end);
    }
}

/// Handles a key in the palette: arrows move, Tab completes, Enter runs, Esc closes, other keys edit the text.
pub fn key(state: &mut State, pressed: Key) -> Vec<Effect> {
    let Some(Overlay::Palette(list)) = &mut state.overlay else { return Vec::new() };
    if closes(pressed) {
        state.overlay = None;
        return Vec::new();
    }
    match pressed.code {
        Code::Enter => {
            if let Some(refusal) = another(list, &state.setting.keymap).filter(|_| with_argument(list).is_none()) {
                state.notice = Some(Notice::refused(refusal));
                return Vec::new();
            }
            let argument = with_argument(list).map(|(_, argument)| argument).unwrap_or_default();
            let row = list.cursor;
            choose(state, row, &argument)
        }
        Code::Tab => {
            let argument = with_argument(list);
            let chosen = found(list, &state.setting.keymap).get(list.cursor).copied();
            match (argument, chosen) {
                (Some((command, argument)), _) => go_on(state, command, &argument),
                (None, Some(_))
                    if list.input.value().trim_start().contains(' ') && another(list, &state.setting.keymap).is_some() =>
                {
                    state.notice = another(list, &state.setting.keymap).map(Notice::refused);
                    Vec::new()
                }
                (None, Some(command)) => {
                    list.input = Input::new(format!("{} ", command.name));
                    list.cursor = 0;
                    Vec::new()
                }
                (None, None) => nothing(state),
            }
        }
        _ => {
            if let Some(rows) = rows(pressed) {
                step(state, rows);
            } else {
                edit(list, pressed);
                // Whoever types an argument means the command: why it cannot run is said before the argument is typed.
                let refusal = with_argument(list).and_then(|(command, _)| commands::refusal(state, command));
                state.notice = refusal.map(Notice::refused);
            }
            Vec::new()
        }
    }
}

/// Whether the key closes a list.
pub fn closes(key: Key) -> bool {
    key.code == Code::Escape || (key.control && key.code == Code::Character('c'))
}

/// By how many rows the key moves the cursor of a list; None if it does not.
pub fn rows(key: Key) -> Option<isize> {
    Some(match (key.code, key.control) {
        (Code::Down | Code::Tab, _) | (Code::Character('n' | 'j'), true) => 1,
        (Code::Up | Code::BackTab, _) | (Code::Character('p' | 'k'), true) => -1,
        (Code::PageDown, _) | (Code::Character('d' | 'f'), true) => PAGE,
        (Code::PageUp, _) | (Code::Character('b'), true) => -PAGE,
        (Code::Home, _) => isize::MIN,
        (Code::End, _) => isize::MAX,
        _ => return None,
    })
}

/// Edits the typed text; the cursor goes back to the first match.
pub fn edit(list: &mut List, key: Key) {
    let is_full = list.input.value().len() >= LONGEST;
    let request = match (key.code, key.control) {
        (Code::Backspace, _) => Some(InputRequest::DeletePrevChar),
        (Code::Character('u'), true) => Some(InputRequest::DeleteLine),
        _ => key.typed().filter(|_| !is_full).map(InputRequest::InsertChar),
    };
    if let Some(request) = request {
        list.input.handle(request);
        list.cursor = 0;
    }
}

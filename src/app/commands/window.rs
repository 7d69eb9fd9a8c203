//! Help, colours, mouse and leaving.

use super::{Command, always, find};
use crate::app::list::{self, Kind};
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::{Overlay, State, ThemeName};
use crate::app::{download, job};

/// The commands of this group.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        help: "every command with its keys: type to search, Enter runs",
        keys: &["?", "f1"],
        enabled: always,
        run: |state, _| open(state, Kind::Help),
    },
    Command {
        name: "palette",
        help: "run a command by a part of its name",
        keys: &[":", "ctrl-p"],
        enabled: always,
        run: |state, _| open(state, Kind::Palette),
    },
    Command {
        name: "back",
        help: "leave the heat map, else cancel computation or download, drop filter or marks",
        keys: &["esc"],
        enabled: always,
        run: back,
    },
    Command {
        name: "theme",
        help: "the next theme: dark, light, 16 colours, monochrome",
        keys: &["T"],
        enabled: always,
        run: theme,
    },
    Command {
        name: "mouse",
        help: "give the mouse back to the terminal, to select text, and take it again",
        keys: &["M"],
        enabled: always,
        run: mouse,
    },
    Command {
        name: "redraw",
        help: "draw the screen again",
        keys: &["ctrl-l"],
        enabled: always,
        run: |_, _| vec![Effect::Redraw],
    },
    Command {
        name: "suspend",
        help: "go to the background; fg comes back",
        keys: &["ctrl-z"],
        enabled: always,
        run: |_, _| vec![Effect::Suspend],
    },
    Command {
        name: "quit",
        help: "leave; tags are saved already",
        keys: &["q", "ctrl-c"],
        enabled: saved,
        run: |_, _| vec![Effect::Quit],
    },
    Command {
        name: "quit-now",
        help: "leave, even if tags could not be saved",
        keys: &["Q"],
        enabled: always,
        run: |_, _| vec![Effect::Quit],
    },
];

fn saved(state: &State) -> Result<(), String> {
    match &state.tagging.unsaved {
        Some(problem) => Err(format!("tags are not saved: {problem}; E exports them, Q leaves without them")),
        None => Ok(()),
    }
}

fn open(state: &mut State, kind: Kind) -> Vec<Effect> {
    list::open(state, kind);
    Vec::new()
}

fn back(state: &mut State, count: Option<usize>) -> Vec<Effect> {
    if count.is_some() {
        // Digits that wait for a command are what goes first.
        return Vec::new();
    }
    if matches!(state.overlay, Some(Overlay::HeatMap)) {
        state.overlay = None;
    } else if state.job.is_some() {
        return job::cancel(state);
    } else if state.download.is_some() {
        return download::cancel(state);
    } else if state.filter.is_some() {
        return find::clear_filter(state);
    } else if !state.marked.is_empty() {
        return find::unmark(state);
    }
    Vec::new()
}

fn theme(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    let at = ThemeName::ALL.iter().position(|theme| *theme == state.theme).unwrap_or(0);
    state.theme = ThemeName::ALL[(at + 1) % ThemeName::ALL.len()];
    state.setting.theme_chosen = true;
    state.notice = Some(Notice::done(format!("theme {}", state.theme.name())));
    Vec::new()
}

fn mouse(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    state.mouse = !state.mouse;
    let says = if state.mouse { "the mouse works here" } else { "the mouse selects text in the terminal; M takes it back" };
    state.notice = Some(Notice::done(says));
    vec![Effect::CaptureMouse(state.mouse)]
}

//! Help, palette, colours, mouse, and leaving the program.

use super::conditions::always;
use super::{find, movement};
use crate::app::command::{Command, Reach};
use crate::app::command_id::CommandId;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::list::List;
use crate::app::state::overlay::Overlay;
use crate::app::state::{Pane, State, ThemeName};
use crate::app::{answer, table};

/// Commands that concern the program as a whole.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        help: "every command with its keys: type to search, Enter runs",
        keys: &["?", "f1"],
        reach: Reach::Screen,
        enabled: always,
        run: |state| open(state, Overlay::Help(List::default())),
    },
    Command {
        name: "palette",
        help: "run a command by a part of its name",
        keys: &[":", "ctrl-p"],
        reach: Reach::Screen,
        enabled: always,
        run: |state| open(state, Overlay::Palette(List::default())),
    },
    Command {
        name: "back",
        help: "close what is open, else drop the filter, the marks, the restriction to a submodule",
        keys: &["esc"],
        reach: Reach::Screen,
        enabled: can_go_back,
        run: back,
    },
    Command {
        name: "theme",
        help: "the next theme: dark, light, 16 colours, monochrome",
        keys: &["ctrl-t"],
        reach: Reach::Screen,
        enabled: always,
        run: theme,
    },
    Command {
        name: "mouse",
        help: "give the mouse back to the terminal, to select text, and take it again",
        keys: &["M"],
        reach: Reach::Screen,
        enabled: always,
        run: mouse,
    },
    Command {
        name: "redraw",
        help: "draw the screen again",
        keys: &["ctrl-l"],
        reach: Reach::Screen,
        enabled: always,
        run: |_| vec![Effect::Redraw],
    },
    Command {
        name: "suspend",
        help: "go to the background; fg comes back",
        keys: &["ctrl-z"],
        reach: Reach::Everywhere,
        enabled: always,
        run: |_| vec![Effect::Suspend],
    },
    Command {
        name: "quit",
        help: "leave; asks first while something is computed or downloaded",
        keys: &["q", "ctrl-c"],
        reach: Reach::Screen,
        enabled: always,
        run: |state| answer::leave(state),
    },
    Command {
        name: "quit-now",
        help: "leave at once, even if tags could not be saved",
        keys: &["Q"],
        reach: Reach::Screen,
        enabled: always,
        run: |_| vec![Effect::Quit],
    },
];

fn open(state: &mut State, overlay: Overlay) -> Vec<Effect> {
    state.overlay = Some(overlay);
    Vec::new()
}

fn back(state: &mut State) -> Vec<Effect> {
    if matches!(state.overlay, Some(Overlay::Pictures)) {
        state.overlay = None;
    } else if covers_table(state) {
        state.pane = Pane::Features;
        table::settle(state);
    } else if state.filter.is_some() {
        return find::clear_filter(state);
    } else if !state.marked.is_empty() {
        return find::unmark(state);
    } else if state.submodule.take().is_some() {
        return table::refresh(state);
    }
    Vec::new()
}

/// Whether the pane that takes keys stands in the place of the table: where not all panes fit, as if it lay over it.
fn covers_table(state: &State) -> bool {
    !movement::is_visible(state, Pane::Features)
}

/// Ok if there is something of the interface to close or to drop, else a sentence that says that work is ended by other keys.
fn can_go_back(state: &State) -> Result<(), String> {
    let is_plain = state.overlay.is_none() && state.filter.is_none() && state.marked.is_empty() && state.submodule.is_none();
    if !is_plain || covers_table(state) {
        return Ok(());
    }
    let keymap = &state.setting.keymap;
    let (stop, leave) = (keymap.way(CommandId::CANCEL), keymap.way(CommandId::QUIT));
    let work = if state.job.is_some() || state.check.is_some() || state.download.is_some() {
        format!("; {stop} stops the work")
    } else {
        String::new()
    };
    Err(format!("there is no filter, mark or restriction to drop{work}; {leave} leaves"))
}

fn theme(state: &mut State) -> Vec<Effect> {
    let at = ThemeName::ALL.iter().position(|theme| *theme == state.theme).unwrap_or(0);
    state.theme = ThemeName::ALL[(at + 1) % ThemeName::ALL.len()];
    state.setting.theme_chosen = true;
    state.notice = Some(Notice::done(format!("theme {}", state.theme.name())));
    Vec::new()
}

fn mouse(state: &mut State) -> Vec<Effect> {
    state.mouse = !state.mouse;
    let says = if state.mouse {
        "the mouse works here".to_owned()
    } else {
        let back = state.setting.keymap.way(CommandId::MOUSE);
        format!("the mouse selects text in the terminal; {back} takes it back")
    };
    state.notice = Some(Notice::done(says));
    vec![Effect::CaptureMouse(state.mouse)]
}

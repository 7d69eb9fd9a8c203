//! Moving the cursor and changing panes.

use super::conditions::always;
use crate::app::command::{Command, Reach};
use crate::app::command_id::CommandId;
use crate::app::layout::{Layout, table_rows};
use crate::app::message::Effect;
use crate::app::state::{Pane, State};
use crate::app::{pictures, table};
use crate::core::picture::Kind;

/// Commands that move the cursor, scroll, or change the pane.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "down",
        help: "down one line",
        keys: &["j", "down"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, 1),
        run: |state| scroll(state, 1),
    },
    Command {
        name: "up",
        help: "up one line",
        keys: &["k", "up"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, -1),
        run: |state| scroll(state, -1),
    },
    Command {
        name: "page-down",
        help: "down one page",
        keys: &["pagedown", "ctrl-f"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, 1),
        run: |state| scroll(state, page(state)),
    },
    Command {
        name: "page-up",
        help: "up one page",
        keys: &["pageup", "ctrl-b"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, -1),
        run: |state| scroll(state, -page(state)),
    },
    Command {
        name: "half-page-down",
        help: "down half a page",
        keys: &["ctrl-d"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, 1),
        run: |state| scroll(state, half_page(state)),
    },
    Command {
        name: "half-page-up",
        help: "up half a page",
        keys: &["ctrl-u"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, -1),
        run: |state| scroll(state, -half_page(state)),
    },
    Command {
        name: "first",
        help: "to the first line",
        keys: &["g", "home"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, -1),
        run: |state| line(state, 0),
    },
    Command {
        name: "last",
        help: "to the last line",
        keys: &["G", "end"],
        reach: Reach::Screen,
        enabled: |state| can_scroll(state, 1),
        run: |state| line(state, usize::MAX),
    },
    Command {
        name: "other-down",
        help: "in the table: scroll the card down; in the other panes: to the next feature",
        keys: &["J"],
        reach: Reach::Features,
        enabled: |state| can_move_other(state, 1),
        run: |state| other(state, 1),
    },
    Command {
        name: "other-up",
        help: "in the table: scroll the card up; in the other panes: to the previous feature",
        keys: &["K"],
        reach: Reach::Features,
        enabled: |state| can_move_other(state, -1),
        run: |state| other(state, -1),
    },
    Command {
        name: "left",
        help: "to the pane on the left: features, then submodules; in the pictures, to the one before",
        keys: &["h", "left"],
        reach: Reach::Screen,
        enabled: |state| has_pane_beside(state, -1),
        run: |state| beside(state, -1),
    },
    Command {
        name: "right",
        help: "to the pane on the right: features, then the card; in the pictures, to the next one",
        keys: &["l", "right"],
        reach: Reach::Screen,
        enabled: |state| has_pane_beside(state, 1),
        run: |state| beside(state, 1),
    },
    Command {
        name: "next-pane",
        help: "to the next pane",
        keys: &["tab"],
        reach: Reach::Features,
        enabled: always,
        run: |state| pane(state, 1, true),
    },
    Command {
        name: "previous-pane",
        help: "to the previous pane",
        keys: &["backtab"],
        reach: Reach::Features,
        enabled: always,
        run: |state| pane(state, -1, true),
    },
    Command {
        name: "enter",
        help: "from a submodule to its features, from a feature to its card and back",
        keys: &["enter"],
        reach: Reach::Screen,
        enabled: always,
        run: enter,
    },
];

fn page(state: &State) -> isize {
    table_rows(state).saturating_sub(1).max(1) as isize
}

fn half_page(state: &State) -> isize {
    (table_rows(state) / 2).max(1) as isize
}

const ORDER: [Pane; 3] = [Pane::Submodules, Pane::Features, Pane::Card];

/// Ok if there is a pane on the left (-1) or on the right (1) of the one that takes keys, else the reason. Pictures go round.
fn has_pane_beside(state: &State, step: isize) -> Result<(), String> {
    match (state.pane, step < 0) {
        _ if pictures::are_open(state) => Ok(()),
        (Pane::Submodules, true) => Err("this is the leftmost pane".to_owned()),
        (Pane::Card, false) => Err("this is the rightmost pane".to_owned()),
        _ => Ok(()),
    }
}

/// Goes to the picture or the pane on the left (-1) or on the right (1).
fn beside(state: &mut State, step: isize) -> Vec<Effect> {
    if pictures::are_open(state) {
        let kind = pictures::beside(state, step);
        return pictures::show(state, kind);
    }
    pane(state, step, false)
}

fn pane(state: &mut State, step: isize, around: bool) -> Vec<Effect> {
    let at = ORDER.iter().position(|pane| *pane == state.pane).unwrap_or(1) as isize + step;
    let at = if around { at.rem_euclid(3) } else { at.clamp(0, 2) };
    state.pane = ORDER[at as usize];
    table::settle(state);
    Vec::new()
}

fn enter(state: &mut State) -> Vec<Effect> {
    if pictures::are_open(state) {
        state.overlay = None;
        return Vec::new();
    }
    state.pane = match state.pane {
        Pane::Submodules | Pane::Card => Pane::Features,
        Pane::Features => Pane::Card,
    };
    table::settle(state);
    Vec::new()
}

/// The reason why the picture, or else the pane that takes keys, cannot move down (1) or up (-1), if it cannot.
fn can_scroll(state: &State, step: isize) -> Result<(), String> {
    let up = step < 0;
    if pictures::are_open(state) {
        let last = pictures::most_scroll(state);
        let what = if state.pictures.kind == Kind::Map { "map" } else { "picture" };
        return match (up, state.pictures.scroll) {
            _ if last == 0 => Err("everything is shown".to_owned()),
            (true, 0) => Err(format!("the {what} begins here")),
            (false, row) if row >= last => Err(format!("the {what} ends here")),
            _ => Ok(()),
        };
    }
    match state.pane {
        Pane::Features => can_move_cursor(state, up),
        Pane::Submodules if up && submodule_row(state) == 0 => Err("the list begins here".to_owned()),
        Pane::Submodules if !up && submodule_row(state) + 1 == state.submodules().len() => Err("the list ends here".to_owned()),
        Pane::Submodules => Ok(()),
        // Only drawing knows where the card ends, and says so.
        Pane::Card => can_scroll_card(state, up),
    }
}

/// The reason why the cursor of the table cannot go on, if it cannot.
fn can_move_cursor(state: &State, up: bool) -> Result<(), String> {
    match state.table.len() {
        0 => Err("no feature is listed".to_owned()),
        _ if up && state.table.cursor == 0 => Err("this is the first feature".to_owned()),
        count if !up && state.table.cursor + 1 == count => Err("this is the last feature".to_owned()),
        _ => Ok(()),
    }
}

/// The reason why the card cannot go on, if it cannot.
fn can_scroll_card(state: &State, up: bool) -> Result<(), String> {
    if state.table.row().is_none() {
        return Err("no feature is listed".to_owned());
    }
    if up && state.card_scroll == 0 { Err("the card begins here".to_owned()) } else { Ok(()) }
}

/// The reason why the other pane cannot move by `rows`, if it cannot.
fn can_move_other(state: &State, rows: isize) -> Result<(), String> {
    if state.table.row().is_none() {
        return Err("no feature is listed".to_owned());
    }
    if state.pane == Pane::Features && !is_visible(state, Pane::Card) {
        let enter = state.setting.keymap.way(CommandId::ENTER);
        return Err(format!("the card is not on the screen; {enter} shows it"));
    }
    let up = rows < 0;
    if state.pane == Pane::Features { can_scroll_card(state, up) } else { can_move_cursor(state, up) }
}

fn other(state: &mut State, rows: isize) -> Vec<Effect> {
    let pane = match state.pane {
        Pane::Features => Pane::Card,
        Pane::Submodules | Pane::Card => Pane::Features,
    };
    step(state, pane, rows)
}

/// Scrolls the picture by `rows` if one is open, else moves the cursor of the pane that takes keys.
pub fn scroll(state: &mut State, rows: isize) -> Vec<Effect> {
    if pictures::are_open(state) {
        // Another picture may end before the row from which the former one was seen.
        let first = state.pictures.scroll.min(pictures::most_scroll(state));
        return scroll_picture(state, first.saturating_add_signed(rows));
    }
    step(state, state.pane, rows)
}

/// Makes `row` the first visible row of the picture, or the one from which on all rows to the last fit.
fn scroll_picture(state: &mut State, row: usize) -> Vec<Effect> {
    state.pictures.scroll = row.min(pictures::most_scroll(state));
    Vec::new()
}

/// Moves the cursor of `pane` by `rows`; the card scrolls.
pub fn step(state: &mut State, pane: Pane, rows: isize) -> Vec<Effect> {
    match pane {
        Pane::Features => {
            let row = state.table.cursor.saturating_add_signed(rows);
            move_to(state, row);
            Vec::new()
        }
        Pane::Submodules => {
            let row = submodule_row(state).saturating_add_signed(rows);
            choose_submodule(state, row)
        }
        Pane::Card => {
            // Drawing stops at the last line of the card and says which line is the first then.
            state.card_scroll = state.card_scroll.saturating_add_signed(rows);
            Vec::new()
        }
    }
}

/// Turns the wheel over `pane` by `rows`: the table scrolls under its cursor, which moves only to stay visible.
pub fn turn(state: &mut State, pane: Pane, rows: isize) -> Vec<Effect> {
    if pane != Pane::Features {
        return step(state, pane, rows);
    }
    let height = table_rows(state).max(1);
    let last = state.table.len().saturating_sub(height);
    let top = state.table.top.saturating_add_signed(rows).min(last);
    let cursor = state.table.cursor.clamp(top, top + height - 1);
    state.table.top = top;
    if cursor != state.table.cursor {
        move_to(state, cursor);
    }
    Vec::new()
}

fn line(state: &mut State, row: usize) -> Vec<Effect> {
    if pictures::are_open(state) {
        return scroll_picture(state, row);
    }
    match state.pane {
        Pane::Features => {
            move_to(state, row);
            Vec::new()
        }
        Pane::Submodules => choose_submodule(state, row),
        Pane::Card => {
            state.card_scroll = row;
            Vec::new()
        }
    }
}

/// Moves the cursor of the table to `row`. The card of another feature starts at its top.
pub fn move_to(state: &mut State, row: usize) {
    let before = state.feature();
    state.table.go(row);
    if state.feature() != before {
        state.card_scroll = 0;
    }
    table::settle(state);
}

/// Index of the row with the cursor in the submodule list.
pub fn submodule_row(state: &State) -> usize {
    state.submodules().iter().position(|submodule| *submodule == state.submodule).unwrap_or(0)
}

/// Index of the first row of the submodule list that is visible if `height` rows fit.
pub fn submodule_top(state: &State, height: usize) -> usize {
    (submodule_row(state) + 1).saturating_sub(height.max(1))
}

/// Lists the features of the submodule in this row of the list; the first row stands for all submodules.
pub fn choose_submodule(state: &mut State, row: usize) -> Vec<Effect> {
    let submodules = state.submodules();
    let chosen = submodules.get(row.min(submodules.len() - 1)).copied().flatten();
    if chosen == state.submodule {
        return Vec::new();
    }
    state.submodule = chosen;
    table::refresh(state)
}

/// Whether `pane` is on the screen now.
pub fn is_visible(state: &State, pane: Pane) -> bool {
    Layout::of(state.size(), state.pane).is_some_and(|layout| match pane {
        Pane::Submodules => layout.submodules.is_some(),
        Pane::Features => layout.features.is_some(),
        Pane::Card => layout.card.is_some(),
    })
}

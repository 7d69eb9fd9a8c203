//! Clicks and the wheel, looked up in the layout.

use super::checks::{list, window};
use super::choice::{self, sort_by};
use super::columns::{self, Item};
use super::command_id::CommandId;
use super::commands::{self, movement, views};
use super::layout::{self, Area, Layout};
use super::message::{Effect, Mouse};
use super::notice::Notice;
use super::state::overlay::Overlay;
use super::state::question::Question;
use super::state::{Pane, State};
use super::{answer, copy_box, dropped, help, key_bar, list_rows, palette, question, run_list};
use crate::core::rows::column::Column;

/// Rows by which one notch of the wheel scrolls.
const NOTCH: isize = 3;

/// Handles a mouse action at column `x` and row `y`. A click clears the notice, as a key does.
pub fn mouse(state: &mut State, mouse: Mouse, x: u16, y: u16) -> Vec<Effect> {
    // A long notice moves the panes up: the click was meant for what is drawn with it.
    let layout = Layout::showing(state, state.size(), state.pane);
    let notice = if mouse == Mouse::Click { state.notice.take() } else { None };
    if matches!(state.overlay, Some(Overlay::Pictures)) {
        return match (mouse, layout) {
            (Mouse::WheelDown, _) => movement::scroll(state, NOTCH),
            (Mouse::WheelUp, _) => movement::scroll(state, -NOTCH),
            (Mouse::Click, Some(layout)) => click_around_panes(state, &layout, notice.is_some(), x, y).unwrap_or_else(|| {
                let back = state.setting.keymap.way(CommandId::BACK);
                state.notice = Some(Notice::refused(format!("the {} takes no clicks; {back} closes it", state.pictures.title())));
                Vec::new()
            }),
            (Mouse::Click, None) => Vec::new(),
        };
    }
    if let (Mouse::Click, Some(Overlay::Question(question)), Some(layout)) = (mouse, &state.overlay, &layout) {
        return click_on_question(state, *question, layout.footer, x, y);
    }
    if state.overlay.is_some() {
        match mouse {
            Mouse::WheelDown => turn(state, NOTCH),
            Mouse::WheelUp => turn(state, -NOTCH),
            Mouse::Click => return click_in_window(state, x, y),
        }
        return Vec::new();
    }
    let Some(layout) = layout else { return Vec::new() };
    let around = if mouse == Mouse::Click { click_around_panes(state, &layout, notice.is_some(), x, y) } else { None };
    if let Some(effects) = around {
        return effects;
    }
    let Some((pane, area)) = layout.pane_at(x, y) else { return Vec::new() };
    match mouse {
        Mouse::WheelDown => return movement::turn(state, pane, NOTCH),
        Mouse::WheelUp => return movement::turn(state, pane, -NOTCH),
        Mouse::Click => state.pane = pane,
    }
    let inside = area.inside();
    if !inside.contains(x, y) {
        return Vec::new();
    }
    let row = usize::from(y - inside.y);
    match pane {
        Pane::Submodules => {
            // The first row is the heading.
            let top = movement::submodule_top(state, usize::from(inside.height).saturating_sub(1));
            let target = row.checked_sub(1).map(|row| top + row).filter(|target| *target < state.submodules().len());
            target.map_or_else(Vec::new, |target| movement::choose_submodule(state, target))
        }
        Pane::Features if row == 0 => heading(state, inside, x),
        Pane::Features => {
            let target = state.table.top + row - 1;
            if target < state.table.len() {
                movement::move_to(state, target);
            }
            Vec::new()
        }
        Pane::Card => Vec::new(),
    }
}

/// A click on the header, which switches views, or on the footer, which is the key bar unless a notice stood there; None if it was
/// between them.
fn click_around_panes(state: &mut State, layout: &Layout, had_notice: bool, x: u16, y: u16) -> Option<Vec<Effect>> {
    if layout.header.contains(x, y) {
        let tabs = layout::tabs(state);
        let hit = tabs.into_iter().find(|(_, _, start, width)| y == layout.header.y + 1 && (*start..start + width).contains(&x));
        return Some(hit.map_or_else(Vec::new, |(tab, ..)| views::go(state, tab)));
    }
    let is_on_footer = layout.footer.contains(x, y);
    is_on_footer.then(|| if had_notice { Vec::new() } else { click_on_key_bar(state, x) })
}

/// Turns the wheel over the open window.
fn turn(state: &mut State, rows: isize) {
    match state.overlay {
        Some(Overlay::Runs(_)) => run_list::step(state, rows),
        Some(Overlay::Dropped(_)) => dropped::step(state, rows),
        Some(Overlay::Check(_)) => window::step(state, rows),
        Some(Overlay::Chooser(chooser)) => choice::step(state, chooser, rows),
        Some(Overlay::Checks(_)) => list::step(state, rows),
        _ => help::step(state, rows),
    }
}

/// A click on a row of the open window chooses it; a click beside the window closes it.
fn click_in_window(state: &mut State, x: u16, y: u16) -> Vec<Effect> {
    let size = state.size();
    let Some(area) = list_rows::window(state, size) else { return Vec::new() };
    if !area.contains(x, y) {
        state.overlay = None;
        return Vec::new();
    }
    let inside = area.inside();
    if !inside.contains(x, y) {
        return Vec::new();
    }
    let row = usize::from(y - inside.y);
    let hit = list_rows::list_rows(state, size).and_then(|list| list.at(row));
    match (&state.overlay, hit) {
        (Some(Overlay::Chooser(chooser)), Some(index)) => choice::pick(state, *chooser, index),
        (Some(Overlay::Copy(_)), Some(index)) => copy_box::choose(state, index),
        (Some(Overlay::Checks(_)), Some(index)) => list::choose(state, index),
        (Some(Overlay::Palette(_)), Some(index)) => palette::choose(state, index, ""),
        (Some(Overlay::Help(_)), _) => help::click(state, row, inside),
        // The first row is the heading.
        (Some(Overlay::Runs(list)), _) if row > 0 => {
            let target = list.top(usize::from(inside.height).saturating_sub(1)) + row - 1;
            run_list::choose(state, target)
        }
        _ => Vec::new(),
    }
}

/// A click on an answer in the question gives it; beside them the question stays, which says what they are.
fn click_on_question(state: &mut State, question: Question, footer: Area, x: u16, y: u16) -> Vec<Effect> {
    if !footer.contains(x, y) {
        return Vec::new();
    }
    let [columns, row, x] = [footer.width, y - footer.y, x - footer.x].map(usize::from);
    let answered = question::answer_at(state, columns, row, x);
    answered.map_or_else(Vec::new, |key| answer::key(state, question, key))
}

/// Runs the command of the hint at column `x`.
fn click_on_key_bar(state: &mut State, x: u16) -> Vec<Effect> {
    let hints = key_bar::hints(state, state.size().0);
    let hit = hints.into_iter().find(|hint| (hint.x..hint.x + hint.width).contains(&x));
    let command = hit.and_then(|hint| commands::of(hint.command));
    command.map_or_else(Vec::new, |command| commands::run(state, command))
}

/// A click on a heading sorts by its column.
fn heading(state: &mut State, inside: Area, x: u16) -> Vec<Effect> {
    let placed = columns::on_screen(inside.width, state);
    let hit = placed.into_iter().find(|placed| (placed.x..placed.x + placed.width).contains(&(x - inside.x)));
    match hit.map(|placed| placed.item) {
        Some(Item::Cell(column)) => sort_by(state, column),
        Some(Item::Bar) => sort_by(state, if state.shown().pair().is_some() { Column::Delta } else { Column::Effect }),
        None => Vec::new(),
    }
}

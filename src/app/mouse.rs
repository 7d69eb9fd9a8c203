//! What a click or the wheel does, looked up in the layout.

use super::choice::sort_by;
use super::columns::{self, Item};
use super::commands::{movement, views};
use super::layout::{self, Area, Layout};
use super::message::{Effect, Mouse};
use super::state::{Overlay, Pane, State};

/// Rows a notch of the wheel moves.
const NOTCH: usize = 3;

/// Takes what the mouse did at a column and a row.
pub fn mouse(state: &mut State, mouse: Mouse, x: u16, y: u16) -> Vec<Effect> {
    if matches!(state.overlay, Some(Overlay::HeatMap)) {
        return match mouse {
            Mouse::WheelDown => movement::scroll(state, NOTCH as isize),
            Mouse::WheelUp => movement::scroll(state, -(NOTCH as isize)),
            Mouse::Click => Vec::new(),
        };
    }
    if let Some(overlay) = &mut state.overlay {
        wheel_in(overlay, mouse);
        return Vec::new();
    }
    let Some(layout) = Layout::showing(state, state.size(), state.pane) else { return Vec::new() };
    if mouse == Mouse::Click && layout.header.contains(x, y) {
        let tabs = layout::tabs(state);
        let hit = tabs.into_iter().find(|(_, _, start, width)| y == layout.header.y + 1 && (*start..start + width).contains(&x));
        return hit.map_or_else(Vec::new, |(tab, ..)| views::go(state, tab));
    }
    let Some((pane, area)) = layout.pane_at(x, y) else { return Vec::new() };
    match mouse {
        Mouse::WheelDown => return movement::step(state, pane, NOTCH as isize),
        Mouse::WheelUp => return movement::step(state, pane, -(NOTCH as isize)),
        Mouse::Click => state.pane = pane,
    }
    let inside = area.inside();
    if !inside.contains(x, y) {
        return Vec::new();
    }
    let row = usize::from(y - inside.y);
    match pane {
        Pane::Submodules => {
            let target = movement::submodule_top(state, usize::from(inside.height)) + row;
            if target < state.submodules().len() { movement::choose_submodule(state, target) } else { Vec::new() }
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

/// A click on a heading sorts by its column.
fn heading(state: &mut State, inside: Area, x: u16) -> Vec<Effect> {
    let placed = columns::place(inside.width, state.shown());
    let hit = placed.into_iter().find(|placed| (placed.x..placed.x + placed.width).contains(&(x - inside.x)));
    match hit.map(|placed| placed.item) {
        Some(Item::Cell(column)) => sort_by(state, column),
        Some(Item::Bar) => sort_by(state, crate::core::rows::column::Column::Effect),
        None => Vec::new(),
    }
}

fn wheel_in(overlay: &mut Overlay, mouse: Mouse) {
    if let Overlay::Palette(list) | Overlay::Help(list) = overlay {
        match mouse {
            Mouse::WheelDown => list.cursor = (list.cursor + NOTCH).min(list.found.len().saturating_sub(1)),
            Mouse::WheelUp => list.cursor = list.cursor.saturating_sub(NOTCH),
            Mouse::Click => {}
        }
    }
}

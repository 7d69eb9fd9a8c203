//! The window on a causal check, and the list of checks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text;

use super::fit::cut;
use super::overlay::{around, row};
use super::rect;
use super::theme::Theme;
use super::window::{more, open, tone};
use crate::app::checks::list::checks;
use crate::app::checks::page::page;
use crate::app::layout;
use crate::app::list_rows::list_rows;
use crate::app::state::State;
use crate::app::state::check::Window;
use crate::app::state::overlay::Overlay;
use crate::core::text::printable;

/// Draws the window or the list that is open, if one is.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    match &state.overlay {
        Some(Overlay::Check(window)) => check(state, window, theme, area, frame),
        Some(Overlay::Checks(cursor)) => list(state, *cursor, theme, area, frame),
        _ => {}
    }
}

fn check(state: &State, window: &Window, theme: &Theme, screen: Rect, frame: &mut Frame) {
    let page = page(state, window);
    let Some(area) = layout::window(state, (screen.width, screen.height), page.lines()).map(rect) else { return };
    let inside = open(&printable(&page.title), theme, area, frame);
    let width = usize::from(inside.width);
    let rows = usize::from(inside.height);
    let top = page.top(window.at, rows);
    let visible = page.head.iter().chain(page.body.iter().skip(top));
    for (row, line) in visible.take(rows).enumerate() {
        let text = text::Line::styled(cut(&format!(" {}", line.text), width), tone(line.tone, theme));
        let place = Rect::new(inside.x, inside.y + row as u16, inside.width, 1);
        frame.buffer_mut().set_line(place.x, place.y, &text, place.width);
        if page.rows > window.at && row >= page.head.len() && row - page.head.len() + top == window.at {
            frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
            frame.buffer_mut().set_style(place, theme.cursor);
        }
    }
    let below = page.body.len() > top + rows.saturating_sub(page.head.len());
    more(top > 0, below, theme, area, frame);
}

fn list(state: &State, cursor: usize, theme: &Theme, area: Rect, frame: &mut Frame) {
    let Some(list) = list_rows(state, (area.width, area.height)) else { return };
    let inside = open("causal checks of this run: Enter opens, Esc closes", theme, rect(list.window), frame);
    let width = usize::from(inside.width);
    if list.count == 0 {
        frame.buffer_mut().set_stringn(inside.x, inside.y, " nothing was checked yet", width, theme.text);
    }
    for (index, (_, line)) in checks(state).into_iter().enumerate().skip(list.top).take(list.rows) {
        let line = text::Line::styled(cut(&format!("  {}", printable(&line)), width), theme.text);
        row(&list, index, cursor, &line, theme, frame);
    }
    around(&list, theme, frame);
}

//! Windows over the panes: their frame, and the line in which a search is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Clear;

use super::fit::width;
use super::pane;
use super::theme::Theme;
use crate::app::checks::line::Tone;
use crate::app::state::list::List;
use crate::core::text::{printable, printable_start};

/// Clears `area`, draws a border with a title, and returns the area inside.
pub fn open(title: &str, theme: &Theme, area: Rect, frame: &mut Frame) -> Rect {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.text);
    pane::frame(title, true, theme, area, frame)
}

/// Draws the typed text of a list into the first row, with the terminal's own cursor.
pub fn typed(list: &List, theme: &Theme, inside: Rect, frame: &mut Frame) {
    if inside.height == 0 {
        return;
    }
    let text = format!(" > {}", printable(list.input.value()));
    frame.buffer_mut().set_stringn(inside.x, inside.y, &text, usize::from(inside.width), theme.text);
    let before = printable_start(list.input.value(), list.input.cursor());
    let cursor = u16::try_from(3 + width(&before)).unwrap_or(u16::MAX);
    if cursor < inside.width {
        frame.set_cursor_position((inside.x + cursor, inside.y));
    }
}

/// The style of a line of that importance.
pub fn tone(tone: Tone, theme: &Theme) -> Style {
    match tone {
        Tone::Title => theme.title,
        Tone::Plain => theme.text,
        Tone::Dim => theme.dim,
        Tone::Warning => theme.warning,
    }
}

/// Says in the border of `area` whether there is more above and below.
pub fn more(above: bool, below: bool, theme: &Theme, area: Rect, frame: &mut Frame) {
    let places = [(above, area.y, " ↑ more "), (below, (area.y + area.height).saturating_sub(1), " ↓ more ")];
    for (_, y, text) in places.into_iter().filter(|(there_is, ..)| *there_is) {
        let x = (area.x + area.width).saturating_sub(10);
        frame.buffer_mut().set_stringn(x, y, text, 8, theme.title);
    }
}

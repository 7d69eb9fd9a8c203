//! Draws the help, and a topic of the manual, over all of the screen but the footer.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::window::{more, open, typed};
use crate::app::commands::default_keys;
use crate::app::help::rows::{Role, rows, top};
use crate::app::help::visible;
use crate::app::layout::footer_rows;
use crate::app::manual::page::Kind;
use crate::app::state::State;
use crate::app::state::list::List;
use crate::app::state::overlay::Page;

fn above_the_footer(state: &State, area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(footer_rows(state, (area.width, area.height))), ..area }
}

fn style(role: Role, theme: &Theme) -> Style {
    match role {
        Role::Heading => theme.title,
        Role::Text | Role::Picture => theme.text,
        Role::NotNow => theme.dim,
        Role::Key => theme.key,
    }
}

/// Draws the help.
pub fn help(list: &List, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let whole = above_the_footer(state, area);
    let inside = open("help: type to search, Enter runs or explains, Esc closes", theme, whole, frame);
    typed(list, theme, inside, frame);
    let rows = rows(state, list, usize::from(inside.width));
    let height = usize::from(inside.height).saturating_sub(1);
    let top = top(&rows, list.cursor, height);
    for (line, row) in rows.iter().skip(top).take(height).enumerate() {
        let place = Rect::new(inside.x, inside.y + 1 + line as u16, inside.width, 1);
        let spans = row.parts.iter().map(|(role, text)| Span::styled(text.clone(), style(*role, theme)));
        frame.buffer_mut().set_line(place.x, place.y, &Line::from(spans.collect::<Vec<_>>()), place.width);
        if row.entry == Some(list.cursor) {
            let is_first = rows.iter().position(|first| first.entry == row.entry) == Some(top + line);
            if is_first {
                frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
            }
            if !row.parts.iter().any(|(role, _)| *role == Role::Picture) {
                frame.buffer_mut().set_style(place, theme.cursor);
            }
        }
    }
    more(top > 0, top + height < rows.len(), theme, whole, frame);
}

/// Draws an open topic.
pub fn topic(page: &Page, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let whole = above_the_footer(state, area);
    // The manual names the keys of the program without settings; the help before it names those in force.
    let keys = if state.setting.keymap == default_keys() { "" } else { " · keys as without settings" };
    let inside = open(&format!("manual: {}{keys} · Esc goes back", page.topic.name), theme, whole, frame);
    let (lines, above, below) = visible(page, (area.width, area.height), area.height - whole.height);
    for (row, line) in lines.into_iter().enumerate().take(usize::from(inside.height)) {
        let style = match line.kind {
            Kind::Heading => theme.title,
            Kind::Text => theme.text,
            Kind::Code => theme.key,
        };
        frame.buffer_mut().set_stringn(
            inside.x + 1,
            inside.y + row as u16,
            &line.text,
            usize::from(inside.width.saturating_sub(1)),
            style,
        );
    }
    more(above > 0, below > 0, theme, whole, frame);
}

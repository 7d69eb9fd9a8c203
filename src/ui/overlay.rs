//! Windows over the panes: choosers, the palette and the help.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::fit::{cut, left};
use super::pane;
use super::theme::Theme;
use crate::app::choice::{choices, title};
use crate::app::command::Command;
use crate::app::commands::GROUPS;
use crate::app::palette::found;
use crate::app::state::State;
use crate::app::state::list::List;
use crate::app::state::overlay::{Chooser, Overlay};
use crate::core::filter::fields;
use crate::core::text::printable;

/// Draws the chooser, the palette or the help, if one is open.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    match &state.overlay {
        Some(Overlay::Chooser(chooser)) => choose(*chooser, state, theme, area, frame),
        Some(Overlay::Palette(list)) => palette(list, state, theme, area, frame),
        Some(Overlay::Help(list)) => help(list, state, theme, area, frame),
        Some(Overlay::Prompt(_) | Overlay::Question(_) | Overlay::HeatMap) | None => {}
    }
}

/// A rectangle of that size, centred at the bottom of the screen, above the footer.
fn place(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height.saturating_sub(1)));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - 1).saturating_sub(height), width, height)
}

fn open(title: &str, theme: &Theme, area: Rect, frame: &mut Frame) -> Rect {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.text);
    pane::frame(title, true, theme, area, frame)
}

fn choose(chooser: Chooser, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let choices = choices(chooser, state);
    let place = place(area, 68, choices.len() as u16 + 2);
    let inside = open(&format!("{} · Esc closes", title(chooser, state)), theme, place, frame);
    for (row, choice) in choices.iter().enumerate().take(usize::from(inside.height)) {
        let line = Line::from(vec![
            Span::styled(format!(" {} ", left(&choice.key.to_string(), 4)), theme.key),
            Span::styled(if choice.on { "✓ " } else { "  " }, theme.good),
            Span::styled(left(&choice.label, 15), theme.title),
            Span::styled(cut(&choice.explanation, usize::from(inside.width).saturating_sub(23)), theme.text),
        ]);
        frame.buffer_mut().set_line(inside.x, inside.y + row as u16, &line, inside.width);
    }
}

/// One line of a list: name and keys of a command, and its help or the reason why it cannot run now.
fn line(command: &'static Command, state: &State, theme: &Theme, width: u16) -> Line<'static> {
    let keys: Vec<String> = state.setting.keymap.keys(command.id()).map(|key| key.to_string()).collect();
    let enabled = (command.enabled)(state);
    let style = if enabled.is_ok() { theme.text } else { theme.dim };
    let says =
        enabled.err().map_or_else(|| state.setting.keymap.fill(command.help), |why| format!("not now: {}", printable(&why)));
    let room = usize::from(width).saturating_sub(2 + 17 + 17);
    Line::from(vec![
        Span::styled(format!("  {} ", left(command.name, 16)), style),
        Span::styled(format!("{} ", left(&keys.join(" "), 16)), theme.key),
        Span::styled(cut(&says, room), style),
    ])
}

fn palette(list: &List, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let height = (area.height / 2).clamp(8, 18);
    let inside = open(
        "command: a part of its name, or a name and its value; Tab completes, Enter runs, Esc closes",
        theme,
        place(area, 110, height),
        frame,
    );
    typed(list, theme, inside, frame);
    let rows = usize::from(inside.height).saturating_sub(1);
    let top = (list.cursor + 1).saturating_sub(rows.max(1));
    let found = found(list, &state.setting.keymap);
    if found.is_empty() {
        nothing(list, theme, inside, frame);
    }
    for (row, command) in found.into_iter().enumerate().skip(top).take(rows) {
        let place = Rect::new(inside.x, inside.y + 1 + (row - top) as u16, inside.width, 1);
        frame.buffer_mut().set_line(place.x, place.y, &line(command, state, theme, place.width), place.width);
        if row == list.cursor {
            frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
            frame.buffer_mut().set_style(place, theme.cursor);
        }
    }
}

/// Says that nothing matches what was typed.
fn nothing(list: &List, theme: &Theme, inside: Rect, frame: &mut Frame) {
    let says = format!("   nothing matches '{}'; Backspace takes letters back", printable(list.input.value()));
    if inside.height > 1 {
        frame.buffer_mut().set_stringn(inside.x, inside.y + 1, says, usize::from(inside.width), theme.warning);
    }
}

/// All commands, under the headings of their groups while nothing is typed.
fn help(list: &List, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let whole = Rect { height: area.height.saturating_sub(1), ..area };
    let inside = open("help: type to search, Enter runs, Esc closes", theme, whole, frame);
    typed(list, theme, inside, frame);
    let mut lines: Vec<(Option<usize>, Line<'static>)> = Vec::new();
    let searching = !list.input.value().is_empty();
    let found = found(list, &state.setting.keymap);
    if found.is_empty() {
        nothing(list, theme, inside, frame);
    }
    for (index, command) in found.iter().enumerate() {
        let group = GROUPS.iter().find(|group| group.commands.first().is_some_and(|first| first.name == command.name));
        if let Some(group) = group.filter(|_| !searching) {
            lines.push((None, Line::styled(format!(" {}", group.title), theme.title)));
        }
        lines.push((Some(index), line(command, state, theme, inside.width)));
    }
    if !searching {
        lines.extend(notes(state, theme));
    }
    let rows = usize::from(inside.height).saturating_sub(1);
    let at = lines.iter().position(|(index, _)| *index == Some(list.cursor)).unwrap_or(0);
    // With the cursor on the last command, the list scrolls to the notes below it.
    let at = if list.cursor + 1 >= found.len() { lines.len().saturating_sub(1) } else { at };
    let top = (at + 1).saturating_sub(rows.max(1));
    for (row, (index, content)) in lines.iter().enumerate().skip(top).take(rows) {
        let place = Rect::new(inside.x, inside.y + 1 + (row - top) as u16, inside.width, 1);
        frame.buffer_mut().set_line(place.x, place.y, content, place.width);
        if *index == Some(list.cursor) {
            frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
            frame.buffer_mut().set_style(place, theme.cursor);
        }
    }
}

/// Notes below the commands: the fields of a filter.
fn notes(state: &State, theme: &Theme) -> Vec<(Option<usize>, Line<'static>)> {
    let mut notes = vec![(" Filter".to_owned(), theme.title)];
    notes.extend(fields(state.about()).into_iter().map(|(name, says)| (format!("  {} {says}", left(&name, 16)), theme.text)));
    notes.into_iter().map(|(text, style)| (None, Line::styled(text, style))).collect()
}

fn typed(list: &List, theme: &Theme, inside: Rect, frame: &mut Frame) {
    if inside.height == 0 {
        return;
    }
    let text = format!(" > {}", printable(list.input.value()));
    frame.buffer_mut().set_stringn(inside.x, inside.y, &text, usize::from(inside.width), theme.text);
    let cursor = 3 + list.input.visual_cursor() as u16;
    if cursor < inside.width {
        frame.set_cursor_position((inside.x + cursor, inside.y));
    }
}

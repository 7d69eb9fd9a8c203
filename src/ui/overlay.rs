//! Windows over the panes: choosers, the palette and the help.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::fit::{cut, left};
use super::help;
use super::theme::Theme;
use super::window::{open, typed};
use crate::app::choice::{choices, title};
use crate::app::command::Command;
use crate::app::copy_box;
use crate::app::layout::window;
use crate::app::palette::{found, top};
use crate::app::state::State;
use crate::app::state::list::List;
use crate::app::state::overlay::{Chooser, Overlay};
use crate::core::text::printable;

/// Draws the chooser, the palette or the help, if one is open.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    match &state.overlay {
        Some(Overlay::Chooser(chooser)) => choose(*chooser, state, theme, area, frame),
        Some(Overlay::Palette(list)) => palette(list, state, theme, area, frame),
        Some(Overlay::Help(list)) => help::help(list, state, theme, area, frame),
        Some(Overlay::Topic(page)) => help::topic(page, state, theme, area, frame),
        Some(Overlay::Copy(cursor)) => copy(*cursor, state, theme, area, frame),
        Some(
            Overlay::Prompt(_)
            | Overlay::Question(_)
            | Overlay::Runs(_)
            | Overlay::Dropped(_)
            | Overlay::Check(_)
            | Overlay::Checks(_)
            | Overlay::HeatMap,
        )
        | None => {}
    }
}

/// The rectangle of the open chooser, palette or copy box.
fn place(state: &State, area: Rect, choices: usize) -> Rect {
    window(state, (area.width, area.height), choices)
        .map_or(Rect::ZERO, |place| Rect::new(place.x, place.y, place.width, place.height))
}

fn choose(chooser: Chooser, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let choices = choices(chooser, state);
    let place = place(state, area, choices.len());
    let inside = open(&format!("{} · Esc closes", title(chooser, state)), theme, place, frame);
    for (row, choice) in choices.iter().enumerate().take(usize::from(inside.height)) {
        let line = Line::from(vec![
            Span::styled(format!(" {} ", left(&choice.key.to_string(), 4)), theme.key),
            Span::styled(if choice.on { "✓ " } else { "  " }, theme.good),
            Span::styled(left(&choice.label, 15), theme.title),
            Span::styled(cut(&choice.explanation, usize::from(inside.width).saturating_sub(23)), theme.text),
        ]);
        let place = Rect::new(inside.x, inside.y + row as u16, inside.width, 1);
        frame.buffer_mut().set_line(place.x, place.y, &line, place.width);
        if row == state.choice {
            frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
            frame.buffer_mut().set_style(place, theme.cursor);
        }
    }
}

/// The copy box; a line that cannot be had is dimmed and says why.
fn copy(cursor: usize, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let lines = copy_box::lines(state);
    let place = place(state, area, lines.len());
    let inside = open(&format!("{} · Esc closes", copy_box::heading(state)), theme, place, frame);
    for (row, line) in lines.iter().enumerate().take(usize::from(inside.height)) {
        let room = usize::from(inside.width).saturating_sub(20);
        let (label, says) = match &line.says {
            Ok(says) => (theme.title, Span::styled(cut(says, room), theme.text)),
            Err(why) => (theme.dim, Span::styled(cut(&format!("not now: {}", printable(why)), room), theme.dim)),
        };
        let line = Line::from(vec![
            Span::styled(if row == cursor { ">" } else { " " }, theme.title),
            Span::styled(left(&line.key.to_string(), 3), theme.key),
            Span::styled(left(line.label, 15), label),
            says,
        ]);
        let place = Rect::new(inside.x, inside.y + row as u16, inside.width, 1);
        frame.buffer_mut().set_line(place.x, place.y, &line, place.width);
        if row == cursor {
            frame.buffer_mut().set_style(place, theme.cursor);
        }
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
    let inside = open("command [value] · Tab completes, Enter runs, Esc closes", theme, place(state, area, 0), frame);
    typed(list, theme, inside, frame);
    let rows = usize::from(inside.height).saturating_sub(1);
    let top = top(list, rows);
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

//! Windows over the panes: choosers, the palette and the help.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::fit::{cut, left, width};
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
    let longest = choices.iter().map(|choice| width(&choice.label)).max().unwrap_or(0);
    let label = 15.max(longest + 1).min(usize::from(inside.width).saturating_sub(8));
    for (row, choice) in choices.iter().enumerate().take(usize::from(inside.height)) {
        let line = Line::from(vec![
            Span::styled(format!(" {} ", left(&choice.key.to_string(), 4)), theme.key),
            Span::styled(if choice.on { "✓ " } else { "  " }, theme.good),
            Span::styled(left(&choice.label, label), theme.title),
            Span::styled(cut(&choice.explanation, usize::from(inside.width).saturating_sub(8 + label)), theme.text),
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
        let room = inside.width.saturating_sub(copy_box::BEFORE + 1);
        let (label, style) = if line.says.is_ok() { (theme.title, theme.text) } else { (theme.dim, theme.dim) };
        let says = Span::styled(cut(&line.said(), usize::from(room)), style);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::ThemeName;
    use crate::ui::testing::{rows, run, screen, showing};

    fn drawn(state: &State, size: (u16, u16)) -> String {
        rows(&screen(size, |frame| draw(state, &Theme::new(ThemeName::Dark, true), frame.area(), frame))).join("\n")
    }

    #[test]
    fn the_copy_box_is_wide_enough_for_every_reason() {
        let mut run = run();
        run.manifest.model.name = "a-model-with-a-rather-long-name-that-nobody-hosts".to_owned();
        let mut state = showing(run);
        state.overlay = Some(Overlay::Copy(0));
        let said: Vec<String> = copy_box::lines(&state).iter().map(copy_box::Line::said).collect();
        assert!(said.iter().any(|said| said.starts_with("not now: ")));
        let shown = drawn(&state, (160, 40));
        assert!(said.iter().all(|said| shown.contains(said)), "{shown}");
        assert_eq!(window(&state, (70, 40), said.len()).unwrap().width, 70);
    }

    #[test]
    fn no_label_of_the_sort_box_is_cut() {
        let mut state = showing(run());
        state.tab = crate::app::state::tab::Tab::Similarity;
        state.overlay = Some(Overlay::Chooser(Chooser::Sort));
        for width in [60, 120] {
            let shown = drawn(&state, (width, 30));
            assert!(choices(Chooser::Sort, &state).iter().all(|choice| shown.contains(&choice.label)), "{shown}");
        }
    }
}

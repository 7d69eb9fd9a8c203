//! Windows over the panes: choosers, the palette and the help.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::fit::{cut, left};
use super::theme::Theme;
use super::window::{more, open, typed};
use super::{help, rect};
use crate::app::choice::{BEFORE, choices, label_width, title};
use crate::app::command::Command;
use crate::app::list_rows::{ListRows, list_rows};
use crate::app::state::State;
use crate::app::state::list::List;
use crate::app::state::overlay::{Chooser, Overlay};
use crate::app::{copy_box, palette};
use crate::core::text::printable;

/// Draws the chooser, the palette or the help, if one is open.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    match &state.overlay {
        Some(Overlay::Chooser(chooser)) => choose(*chooser, state, theme, area, frame),
        Some(Overlay::Palette(list)) => commands(list, state, theme, area, frame),
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
            | Overlay::Pictures,
        )
        | None => {}
    }
}

/// Draws what is below the rows of a list, the whole text at its cursor, and whether rows are hidden.
pub fn around(list: &ListRows, theme: &Theme, frame: &mut Frame) {
    let inside = rect(list.window.inside());
    let first = inside.y + (list.heading + list.rows) as u16;
    for (row, line) in list.below.iter().enumerate() {
        frame.buffer_mut().set_stringn(inside.x, first + row as u16, line, usize::from(inside.width), theme.title);
    }
    let (above, below) = list.hidden();
    more(above, below, theme, rect(list.window), frame);
}

/// Draws one row of a list, and whether the cursor is on it.
pub fn row(list: &ListRows, index: usize, cursor: usize, line: &Line, theme: &Theme, frame: &mut Frame) {
    let inside = rect(list.window.inside());
    let place = Rect::new(inside.x, inside.y + (list.heading + index - list.top) as u16, inside.width, 1);
    frame.buffer_mut().set_line(place.x, place.y, line, place.width);
    if index == cursor {
        frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
        frame.buffer_mut().set_style(place, theme.cursor);
    }
}

fn choose(chooser: Chooser, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let Some(list) = list_rows(state, (area.width, area.height)) else { return };
    let inside = open(&format!("{} · Esc closes", title(chooser, state)), theme, rect(list.window), frame);
    let choices = choices(chooser, state);
    let columns = usize::from(inside.width);
    let label = label_width(&choices, columns);
    for (index, choice) in choices.iter().enumerate().skip(list.top).take(list.rows) {
        let line = Line::from(vec![
            Span::styled(format!(" {} ", left(&choice.key.to_string(), 4)), theme.key),
            Span::styled(if choice.on { "✓ " } else { "  " }, theme.good),
            Span::styled(left(&choice.label, label), theme.title),
            Span::styled(cut(&choice.explanation, columns.saturating_sub(BEFORE + label)), theme.text),
        ]);
        row(&list, index, state.choice, &line, theme, frame);
    }
    around(&list, theme, frame);
}

/// The copy box; a line that cannot be had is dimmed and says why.
fn copy(cursor: usize, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let Some(list) = list_rows(state, (area.width, area.height)) else { return };
    let inside = open(&format!("{} · Esc closes", copy_box::heading(state)), theme, rect(list.window), frame);
    for (index, line) in copy_box::lines(state).iter().enumerate().skip(list.top).take(list.rows) {
        let room = inside.width.saturating_sub(copy_box::BEFORE + 1);
        let (label, style) = if line.says.is_ok() { (theme.title, theme.text) } else { (theme.dim, theme.dim) };
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(left(&line.key.to_string(), 3), theme.key),
            Span::styled(left(line.label, 15), label),
            Span::styled(cut(&line.said(), usize::from(room)), style),
        ]);
        row(&list, index, cursor, &line, theme, frame);
    }
    around(&list, theme, frame);
}

/// One line of a list: name and keys of a command, and its help or the reason why it cannot run now.
fn line(command: &'static Command, state: &State, theme: &Theme, width: u16) -> Line<'static> {
    let style = if (command.enabled)(state).is_ok() { theme.text } else { theme.dim };
    let room = usize::from(width).saturating_sub(palette::BEFORE);
    Line::from(vec![
        Span::styled(format!("  {} ", left(command.name, palette::NAME)), style),
        Span::styled(format!("{} ", left(&palette::keys(state, command), palette::KEYS)), theme.key),
        Span::styled(cut(&palette::says(state, command), room), style),
    ])
}

fn commands(list: &List, state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let Some(rows) = list_rows(state, (area.width, area.height)) else { return };
    let inside = open("command [value] · Tab completes, Enter runs, Esc closes", theme, rect(rows.window), frame);
    typed(list, theme, inside, frame);
    let found = palette::found(list, &state.setting.keymap);
    if found.is_empty() {
        nothing(list, theme, inside, frame);
    }
    for (index, command) in found.into_iter().enumerate().skip(rows.top).take(rows.rows) {
        row(&rows, index, list.cursor, &line(command, state, theme, inside.width), theme, frame);
    }
    around(&rows, theme, frame);
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
        assert_eq!(list_rows(&state, (70, 40)).unwrap().window.width, 70);
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

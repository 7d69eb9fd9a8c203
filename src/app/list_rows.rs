//! The rows of an open list: which of them are in sight, and the whole text of the one at the cursor where its row has no room for it.
//! Drawing and clicks both ask here.

use unicode_width::UnicodeWidthStr;

use super::checks::{list, page};
use super::layout::{self, Area};
use super::state::State;
use super::state::overlay::Overlay;
use super::{choice, copy_box, dropped, palette};
use crate::core::text::{printable, wrap};

/// The text of a row, and the columns that its row has for it.
struct Text {
    whole: String,
    /// Whether the row shows all of it.
    fits: bool,
}

impl Text {
    /// `says` about `name`, which is said with it where the row has no room.
    fn of(name: &str, says: &str, room: usize) -> Self {
        Self { whole: format!("{name}: {says}"), fits: says.width() <= room }
    }
}

/// The rows of the open list in its window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRows {
    /// The window, border included.
    pub window: Area,
    /// The rows inside the border that are no rows of the list, above it.
    pub heading: usize,
    /// Index of the first row in sight.
    pub top: usize,
    /// Number of rows in sight, or of those that would have room.
    pub rows: usize,
    /// Number of rows of the list.
    pub count: usize,
    /// The whole text of the row at the cursor, in lines below the list; empty if the row shows all of it.
    pub below: Vec<String>,
}

impl ListRows {
    /// The index of the row of the list in row `row` inside the border.
    pub fn at(&self, row: usize) -> Option<usize> {
        let row = row.checked_sub(self.heading).filter(|row| *row < self.rows)? + self.top;
        (row < self.count).then_some(row)
    }

    /// Whether rows are hidden above and below.
    pub fn hidden(&self) -> (bool, bool) {
        (self.top > 0, self.top + self.rows < self.count)
    }
}

/// The rows of the open list on a screen of `size`; None if no list is open whose rows are looked up here.
pub fn list_rows(state: &State, size: (u16, u16)) -> Option<ListRows> {
    let columns = usize::from(layout::window(state, size, 0)?.inside().width);
    let (texts, cursor) = texts(state, columns)?;
    let lines = |text: &Text| {
        let lines = wrap(&text.whole, columns.saturating_sub(INDENT.len() + 1));
        if text.fits { Vec::new() } else { lines.into_iter().map(|line| format!("{INDENT}{line}")).collect() }
    };
    let below: Vec<String> = texts.get(cursor).map(lines).unwrap_or_default();
    let heading = usize::from(matches!(state.overlay, Some(Overlay::Palette(_))));
    // A window that is as high as its list keeps its height while the cursor moves.
    let most = if heading > 0 { below.len() } else { texts.iter().map(|text| lines(text).len()).max().unwrap_or(0) };
    let window = layout::window(state, size, texts.len().max(1) + most)?;
    let free = usize::from(window.inside().height).saturating_sub(heading);
    let rows = free.saturating_sub(most).max(free.min(LEAST).min(texts.len()));
    let below = below.into_iter().take(free - rows).collect();
    Some(ListRows { window, heading, top: (cursor + 1).saturating_sub(rows.max(1)), rows, count: texts.len(), below })
}

/// Columns before a text below the list.
const INDENT: &str = "   ";

/// Least rows of a list above the text at the cursor.
const LEAST: usize = 2;

/// The texts of the open list in a window of so many columns, and the row at the cursor.
fn texts(state: &State, columns: usize) -> Option<(Vec<Text>, usize)> {
    Some(match state.overlay.as_ref()? {
        Overlay::Chooser(chooser) => {
            let choices = choice::choices(*chooser, state);
            let room = columns.saturating_sub(choice::BEFORE + choice::label_width(&choices, columns));
            (choices.iter().map(|choice| Text::of(&choice.label, &choice.explanation, room)).collect(), state.choice)
        }
        Overlay::Copy(cursor) => {
            let room = columns.saturating_sub(usize::from(copy_box::BEFORE) + 1);
            (copy_box::lines(state).iter().map(|line| Text::of(line.label, &line.said(), room)).collect(), *cursor)
        }
        Overlay::Palette(list) => {
            let room = columns.saturating_sub(palette::BEFORE);
            let found = palette::found(list, &state.setting.keymap).into_iter();
            let text = |command| {
                let keys = palette::keys(state, command);
                let cuts = command.name.width() > palette::NAME || keys.width() > palette::KEYS;
                let name = if keys.is_empty() { command.name.to_owned() } else { format!("{} ({keys})", command.name) };
                Text::of(&name, &palette::says(state, command), if cuts { 0 } else { room })
            };
            (found.map(text).collect(), list.cursor)
        }
        Overlay::Checks(cursor) => {
            let text = |(_, line): (_, String)| {
                let whole = printable(&line);
                Text { fits: whole.width() + 2 <= columns, whole }
            };
            (list::checks(state).into_iter().map(text).collect(), *cursor)
        }
        _ => return None,
    })
}

/// The window of the open list, box, help or check on a screen of `size`, border included.
pub fn window(state: &State, size: (u16, u16)) -> Option<Area> {
    let lines = match &state.overlay {
        Some(Overlay::Runs(list)) => list.lines(),
        Some(Overlay::Dropped(_)) => dropped::lines(state).len(),
        Some(Overlay::Check(window)) => page::page(state, window).lines(),
        _ => return list_rows(state, size).map(|rows| rows.window).or_else(|| layout::window(state, size, 0)),
    };
    layout::window(state, size, lines)
}

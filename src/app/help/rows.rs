//! The help in rows as wide as its window: nothing is cut, longer texts take more rows.

use super::entries::{Entry, Section, sections};
use crate::app::command::Command;
use crate::app::manual::pictures;
use crate::app::state::State;
use crate::app::state::list::List;
use crate::core::text::{printable, wrap};

/// The kind of a text, which decides its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A heading.
    Heading,
    /// The name of an entry, or a text about it.
    Text,
    /// The same for a command that cannot run now.
    NotNow,
    /// Keys.
    Key,
    /// A line of the picture.
    Picture,
}

/// One row of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Index of the entry that the row belongs to; None for a heading.
    pub entry: Option<usize>,
    /// Texts with their roles, from left to right.
    pub parts: Vec<(Role, String)>,
}

/// Columns before every entry.
const MARGIN: usize = 2;

/// Width of the names in columns.
const NAME: usize = 24;

/// Width of the keys, in a window of 96 columns or more and in a narrower one.
const KEYS: [usize; 2] = [22, 11];

/// All rows of the help on a window that is `columns` wide.
pub fn rows(state: &State, list: &List, columns: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut index = 0;
    for Section { title, entries } in sections(state, list.input.value()) {
        rows.push(Row { entry: None, parts: vec![(Role::Heading, format!(" {title}"))] });
        for entry in entries {
            let lines = match &entry {
                Entry::Picture => picture(columns),
                Entry::Command(command) => said(command, state, columns),
                Entry::Field { name, says } => two(name, says, columns),
                Entry::Word(word) => two(&word.words.join(", "), &word.says, columns),
                Entry::Topic(topic) => two(topic.name, &format!("{}: Enter opens it", topic.title()), columns),
            };
            rows.extend(lines.into_iter().map(|parts| Row { entry: Some(index), parts }));
            index += 1;
        }
    }
    if rows.is_empty() {
        let says = format!("no command, no word and no topic holds '{}'", printable(list.input.value()));
        rows.extend(
            wrap(&says, columns.saturating_sub(MARGIN))
                .into_iter()
                .map(|line| Row { entry: None, parts: vec![(Role::NotNow, format!("{}{line}", " ".repeat(MARGIN)))] }),
        );
    }
    rows
}

/// The first of `rows` to show in a window of `height` rows, so that the entry `cursor` is in its middle where it can be.
pub fn top(rows: &[Row], cursor: usize, height: usize) -> usize {
    let first = rows.iter().position(|row| row.entry == Some(cursor)).unwrap_or(0);
    // The picture is seen from its first row on, however tall it is.
    if cursor == 0 { 0 } else { first.saturating_sub(height / 2).min(rows.len().saturating_sub(height)) }
}

type Parts = Vec<(Role, String)>;

/// The widest picture that fits.
fn picture(columns: usize) -> Vec<Parts> {
    let width = |picture: &[&str]| picture.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let fitting = pictures().into_iter().find(|picture| width(picture) + MARGIN <= columns);
    let lines = fitting.unwrap_or_default().into_iter();
    lines.map(|line| vec![(Role::Picture, format!("{}{line}", " ".repeat(MARGIN)))]).collect()
}

/// Name and keys of a command, and its help or the reason why it cannot run now.
fn said(command: &Command, state: &State, columns: usize) -> Vec<Parts> {
    let keymap = &state.setting.keymap;
    let keys: Vec<String> = keymap.keys(command.id()).map(|key| key.to_string()).collect();
    let (role, says) = match (command.enabled)(state) {
        Ok(()) => (Role::Text, keymap.fill(command.help)),
        Err(why) => (Role::NotNow, format!("{} (not now: {})", keymap.fill(command.help), printable(&why))),
    };
    let keys_width = KEYS[usize::from(columns < 96)];
    let rest = columns.saturating_sub(MARGIN + NAME + keys_width);
    side_by_side(&[(role, command.name, NAME), (Role::Key, &keys.join(" "), keys_width), (role, &says, rest)])
}

fn two(name: &str, says: &str, columns: usize) -> Vec<Parts> {
    side_by_side(&[(Role::Text, name, NAME), (Role::Text, says, columns.saturating_sub(MARGIN + NAME))])
}

/// Cells of given widths beside each other, a column of space in each, in as many rows as the longest cell needs.
fn side_by_side(cells: &[(Role, &str, usize)]) -> Vec<Parts> {
    let wrapped: Vec<Vec<String>> = cells.iter().map(|(_, text, width)| wrap(text, width.saturating_sub(1))).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let row = |line: usize| {
        let mut parts = vec![(Role::Text, " ".repeat(MARGIN))];
        for ((role, _, width), lines) in cells.iter().zip(&wrapped) {
            let text = lines.get(line).map_or("", |text| text.trim_end());
            parts.push((*role, format!("{text:width$}")));
        }
        parts
    };
    (0..height).map(row).collect()
}

//! Choosers, in which one key chooses a tag or the column to sort by.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use super::key::{Code, Key};
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::overlay::Chooser;
use super::state::prompt::Asked;
use super::{table, tagging, targets};
use crate::core::rows::column::{Column, Sort};
use crate::core::tags::{Marks, Tag};

/// One line of a chooser: a key, the choice that it makes, and whether that is in force now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The key that makes the choice.
    pub key: Key,
    /// The name of the choice, such as a tag or a column.
    pub label: String,
    /// The meaning of the choice; may be empty.
    pub explanation: String,
    /// Whether the choice is in force now: all targets have the tag, or the table is sorted by the column.
    pub on: bool,
}

/// Columns before the label of a choice: the cursor, its key, and whether it is in force.
pub const BEFORE: usize = 8;

/// Columns of the labels in a window of so many columns: as wide as the longest, where there is room.
pub fn label_width(choices: &[Choice], columns: usize) -> usize {
    let longest = choices.iter().map(|choice| choice.label.width()).max().unwrap_or(0);
    15.max(longest + 1).min(columns.saturating_sub(BEFORE))
}

/// The columns with their keys. The key of a view is the digit of its place; only the first nine views have one.
fn columns(state: &State) -> Vec<(char, Column)> {
    let shown = state.shown();
    let views = ('1'..='9').zip(state.about().all()).map(|(digit, view)| (digit, Column::Effects(view)));
    let before = [('#', Column::Rank), ('f', Column::Name), ('e', Column::Effect), ('s', Column::StandardError)].into_iter();
    let before = before.chain([('c', Column::Ratio), ('b', Column::Interval)]);
    let compared = [('d', Column::Delta), ('r', Column::DeltaError), ('p', Column::DeltaShare), ('i', Column::Side)];
    let all = before.chain(views).chain([('o', Column::Fires)]).chain(compared).chain([('t', Column::Tags)]);
    // Of a single view, which has no difference of shares.
    let extra = [('p', Column::P), ('q', Column::Q), ('l', Column::Label)].into_iter();
    let all = all.chain(extra.filter(|(_, column)| super::columns::extra(state).contains(column)));
    all.filter(|(_, column)| *column == Column::Effect || matches!(column, Column::Effects(_)) || column.is_of(shown)).collect()
}

/// The tags of other studies that the features to be tagged have, each with a digit, so that they can be taken away.
fn foreign(state: &State) -> Vec<(char, Tag)> {
    let Some(book) = state.book() else { return Vec::new() };
    let scope = tagging::scope(state);
    let all = tagging::targets(state).into_iter().flat_map(|feature| book.of(feature).in_scope(scope).tags.clone());
    let all: BTreeSet<Tag> = all.filter(|tag| state.about().tags.exactly(tag.as_str()).is_none()).collect();
    let digits = ('1'..='9').filter(|digit| state.about().tags.of_key(*digit).is_none());
    digits.zip(all).collect()
}

/// The heading of a chooser.
pub fn title(chooser: Chooser, state: &State) -> String {
    match chooser {
        Chooser::Sort => "sort by".to_owned(),
        Chooser::Tags => {
            let scope = tagging::scope(state);
            let hidden = targets::counted_hidden(state);
            let hidden = if hidden.is_empty() { hidden } else { format!(" of {} marked, {hidden}", state.marked.len()) };
            match tagging::targets(state).as_slice() {
                [one] => format!("tag {one}{hidden} · {scope}"),
                several => format!("tag {} marked features{hidden} · {scope}", several.len()),
            }
        }
    }
}

/// The lines of a chooser, in the order of the screen.
pub fn choices(chooser: Chooser, state: &State) -> Vec<Choice> {
    match chooser {
        Chooser::Sort => {
            let line = |(key, column): (char, Column)| Choice {
                key: Key::character(key),
                label: column.name(state.about(), state.shown()),
                explanation: if state.sort.column == column { "again: the other way round".to_owned() } else { String::new() },
                on: state.sort.column == column,
            };
            columns(state).into_iter().map(line).collect()
        }
        Chooser::Tags => {
            let (targets, scope) = (tagging::targets(state), tagging::scope(state));
            let marks: Vec<_> = state
                .book()
                .map_or_else(Vec::new, |book| targets.iter().map(|feature| book.of(*feature).in_scope(scope).clone()).collect());
            let all = |holds: &dyn Fn(&Marks) -> bool| !marks.is_empty() && marks.iter().all(holds);
            let line = |key: Key, label: &str, explanation: &str, on: bool| Choice {
                key,
                label: label.to_owned(),
                explanation: explanation.to_owned(),
                on,
            };
            let vocabulary = &state.about().tags.0;
            let mut lines: Vec<Choice> = vocabulary
                .iter()
                .map(|tag| {
                    let on = all(&|marks| marks.tags.contains(&tag.name));
                    line(Key::character(tag.key), tag.name.as_str(), &tag.meaning, on)
                })
                .collect();
            for (key, tag) in foreign(state) {
                lines.push(line(
                    Key::character(key),
                    tag.as_str(),
                    "a tag of another study",
                    all(&|marks| marks.tags.contains(&tag)),
                ));
            }
            lines.push(line(Key::character('x'), "X", "rejected: looked at and left out", all(&|marks| marks.rejected)));
            lines.push(line(Key::character('e'), "note", "free text", all(&|marks| !marks.note.is_empty())));
            let other =
                if state.tagging.only_this_view { "applies everywhere instead" } else { "applies in this view only instead" };
            lines.push(line(Key::plain(Code::Tab), "scope", other, false));
            lines
        }
    }
}

/// Handles a key in a chooser: a key of a choice makes it; arrows, and `j` and `k` where they choose nothing, move the cursor, and
/// Enter makes the choice there; Esc and Ctrl-C close the chooser.
pub fn key(state: &mut State, chooser: Chooser, key: Key) -> Vec<Effect> {
    let choices = choices(chooser, state);
    if choices.iter().any(|choice| choice.key == key) {
        return choose(state, chooser, key);
    }
    match (key.code, key.control) {
        (Code::Escape, _) | (Code::Character('c'), true) => state.overlay = None,
        (Code::Enter, _) => {
            if let Some(choice) = choices.get(state.choice) {
                return choose(state, chooser, choice.key);
            }
        }
        (Code::Down, _) | (Code::Character('j'), false) => step(state, chooser, 1),
        (Code::Up, _) | (Code::Character('k'), false) => step(state, chooser, -1),
        _ => state.notice = Some(Notice::refused(format!("{} chooses nothing here", key.spoken()))),
    }
    Vec::new()
}

/// Moves the cursor of the chooser.
pub fn step(state: &mut State, chooser: Chooser, rows: isize) {
    let last = choices(chooser, state).len().saturating_sub(1);
    state.choice = state.choice.saturating_add_signed(rows).min(last);
}

/// Makes the choice of `key`.
fn choose(state: &mut State, chooser: Chooser, key: Key) -> Vec<Effect> {
    if key.code == Code::Tab {
        state.tagging.only_this_view = !state.tagging.only_this_view;
        return Vec::new();
    }
    state.overlay = None;
    let Some(typed) = key.typed() else { return Vec::new() };
    match chooser {
        Chooser::Sort => {
            let chosen = columns(state).into_iter().find(|(key, _)| *key == typed);
            chosen.map_or_else(Vec::new, |(_, column)| sort_by(state, column))
        }
        Chooser::Tags => {
            let own = state.about().tags.of_key(typed).map(|tag| tag.name);
            let tag = own.or_else(|| foreign(state).into_iter().find(|(key, _)| *key == typed).map(|(_, tag)| tag));
            match tag {
                Some(tag) => tagging::toggle(state, tag),
                None if typed == 'x' => tagging::reject(state),
                None => note(state),
            }
        }
    }
}

/// Makes the choice in this row.
pub fn pick(state: &mut State, chooser: Chooser, row: usize) -> Vec<Effect> {
    let chosen = choices(chooser, state).get(row).map(|choice| choice.key);
    chosen.map_or_else(Vec::new, |key| choose(state, chooser, key))
}

/// Makes the choice whose label or key is `name`; the chooser stays open if there is none.
pub fn named(state: &mut State, chooser: Chooser, name: &str) -> Vec<Effect> {
    let choices = choices(chooser, state);
    let found = choices.iter().find(|choice| choice.label.eq_ignore_ascii_case(name) || choice.key.to_string() == name);
    if let Some(choice) = found {
        return choose(state, chooser, choice.key);
    }
    let labels: Vec<&str> = choices.iter().map(|choice| choice.label.as_str()).collect();
    state.notice = Some(Notice::refused(format!("there is no '{name}' here; use {}", labels.join(", "))));
    Vec::new()
}

/// Asks for a note. If there is a single target, the prompt starts with its present note.
fn note(state: &mut State) -> Vec<Effect> {
    let (targets, scope) = (tagging::targets(state), tagging::scope(state));
    let note = match (targets.as_slice(), state.book()) {
        ([one], Some(book)) => book.of(*one).in_scope(scope).shown_note(),
        _ => String::new(),
    };
    state.ask(Asked::Note(targets, scope), note);
    Vec::new()
}

/// Sorts the table by a column, or reverses the order if the table is sorted by that column already.
pub fn sort_by(state: &mut State, column: Column) -> Vec<Effect> {
    state.sort = if state.sort.column == column { state.sort.reversed() } else { Sort::by(column) };
    table::refresh(state)
}

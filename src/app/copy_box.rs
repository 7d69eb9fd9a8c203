//! The copy box: in which form to copy the listed or marked features, and under which title.

use super::copying::{can_copy, copy, title, title_of_copy};
use super::key::{Code, Key};
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::copied::Form;
use super::state::overlay::Overlay;
use super::state::prompt::Asked;
use super::targets;
use crate::core::text::printable;

/// The letter of the line that changes the title.
const TITLE: char = 'e';

/// One line of the copy box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The letter that chooses the line.
    pub key: char,
    /// What is copied.
    pub label: &'static str,
    /// The use of it, or the reason why it cannot be had.
    pub says: Result<String, String>,
}

impl Line {
    /// The use of the line, or that it cannot be had now and why.
    pub fn said(&self) -> String {
        match &self.says {
            Ok(says) => says.clone(),
            Err(why) => format!("not now: {}", printable(why)),
        }
    }
}

/// The lines of the box, in the order of the screen.
pub fn lines(state: &State) -> Vec<Line> {
    let form = |form: Form| Line {
        key: form.key(),
        label: form.name(),
        says: can_copy(state, form).map(|()| form.explanation().to_owned()),
    };
    let title = Line { key: TITLE, label: "title", says: Ok(printable(&title_of_copy(state))) };
    Form::ALL.into_iter().map(form).chain([title]).collect()
}

/// Opens the box with the cursor on the first line that can be had.
pub fn open(state: &mut State) -> Vec<Effect> {
    let first = lines(state).iter().position(|line| line.says.is_ok()).unwrap_or(0);
    state.overlay = Some(Overlay::Copy(first));
    Vec::new()
}

/// Columns before the use of a line: the cursor, the key and the label.
pub const BEFORE: u16 = 19;

/// The heading of the box: on which features it acts.
pub fn heading(state: &State) -> String {
    let count = |count: usize, kind: &str| format!("copy {count} {kind}feature{}", if count == 1 { "" } else { "s" });
    if state.marked.is_empty() {
        return count(state.table.listing.rows.iter().filter(|row| row.matches).count(), "listed ");
    }
    let hidden = targets::counted_hidden(state);
    let hidden = if hidden.is_empty() { hidden } else { format!(", {hidden}") };
    count(state.table.marked, "marked ") + &hidden
}

/// Handles a key in the box: a letter chooses, arrows and Enter choose too, Esc closes.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(Overlay::Copy(cursor)) = &mut state.overlay else { return Vec::new() };
    let last = Form::ALL.len();
    match (key.code, key.control) {
        (Code::Escape, _) | (Code::Character('c'), true) => state.overlay = None,
        (Code::Down | Code::Tab, _) | (Code::Character('n'), true) => *cursor = (*cursor + 1).min(last),
        (Code::Up | Code::BackTab, _) | (Code::Character('p'), true) => *cursor = cursor.saturating_sub(1),
        (Code::Enter, _) => {
            let line = *cursor;
            return choose(state, line);
        }
        _ => {
            let chosen = key.typed().and_then(|typed| lines(state).iter().position(|line| line.key == typed));
            match (chosen, key.typed()) {
                (Some(line), _) => return choose(state, line),
                (None, Some(typed)) => state.notice = Some(Notice::refused(format!("{typed} is no line of this box"))),
                (None, None) => {}
            }
        }
    }
    Vec::new()
}

/// Copies in the form of a line and closes the box; a line that cannot be had says why and leaves it open.
pub fn choose(state: &mut State, line: usize) -> Vec<Effect> {
    let Some(form) = Form::ALL.get(line).copied() else {
        let text = title(state);
        state.ask(Asked::Title, text);
        return Vec::new();
    };
    match can_copy(state, form) {
        Ok(()) => {
            state.overlay = None;
            copy(state, form)
        }
        Err(why) => {
            state.overlay = Some(Overlay::Copy(line));
            state.notice = Some(Notice::refused(format!("{}: {why}", form.name())));
            Vec::new()
        }
    }
}

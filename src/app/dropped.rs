//! The pairs that became no example, and what else should be known about the inputs: said when it happens, and listed.

use unicode_width::UnicodeWidthStr;

use super::command_id::CommandId;
use super::key::Key;
use super::message::Effect;
use super::notice::{Notice, Tone};
use super::state::State;
use super::state::overlay::Overlay;
use super::{layout, stepping};
use crate::core::notes;
use crate::core::run::DataRecord;
use crate::core::text::{printable, wrap};

/// The pair lists of the findings on the screen, each once.
pub fn lists(state: &State) -> &[DataRecord] {
    state.findings().map_or(&[], |findings| findings.lists())
}

/// What should be known about the inputs of the findings on the screen.
fn noted(state: &State) -> Vec<String> {
    state.findings().map_or_else(Vec::new, |findings| notes::of(findings))
}

fn is_any_dropped(state: &State) -> bool {
    lists(state).iter().any(|data| data.dropped.sum() > 0)
}

/// Said where every pair is used.
const NONE: &str = "no pair was dropped";

/// Ok if a pair was dropped or something is noted, else a sentence that says that nothing is.
pub fn any(state: &State) -> Result<(), String> {
    if is_any_dropped(state) || !noted(state).is_empty() {
        return Ok(());
    }
    Err(if lists(state).is_empty() { "no pairs are known here" } else { NONE }.to_owned())
}

/// Indent of the second and further lines of a dropped pair.
const INDENT: &str = "    ";

/// The lines of the list, as wide as the screen allows: a heading for each pair list, then each dropped pair with line number, reason
/// and prompts; last the notes. Lines of a heading begin without a space, all others with one.
pub fn lines(state: &State) -> Vec<String> {
    // A blank stands before and behind every line.
    let columns = layout::list_columns(state).saturating_sub(2).max(1);
    let broken = |line: String| -> Vec<String> {
        if line.width() <= columns {
            return vec![line];
        }
        let indent = if line.starts_with(' ') { INDENT } else { "" };
        let parts = wrap(&line, columns.saturating_sub(indent.len()).max(1)).into_iter().enumerate();
        parts.map(|(place, part)| if place == 0 { part } else { format!("{indent}{}", part.trim_start()) }).collect()
    };
    whole(state).into_iter().flat_map(broken).collect()
}

/// The same, each heading, each pair and each note as one line.
fn whole(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    let notes = noted(state);
    if !is_any_dropped(state) {
        lines.push(NONE.to_owned());
    }
    for data in lists(state).iter().filter(|data| data.dropped.sum() > 0) {
        let source = printable(&data.source);
        lines.push(format!("{source}: {} of {} pairs are used; {}", data.examples.len(), data.lines, data.dropped));
        let dropped = data.dropped_lines.iter();
        lines.extend(dropped.map(|line| format!("  line {:<5} {}: {}", line.line, printable(&line.reason), line.shown())));
        let unlisted = data.dropped.sum().saturating_sub(data.dropped.beyond_limit).saturating_sub(data.dropped_lines.len());
        if unlisted > 0 {
            lines.push(format!("  {unlisted} more, which the run does not list"));
        }
    }
    if !notes.is_empty() {
        lines.push("notes".to_owned());
        lines.extend(notes.iter().map(|note| format!("  {}", printable(note))));
    }
    lines
}

/// Says that pairs were dropped, and what else should be known, when the inputs are opened: pairs that were asked to be left out are
/// not counted.
pub fn mention(state: &mut State) {
    let said: Vec<String> = lists(state).iter().filter_map(said).chain(noted(state)).collect();
    if !said.is_empty() {
        let list = state.setting.keymap.way(CommandId::DROPPED);
        // What was refused before, such as a faulty configuration, was not read yet.
        let before = state.notice.take().filter(|before| before.tone != Tone::Done);
        let before = before.map_or_else(String::new, |before| format!("{}; ", before.text));
        state.notice = Some(Notice::refused(format!("{before}{}; {list} lists them", said.join("; "))));
    }
}

fn said(data: &DataRecord) -> Option<String> {
    let count = data.dropped.sum().saturating_sub(data.dropped.beyond_limit);
    let first = data.dropped_lines.first().map_or_else(String::new, |line| format!(" (line {}: {})", line.line, line.reason));
    let were = if count == 1 { "pair was" } else { "pairs were" };
    (count > 0).then(|| format!("{count} {were} dropped from {}{first}", data.source))
}

/// Opens the list at its first line.
pub fn open(state: &mut State) -> Vec<Effect> {
    state.overlay = Some(Overlay::Dropped(0));
    Vec::new()
}

/// Handles a key in the open list.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let is_own = state.setting.keymap.command(key) == Some(CommandId::DROPPED);
    if let Some(rows) = stepping::rows(key) {
        step(state, rows);
    } else if stepping::closes(key) || is_own {
        state.overlay = None;
    } else {
        state.notice = Some(Notice::refused(format!("{key} does nothing here")));
    }
    Vec::new()
}

/// Scrolls the open list, until its last line is at the bottom.
pub fn step(state: &mut State, rows: isize) {
    let count = lines(state).len();
    let visible = layout::window(state, state.size(), count).map_or(0, |area| usize::from(area.inside().height));
    if let Some(Overlay::Dropped(top)) = &mut state.overlay {
        *top = top.saturating_add_signed(rows).min(count.saturating_sub(visible));
    }
}

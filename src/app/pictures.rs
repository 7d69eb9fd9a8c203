//! The pictures over the whole screen, page by page. Each is made once for every change of what it shows, on another thread, and the latest
//! one stays until then.

use std::sync::Arc;

use super::checks::line::{Line, Tone};
use super::drawing::{self, Room};
use super::layout::Layout;
use super::message::Effect;
use super::state::State;
use super::state::overlay::Overlay;
use super::state::picture::{Drawn, Question, Written};
use super::{heat_map, table};
use crate::core::picture::Kind;
use crate::core::rows::Spec;

/// Features that are listed below a scatter plot: a list of thousands takes longer than a frame.
const FEATURES: usize = 60;

/// Whether a picture lies over the panes.
pub fn are_open(state: &State) -> bool {
    matches!(state.overlay, Some(Overlay::Pictures))
}

/// What the screen calls a picture.
pub fn name(kind: Kind) -> &'static str {
    if kind == Kind::Map { "heat map" } else { kind.name() }
}

/// The picture before (-1) or after (1) the one on the screen, around the ends.
pub fn beside(state: &State, step: isize) -> Kind {
    let all = Kind::ALL;
    let here = all.iter().position(|kind| *kind == state.pictures.kind).unwrap_or(0);
    all[(here + all.len()).saturating_add_signed(step) % all.len()]
}

/// Shows the picture of `kind`, from its first row on.
pub fn show(state: &mut State, kind: Kind) -> Vec<Effect> {
    state.overlay = Some(Overlay::Pictures);
    (state.pictures.kind, state.pictures.scroll) = (kind, 0);
    Vec::new()
}

/// Asks for the picture on the screen unless it is there or asked for, and writes it once for every change. While a computation changes the
/// numbers, one is made after another.
pub fn settle(state: &mut State) -> Vec<Effect> {
    if !are_open(state) {
        state.pictures.drawn.clear();
        state.pictures.written = None;
    }
    if !are_open(state) || state.pictures.kind == Kind::Map {
        return Vec::new();
    }
    if let (Some(drawn), Some(room)) = (drawn(state).cloned(), room(state)) {
        let lines = written(state, &drawn, room);
        state.pictures.written = Some(Written { of: drawn, room, lines });
    }
    let kind = state.pictures.kind;
    let is_there = state.pictures.drawn.iter().any(|drawn| is_current(state, &drawn.question));
    let (Some(spec), Some(findings)) = (spec(state), state.findings().cloned()) else { return Vec::new() };
    if state.pictures.asked || is_there {
        return Vec::new();
    }
    state.pictures.asked = true;
    vec![Effect::Picture(Box::new(Question { kind, findings, tags: Arc::new(state.tags().clone()), spec }))]
}

/// Takes a picture that was asked for.
pub fn answered(state: &mut State, drawn: Drawn) -> Vec<Effect> {
    state.pictures.asked = false;
    state.pictures.drawn.retain(|before| before.question.kind != drawn.question.kind);
    state.pictures.drawn.push(Arc::new(drawn));
    Vec::new()
}

/// The most rows that can be hidden above the first one of the picture on the screen: 0 where all is shown.
pub fn most_scroll(state: &State) -> usize {
    let Some((columns, rows)) = room(state) else { return 0 };
    match state.pictures.kind {
        Kind::Map => heat_map::most_scroll(state, (columns, rows)),
        _ => lines(state, (columns, rows)).len().saturating_sub(rows),
    }
}

/// Columns and rows of the picture on the screen; None if the screen is too small for one.
fn room(state: &State) -> Option<(usize, usize)> {
    let layout = Layout::showing(state, state.size(), state.pane)?;
    let (width, height) = state.size();
    let rows = height.saturating_sub(layout.header.height + layout.footer.height + 2);
    Some((usize::from(width.saturating_sub(2)), usize::from(rows)))
}

/// The list that pictures are of: that of the table, whatever is marked in it.
fn spec(state: &State) -> Option<Spec> {
    table::wanted(state).map(|spec| Spec { keep_others: false, marked: Arc::default(), ..spec })
}

/// Whether the answer to `question` is the picture on the screen.
fn is_current(state: &State, question: &Question) -> bool {
    question.kind == state.pictures.kind
        && state.findings().is_some_and(|findings| Arc::ptr_eq(findings, &question.findings))
        && spec(state).is_some_and(|spec| spec == question.spec)
        && *question.tags == *state.tags()
}

/// The latest picture of the list on the screen: while a computation goes on, it may be of the numbers of a moment ago.
fn drawn(state: &State) -> Option<&Arc<Drawn>> {
    let spec = spec(state)?;
    let is_shown = |drawn: &&Arc<Drawn>| drawn.question.kind == state.pictures.kind && drawn.question.spec == spec;
    state.pictures.drawn.iter().find(is_shown)
}

/// The picture on the screen in lines for so many columns and rows, unless that is the heat map: title, numbers, caption, or why there is none.
pub fn lines(state: &State, room: (usize, usize)) -> Arc<Vec<Line>> {
    drawn(state).map_or_else(
        || {
            let says = if state.findings().is_some() { "it is being drawn" } else { "nothing is computed yet" };
            Arc::new(Line::sentence(says, Tone::Dim, room.0))
        },
        |drawn| written(state, drawn, room),
    )
}

/// The lines of `drawn`: those that are known already, else new ones.
fn written(state: &State, drawn: &Arc<Drawn>, (columns, rows): (usize, usize)) -> Arc<Vec<Line>> {
    let is_known = |written: &&Written| Arc::ptr_eq(&written.of, drawn) && written.room == (columns, rows);
    if let Some(written) = state.pictures.written.as_ref().filter(is_known) {
        return Arc::clone(&written.lines);
    }
    Arc::new(match &drawn.picture {
        Err(problem) => Line::sentence(&problem.to_string(), Tone::Warning, columns),
        Ok(picture) => {
            let mut lines = Line::sentence(&picture.title, Tone::Title, columns);
            let room = Room { columns, rows: rows.saturating_sub(lines.len()), features: FEATURES };
            lines.extend(drawing::lines(picture, room));
            lines.extend(Line::sentence(&picture.caption.join(" "), Tone::Dim, columns));
            lines
        }
    })
}

//! What of a study was on the screen: taken from the state to be stored, and put back at the next start.

use std::sync::Arc;

use super::message::Effect;
use super::state::tab::Tab;
use super::state::{Pane, Resumed, State};
use super::table;
use crate::core::filter::Filter;
use crate::core::rows::column::{Column, Sort};
use crate::core::selection::Selection;
use crate::core::session::{Looked, SavedTab, Session};
use crate::core::view::View;

/// The panes with their names.
const PANES: [(Pane, &str); 3] = [(Pane::Submodules, "submodules"), (Pane::Features, "features"), (Pane::Card, "card")];

/// Asks once, as soon as it is known what the study was computed with, how it was looked at last.
pub fn ask(state: &mut State) -> Vec<Effect> {
    if state.resumed != Resumed::Unasked {
        return Vec::new();
    }
    let Some(looked) = looked(state) else { return Vec::new() };
    state.resumed = Resumed::Asked;
    vec![Effect::OpenSession(looked)]
}

fn looked(state: &State) -> Option<Looked> {
    let study = state.study.as_ref()?;
    Some(Looked { subject: study.subject.clone()?, study: study.study.name.clone() })
}

/// What is on the screen now, with the study that it belongs to; None before the last session was looked up, and while the
/// published figures are shown.
pub fn of(state: &State) -> Option<(Looked, Session)> {
    if state.resumed != Resumed::Known || state.show_published {
        return None;
    }
    let study = state.about();
    let name = |view: View| study.name(view).as_str().to_owned();
    let session = Session {
        tab: match state.tab {
            Tab::Single(view) => SavedTab::View(name(view)),
            Tab::Difference => SavedTab::Difference,
            Tab::Similarity => SavedTab::Similarity,
        },
        compared: state.compared().map(|(first, second)| [name(first), name(second)]),
        selection: state.selection,
        threshold: state.threshold,
        top_k: state.top_k,
        sort: (state.sort.column.key(study, state.shown()), state.sort.descending),
        filter: state.filter.as_ref().map(|filter| filter.text().to_owned()),
        keep_others: state.keep_others,
        submodule: state.submodule.map(|submodule| submodule.to_string()),
        pane: PANES.iter().find(|(pane, _)| *pane == state.pane).map_or("features", |(_, name)| name).to_owned(),
        cursor: state.table.home,
        marked: Arc::clone(&state.marked),
    };
    Some((looked(state)?, session))
}

/// Looks at the study as the session did, unless the user has already changed something.
pub fn resume(state: &mut State, session: Option<Session>) -> Vec<Effect> {
    state.resumed = Resumed::Known;
    let Some(session) = session.filter(|_| is_untouched(state) && !state.show_published) else { return Vec::new() };
    let study = state.about().clone();
    let pair = session.compared.and_then(|[first, second]| {
        let views = (study.find(&first)?, study.find(&second)?);
        study.pairs().iter().position(|pair| *pair == views)
    });
    state.pair = pair.unwrap_or(0);
    state.tab = match session.tab {
        SavedTab::View(name) => Tab::Single(study.find(&name).unwrap_or(View(0))),
        SavedTab::Difference if study.compare.is_some() => Tab::Difference,
        SavedTab::Similarity if study.compare.is_some() => Tab::Similarity,
        SavedTab::Difference | SavedTab::Similarity => Tab::Single(View(0)),
    };
    if !state.setting.selection_chosen {
        (state.selection, state.threshold, state.top_k) = (session.selection, session.threshold, session.top_k);
    }
    let (column, descending) = session.sort;
    let column = Column::all(&study).into_iter().find(|known| known.key(&study, state.shown()) == column);
    state.sort = column
        .filter(|column| matches!(column, Column::Effect | Column::Effects(_)) || column.is_of(state.shown()))
        .map_or(Sort::STRENGTH, |column| Sort { column, descending });
    state.filter = session.filter.and_then(|text| Filter::parse(&text, &study).ok().flatten());
    state.keep_others = session.keep_others;
    state.submodule =
        session.submodule.and_then(|name| state.submodules().into_iter().flatten().find(|known| known.to_string() == name));
    state.pane = PANES.into_iter().find(|(_, name)| *name == session.pane).map_or(Pane::Features, |(pane, _)| pane);
    state.table.home = session.cursor;
    state.marked = session.marked;
    table::refresh(state)
}

/// Whether the study is still looked at as at the start of the program.
fn is_untouched(state: &State) -> bool {
    let is_start_selection = match (state.selection, state.setting.selection) {
        (Selection::Threshold(now), Selection::Threshold(start)) => now.to_bits() == start.to_bits(),
        (now, start) => now == start,
    };
    is_start_selection
        && (state.tab, state.pair, state.sort, state.pane) == (Tab::Single(View(0)), 0, Sort::STRENGTH, Pane::Features)
        && state.filter.is_none()
        && state.submodule.is_none()
        && state.marked.is_empty()
        && state.table.home.is_none()
        && state.overlay.is_none()
}

//! What of a study was on the screen: taken from the state to be stored, and put back at the next start.

use std::sync::Arc;

use super::message::Effect;
use super::state::tab::Tab;
use super::state::{Pane, Resumed, State};
use super::table;
use crate::core::filter::Filter;
use crate::core::rows::Shown;
use crate::core::rows::column::{Column, Sort};
use crate::core::selection::Selection;
use crate::core::session::{Looked, SavedTab, Session};
use crate::core::view::View;

/// The panes with their names.
const PANES: [(Pane, &str); 3] = [(Pane::Submodules, "submodules"), (Pane::Features, "features"), (Pane::Card, "card")];

/// Asks how the study on the screen was looked at last, as soon as it is known what it was computed with.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let Some(looked) = looked(state) else { return Vec::new() };
    if let Resumed::Asked(known) | Resumed::Known(known) = &state.resumed
        && *known == looked
    {
        return Vec::new();
    }
    state.resumed = Resumed::Asked(looked.clone());
    vec![Effect::OpenSession(looked)]
}

/// Records how the study on the screen is looked at when it comes in place of another one: what the user changes from then on is
/// not replaced by the stored session.
pub fn arrive(state: &mut State) {
    state.arrival = Some(snapshot(state));
}

fn looked(state: &State) -> Option<Looked> {
    let findings = state.study.as_ref()?;
    // Pair files of one's own are another study, even if it has the name of the one whose views it takes.
    let sources: Vec<&str> = findings.lists().iter().map(|data| data.source.as_str()).collect();
    Some(Looked { subject: findings.subject.clone()?, study: format!("{} of {}", findings.study.name, sources.join(", ")) })
}

/// What is on the screen now, with the study that it belongs to; None before the last session was looked up, and while the
/// published figures are shown.
pub fn of(state: &State) -> Option<(Looked, Session)> {
    let Resumed::Known(known) = &state.resumed else { return None };
    let looked = looked(state).filter(|looked| looked == known && !state.show_published)?;
    Some((looked, snapshot(state)))
}

fn snapshot(state: &State) -> Session {
    let study = state.about();
    let name = |view: View| study.name(view).as_str().to_owned();
    Session {
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
    }
}

/// How a study is looked at that comes first, before the user has changed anything.
fn start(state: &State) -> Session {
    let study = state.about();
    let name = |view: View| study.name(view).as_str().to_owned();
    Session {
        tab: SavedTab::View(name(View(0))),
        compared: study.pairs().first().map(|(first, second)| [name(*first), name(*second)]),
        selection: state.setting.selection,
        sort: (Sort::STRENGTH.column.key(study, Shown::Single(View(0))), Sort::STRENGTH.descending),
        filter: None,
        keep_others: false,
        submodule: None,
        pane: "features".to_owned(),
        cursor: None,
        marked: Arc::default(),
        ..snapshot(state)
    }
}

/// Looks at the study `looked` as the session did, but for what the user has changed since it came.
pub fn resume(state: &mut State, looked: &Looked, session: Option<Session>) -> Vec<Effect> {
    if state.resumed != Resumed::Asked(looked.clone()) {
        return Vec::new();
    }
    state.resumed = Resumed::Known(looked.clone());
    let Some(session) = session.filter(|_| !state.show_published) else { return Vec::new() };
    let (before, now) = (state.arrival.clone().unwrap_or_else(|| start(state)), snapshot(state));
    let study = state.about().clone();
    if (&before.tab, &before.compared) == (&now.tab, &now.compared) {
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
    }
    if is_same(before.selection, now.selection) && !state.setting.selection_chosen {
        (state.selection, state.threshold, state.top_k) = (session.selection, session.threshold, session.top_k);
    }
    if before.sort == now.sort {
        let (column, descending) = session.sort;
        let column = Column::all(&study).into_iter().find(|known| known.key(&study, state.shown()) == column);
        state.sort =
            column.filter(|column| column.can_order(state.shown())).map_or(Sort::STRENGTH, |column| Sort { column, descending });
    }
    if (&before.filter, before.keep_others) == (&now.filter, now.keep_others) {
        state.filter = session.filter.and_then(|text| Filter::parse(&text, &study).ok().flatten());
        state.keep_others = session.keep_others;
    }
    if before.submodule == now.submodule {
        state.submodule =
            session.submodule.and_then(|name| state.submodules().into_iter().flatten().find(|known| known.to_string() == name));
    }
    if before.pane == now.pane {
        state.pane = PANES.into_iter().find(|(_, name)| *name == session.pane).map_or(Pane::Features, |(pane, _)| pane);
    }
    if before.cursor == now.cursor {
        state.table.home = session.cursor;
    }
    if before.marked == now.marked {
        state.marked = session.marked;
        table::count_marked(state);
    }
    table::refresh(state)
}

/// Whether both selections are the same one, to the bit.
fn is_same(left: Selection, right: Selection) -> bool {
    match (left, right) {
        (Selection::Threshold(left), Selection::Threshold(right)) => left.to_bits() == right.to_bits(),
        (left, right) => left == right,
    }
}

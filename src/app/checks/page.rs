//! What the window on a check shows.

use std::collections::HashMap;

use super::line::{Line, Tone};
use super::progress::progress;
use super::running::{Standing, known};
use super::{circuit, curve, each, elsewhere, methods, search, set, steering};
use crate::app::command_id::CommandId;
use crate::app::layout;
use crate::app::state::State;
use crate::app::state::check::Window;
use crate::core::causal::check::{Found, What};
use crate::core::causal::each::Single;
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::findings::Findings;
use crate::core::submodule::FeatureId;
use crate::core::text::{counted, printable};
use crate::core::view::View;

/// A window's content.
pub struct Page {
    /// The heading of the window.
    pub title: String,
    /// Lines that stay where they are.
    pub head: Vec<Line>,
    /// Lines that scroll.
    pub body: Vec<Line>,
    /// Number of lines of the body on which the cursor can be, from the first; 0 if there is no cursor.
    pub rows: usize,
}

impl Page {
    /// Number of lines.
    pub fn lines(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Index of the first visible line of the body in a window of `rows` rows, with the cursor or the top at `at`.
    pub fn top(&self, at: usize, rows: usize) -> usize {
        let rows = rows.saturating_sub(self.head.len()).max(1);
        if self.rows == 0 { at.min(self.body.len().saturating_sub(rows)) } else { (at + 1).saturating_sub(rows) }
    }
}

/// The content of `window`.
pub fn page(state: &State, window: &Window) -> Page {
    page_of(state, window, layout::list_columns(state).saturating_sub(2))
}

/// The content of `window` in lines of at most so many `columns`.
pub fn page_of(state: &State, window: &Window, columns: usize) -> Page {
    let Some(known) = known(state, &window.check) else {
        return Page { title: window.check.to_string(), head: Vec::new(), body: Vec::new(), rows: 0 };
    };
    let stop = state.setting.keymap.way(CommandId::CANCEL);
    let standing = match (known.standing, &state.check) {
        (Standing::Running, Some(running)) => {
            let partial = match known.found {
                Some(_) if running.is_whole => "whole but for its side effects; ",
                Some(_) => "so far; ",
                None => "",
            };
            Some(format!("{partial}{}; {stop} stops it, Esc only closes this window", progress(state, running)))
        }
        (Standing::Stopped, _) => Some("partial: the check did not come to its end".to_owned()),
        (Standing::Gone, _) => Some("this check is of a run that is not on the screen any more".to_owned()),
        _ => None,
    };
    let mut head: Vec<Line> = standing.iter().flat_map(|standing| Line::sentence(standing, Tone::Warning, columns)).collect();
    let pairs = known.found.map_or_else(String::new, |found| format!(" · {}", counted(found.examples(), "pair")));
    let title = format!("{}{pairs}", window.check);
    // The view is of the study on the screen, or of the run that is being checked.
    let view = known.findings.study.find(window.check.view.as_str());
    let (Some(found), Some(view)) = (known.found, view) else { return Page { title, head, body: Vec::new(), rows: 0 } };
    let (mut body, rows) = match found {
        Found::Set(ablation, scores) => (set::lines(ablation, scores, columns), 0),
        Found::Search(found) => (search::lines(found, columns), 0),
        Found::Curve(found) => {
            let strongest = if let What::Curve { strongest, .. } = &window.check.what { &strongest[..] } else { &[] };
            (curve::lines(found, strongest, columns), 0)
        }
        Found::Circuit(found) => (circuit::lines(found, known.findings, view, columns), 0),
        Found::Methods(found) => (methods::lines(found, known.findings, view, columns), 0),
        Found::Steering(steered) => {
            let damages = known.elsewhere.map_or(&[][..], Elsewhere::damages);
            (steering::lines(steered, damages, known.findings, view, columns), 0)
        }
        Found::Each(found) => {
            head.push(each::heading(found, window, columns));
            let mut body = each::rows(found, known.findings, view, window, columns);
            let rows = body.len();
            body.extend(each::explained(found, columns));
            (body, rows)
        }
    };
    if let Some(elsewhere) = known.elsewhere {
        body.extend(elsewhere::lines(elsewhere, &edits(found, known.findings, view, window), columns));
    }
    Page { title, head, body, rows }
}

/// The edits of a check with their places among its results and their names, in the order in which they are shown.
fn edits(found: &Found, findings: &Findings, view: View, window: &Window) -> Vec<(usize, String)> {
    match found {
        Found::Each(found) => {
            let places: HashMap<FeatureId, usize> =
                found.features.iter().enumerate().map(|(place, single)| (single.feature, place)).collect();
            let place = |single: &Single| places.get(&single.feature).copied();
            let edit = |single: &Single| Some((place(single)?, single.feature.to_string()));
            each::ordered(found, findings, view, window).into_iter().filter_map(edit).collect()
        }
        Found::Steering(found) => found.doses.iter().map(|dose| format!("{:+}", dose.coefficient)).enumerate().collect(),
        Found::Set(ablation, _) if ablation.sets.len() == 1 => vec![(0, "the set".to_owned())],
        Found::Set(ablation, _) => ablation.sets.iter().map(|set| printable(&set.name)).enumerate().collect(),
        Found::Search(found) => found.chosen().into_iter().map(|(name, _)| name.to_owned()).enumerate().collect(),
        Found::Curve(_) | Found::Circuit(_) | Found::Methods(_) => Vec::new(),
    }
}

//! Keeps every whole computation, and says where the run on the screen is stored.

use std::sync::Arc;

use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::record::Keeping;
use crate::core::causal::check::Done;
use crate::core::findings::Findings;
use crate::core::problem::Problem;

/// Asks for the whole run on the screen to be kept, unless the user keeps none.
pub fn ask(state: &mut State, findings: Arc<Findings>) -> Vec<Effect> {
    if !state.setting.keeps_runs {
        return Vec::new();
    }
    state.record.keeping = Keeping::Asked;
    vec![Effect::KeepRun(findings)]
}

/// Records whether `findings` were kept. A failure is said even if other findings are on the screen now.
pub fn kept(state: &mut State, findings: &Arc<Findings>, outcome: Result<(), Problem>) {
    if is_shown(state, findings) {
        state.record.keeping = if outcome.is_ok() { Keeping::Kept } else { Keeping::Failed };
    }
    if let Err(problem) = outcome {
        state.notice = Some(Notice::failed(&problem));
    }
}

/// Records that the user's file at `path` holds `findings` now.
pub fn written(state: &mut State, findings: &Arc<Findings>, path: String) {
    state.notice = Some(Notice::done(format!("wrote the run to {path}")));
    if is_shown(state, findings) {
        state.record.written = Some(path);
    }
}

fn is_shown(state: &State, findings: &Arc<Findings>) -> bool {
    state.study.as_ref().is_some_and(|study| Arc::ptr_eq(study, findings))
}

/// Words for the header about a run that was computed here; without the path to which it was written in the second, shorter form.
pub fn said(state: &State) -> [String; 2] {
    let word = match (&state.record.written, state.record.keeping) {
        (Some(path), _) => return [format!("written to {path}"), "written".to_owned()],
        (None, Keeping::Kept) => "kept",
        (None, Keeping::Asked) => "being kept",
        (None, Keeping::Failed | Keeping::Unasked) => "not kept",
    };
    [word.to_owned(), word.to_owned()]
}

/// What there is of a computation that did not end, if that is more than nothing: only whole runs are kept, so that leaving, or
/// another run in its place, would lose it. Who keeps no runs is not asked about them.
pub fn partial(state: &State) -> Option<&str> {
    let has_parts = state.study.as_deref().is_some_and(|study| study.study.all().any(|view| !study.view(view).is_empty()));
    state.standing.as_deref().filter(|_| has_parts && state.setting.keeps_runs && state.job.is_none())
}

/// What a causal check found before it was stopped: only whole checks are kept, so that leaving, or another run in the place of this one,
/// would lose it.
pub fn stopped_check(state: &State) -> Option<&Done> {
    state.record.checks.iter().rev().find(|done| !done.whole).map(Arc::as_ref)
}

/// Whether another run in the place of the one on the screen would lose what is not kept.
pub fn has_unkept(state: &State) -> bool {
    partial(state).is_some() || stopped_check(state).is_some()
}

/// Whether leaving would lose the run on the screen although it should have been kept.
pub fn is_endangered(state: &State) -> bool {
    state.record.keeping == Keeping::Failed && state.record.written.is_none()
}

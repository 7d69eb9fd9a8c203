//! Starts and ends checks, handles the news of the running one, and finds what is known of a check.

use std::sync::Arc;

use super::{asking, said};
use crate::app::command_id::CommandId;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::check::{Checking, Window};
use crate::app::state::overlay::Overlay;
use crate::app::state::record::{Keeping, Record};
use crate::core::causal::check::{Check, Done, Found, News, Request, What};
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::causal::set::FeatureSet;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::findings::{Findings, Source};
use crate::core::problem::Problem;

/// Opens the window on `check`, and starts it unless all of its result is known.
pub fn start(state: &mut State, check: Check) -> Vec<Effect> {
    let Some(findings) = state.study.clone() else { return Vec::new() };
    let Source::Run { manifest, .. } = &findings.source else { return Vec::new() };
    state.overlay = Some(Overlay::Check(Box::new(Window::on(check.clone()))));
    let known = state.record.checks.iter().find(|done| done.whole && done.check == check);
    if known.is_some_and(|done| !done.lacks_side_effects()) {
        state.notice = Some(Notice::done("known from before; it was not run again"));
        return Vec::new();
    }
    state.checks += 1;
    let computed = state.record.computed.as_ref();
    let pool = match (&check.what, findings.study.find(check.view.as_str())) {
        (What::Curve { .. }, Some(view)) => findings.view(view).with_effect(),
        _ => Vec::new(),
    };
    let request = Request {
        check: check.clone(),
        pool,
        manifest: Arc::clone(manifest),
        model: computed.map(|computed| computed.model.clone()),
        backend: computed.and_then(|computed| computed.backend),
        threads: computed.and_then(|computed| computed.threads),
    };
    let keeps = matches!(state.record.keeping, Keeping::Asked | Keeping::Kept);
    state.check = Some(Checking::new(state.checks, check, Arc::clone(&findings), keeps));
    vec![Effect::StartCheck(state.checks, Box::new(request))]
}

/// Starts the ablation of the `sets`, which were read from `file`.
pub fn start_sets(state: &mut State, sets: Vec<FeatureSet>, file: &str, way: Way, error: ErrorTreatment) -> Vec<Effect> {
    let check = asking::can_check_any(state).and_then(|()| asking::sets(state, sets, file, way, error));
    match check {
        Ok(check) => start(state, check),
        Err(why) => {
            state.notice = Some(Notice::refused(why));
            Vec::new()
        }
    }
}

/// Stops the running check; what was found so far stays until the run is left, and a whole result for good.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let is_of_the_shown = is_of_the_shown(state);
    let Some(running) = state.check.take() else { return Vec::new() };
    let shows = state.setting.keymap.way(CommandId::CHECKS);
    let kept = if running.is_whole {
        format!("the result is whole, its side effects are not measured; {shows} shows it")
    } else if running.partial.is_some() && is_of_the_shown {
        format!("{shows} shows what was found so far")
    } else if running.partial.is_some() {
        "its run is not on the screen any more, so that what was found is gone".to_owned()
    } else {
        "nothing was found yet".to_owned()
    };
    state.notice = Some(Notice::done(format!("stopped: {}; {kept}", running.check)));
    let number = running.number;
    add_part(state, running);
    vec![Effect::CancelCheck(number)]
}

/// Whether the running check, if there is one, is of the run on the screen, or of the one that comes back to it.
pub fn is_of_the_shown(state: &State) -> bool {
    let is = |findings: &Arc<Findings>, running: &Checking| Arc::ptr_eq(findings, &running.findings);
    state.check.as_ref().is_none_or(|running| {
        state.study.as_ref().is_some_and(|study| is(study, running))
            || state.former.as_ref().is_some_and(|(former, _)| is(former, running))
    })
}

/// Where the run `findings` is recorded, if it is on the screen or comes back to it.
fn record<'a>(state: &'a mut State, findings: &Arc<Findings>) -> Option<&'a mut Record> {
    if state.study.as_ref().is_some_and(|study| Arc::ptr_eq(study, findings)) {
        return Some(&mut state.record);
    }
    state.former.as_mut().filter(|(former, _)| Arc::ptr_eq(former, findings)).map(|(_, record)| record)
}

/// Adds a result to the run that it is of, if that is on the screen or comes back to it. An equal check is replaced, but not a whole one by
/// a part.
fn add(state: &mut State, findings: &Arc<Findings>, done: Arc<Done>) {
    let Some(record) = record(state, findings) else { return };
    if !done.whole && record.checks.iter().any(|before| before.whole && before.check == done.check) {
        return;
    }
    record.checks.retain(|before| before.check != done.check);
    record.checks.push(done);
}

/// What an earlier try of the same check found, if none of the side effects of `done` is measured: what that try measured stands until it is
/// measured again.
fn with_known(state: &mut State, findings: &Arc<Findings>, done: Arc<Done>) -> Arc<Done> {
    let is_same = |before: &&Arc<Done>| before.whole && before.check == done.check && before.found == done.found;
    let before = record(state, findings).and_then(|record| record.checks.iter().find(is_same));
    let measures_nothing = done.elsewhere.as_ref().is_some_and(Elsewhere::is_nothing);
    before.filter(|before| measures_nothing && before.elsewhere.is_some()).cloned().unwrap_or(done)
}

/// Adds what a check that ended early found; a whole result was added when it was found.
fn add_part(state: &mut State, Checking { check, findings, partial, is_whole, .. }: Checking) {
    if let Some(found) = partial.filter(|_| !is_whole) {
        add(state, &findings, Arc::new(Done { check, found, elsewhere: None, whole: false }));
    }
}

/// Takes the checks that were kept with a run.
pub fn read(state: &mut State, findings: &Arc<Findings>, checks: Vec<Arc<Done>>) {
    for done in checks {
        add(state, findings, done);
    }
}

/// Handles news of the check of that number; news of a stopped check is dropped.
pub fn news(state: &mut State, number: u64, news: News) -> Vec<Effect> {
    let now = state.now;
    let Some(running) = state.check.as_mut().filter(|running| running.number == number) else { return Vec::new() };
    match news {
        News::Progress(progress) => running.advance(progress, now),
        News::Partial(found) => running.partial = Some(*found),
        News::Main(done) => return found(state, done),
        News::Withdrawn => running.partial = None,
        News::Ended(Ok(done)) => return ended(state, done),
        News::Ended(Err(problem)) => failed(state, &problem),
    }
    Vec::new()
}

/// Keeps a whole result whose side effects are measured from now on.
fn found(state: &mut State, done: Arc<Done>) -> Vec<Effect> {
    let Some(mut running) = state.check.take() else { return Vec::new() };
    let done = with_known(state, &running.findings, done);
    running.partial = Some(done.found.clone());
    running.is_whole = true;
    let findings = Arc::clone(&running.findings);
    add(state, &findings, Arc::clone(&done));
    let (keeps, effects) = keep(state, running.keeps, &findings, done);
    running.keeps = keeps;
    state.check = Some(running);
    effects
}

fn ended(state: &mut State, done: Arc<Done>) -> Vec<Effect> {
    let Some(Checking { findings, keeps, .. }) = state.check.take() else { return Vec::new() };
    let done = with_known(state, &findings, done);
    add(state, &findings, Arc::clone(&done));
    let is_read = matches!(&state.overlay, Some(Overlay::Check(window)) if window.check == done.check);
    if !is_read {
        let shows = state.setting.keymap.way(CommandId::CHECKS);
        state.notice = Some(Notice::done(format!("{}; {shows} shows it", said::done(&done))));
    }
    if !keeps && !state.setting.keeps_runs {
        state.notice = Some(Notice::refused("the check is done and not kept: runs are not kept (kept_runs in config.toml)"));
    }
    keep(state, keeps, &findings, done).1
}

/// Asks for a whole check to be kept, and returns whether its run is kept from now on. A run that was read from the user's file is kept
/// with its first check, which would have no place else.
fn keep(state: &mut State, keeps: bool, findings: &Arc<Findings>, done: Arc<Done>) -> (bool, Vec<Effect>) {
    // The run may have been found among the kept ones meanwhile.
    let is_kept = |record: &mut Record| matches!(record.keeping, Keeping::Asked | Keeping::Kept);
    let keeps = keeps || record(state, findings).is_some_and(is_kept);
    if !keeps && !state.setting.keeps_runs {
        return (false, Vec::new());
    }
    let mut effects = Vec::new();
    if !keeps {
        // Otherwise the next check would ask for the run again.
        if let Some(record) = record(state, findings) {
            record.keeping = Keeping::Asked;
        }
        effects.push(Effect::KeepRun(Arc::clone(findings)));
    }
    effects.push(Effect::KeepCheck(Arc::clone(findings), done));
    (true, effects)
}

fn failed(state: &mut State, problem: &Problem) {
    let Some(running) = state.check.take() else { return };
    let has_found = running.partial.is_some();
    let is_read = matches!(&state.overlay, Some(Overlay::Check(window)) if window.check == running.check);
    let is_known =
        record(state, &running.findings).is_some_and(|record| record.checks.iter().any(|done| done.check == running.check));
    add_part(state, running);
    if !has_found && !is_known && is_read {
        // An empty window would hide the reason behind a guess of its own.
        state.overlay = None;
    }
    let mut notice = Notice::failed(problem);
    notice.text.push_str(&format!(" (log: {})", state.setting.log));
    state.notice = Some(notice);
}

/// What is known of a check, of which run, and how much of it.
pub struct Known<'a> {
    /// The run.
    pub findings: &'a Findings,
    /// What was found; None if nothing was yet.
    pub found: Option<&'a Found>,
    /// What the edits do elsewhere; None if that is not known, or not yet.
    pub elsewhere: Option<&'a Elsewhere>,
    /// How much that is.
    pub standing: Standing,
}

/// How much of a check is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All.
    Whole,
    /// What was found so far; the rest is on its way.
    Running,
    /// What was found before it was stopped.
    Stopped,
    /// Nothing any more: another run is on the screen.
    Gone,
}

/// What is known of `check`.
pub fn known<'a>(state: &'a State, check: &Check) -> Option<Known<'a>> {
    if let Some(running) = state.check.as_ref().filter(|running| running.check == *check) {
        return Some(Known {
            findings: &running.findings,
            found: running.partial.as_ref(),
            elsewhere: None,
            standing: Standing::Running,
        });
    }
    let findings = state.study.as_deref()?;
    let done = state.record.checks.iter().find(|done| done.check == *check);
    let standing = match done {
        Some(done) if done.whole => Standing::Whole,
        Some(_) => Standing::Stopped,
        None => Standing::Gone,
    };
    Some(Known {
        findings,
        found: done.map(|done| &done.found),
        elsewhere: done.and_then(|done| done.elsewhere.as_ref()),
        standing,
    })
}

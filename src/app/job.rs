//! Starts and ends computations, and handles the news of the running one.

use std::sync::Arc;

use super::command_id::CommandId;
use super::message::{Effect, JobNews};
use super::notice::Notice;
use super::state::State;
use super::state::job::Job;
use super::state::record::Record;
use super::{download, dropped, keeping, session, table, tagging};
use crate::core::findings::{Findings, Source};
use crate::core::progress::Step;
use crate::core::request::{ModelSource, Request};

/// Starts to compute `request` and supersedes the running job. If the model is not on this machine, a notice offers the download
/// instead.
pub fn start(state: &mut State, request: Request) -> Vec<Effect> {
    if let ModelSource::Preset(name) = &request.model {
        state.notice = Some(Notice::refused(download::absent(state, name)));
        state.set_request(request);
        return Vec::new();
    }
    let (_, mut effects) = stop(state, "superseded");
    state.jobs += 1;
    state.set_request(request.clone());
    state.job = Some(Job::new(state.jobs, request.clone(), state.now));
    effects.push(Effect::Start(state.jobs, Box::new(request)));
    effects
}

/// Computes the latest request again, with a change.
pub fn again(state: &mut State, change: impl FnOnce(&mut Request)) -> Vec<Effect> {
    let Some(mut request) = state.setting.request.clone() else { return Vec::new() };
    change(&mut request);
    start(state, request)
}

/// Cancels the running job. The whole run before it comes back; without one, the submodules that have arrived stay.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(number) = state.job.as_ref().map(|job| job.number) else { return Vec::new() };
    let (kept, mut effects) = stop(state, "cancelled");
    let kept = match kept {
        Kept::Nothing => "cancelled; nothing was computed yet".to_owned(),
        Kept::Partial(standing) => format!("cancelled; kept: {standing}"),
        Kept::Former => format!("cancelled; {FORMER}"),
    };
    state.notice = Some(Notice::done(kept));
    effects.push(Effect::Cancel(number));
    effects
}

/// Said when the whole run before a computation comes back.
const FORMER: &str = "the run before it is on the screen again";

/// What is on the screen after a computation that did not end.
enum Kept {
    /// What was there before: the computation had not begun.
    Nothing,
    /// The submodules that have arrived, described by these words.
    Partial(String),
    /// The whole run before the computation.
    Former,
}

/// Takes the running job away. A partial result never replaces a whole one, so the whole run before it comes back.
fn stop(state: &mut State, how: &str) -> (Kept, Vec<Effect>) {
    if !state.job.take().is_some_and(|job| job.opened) {
        return (Kept::Nothing, Vec::new());
    }
    if let Some((former, record)) = state.former.take() {
        let effects = show(state, former);
        state.record = record;
        return (Kept::Former, effects);
    }
    let standing = state.study.as_deref().map(|study| partial(study, how));
    state.standing.clone_from(&standing);
    (standing.map_or(Kept::Nothing, Kept::Partial), Vec::new())
}

/// Shows a run that was read from a file, unless the results of a computation are arriving.
pub fn read(state: &mut State, findings: Arc<Findings>) -> Vec<Effect> {
    if state.job.as_ref().is_some_and(|job| job.opened) {
        let stop = state.setting.keymap.way(CommandId::CANCEL);
        state.notice = Some(Notice::refused(format!("the run was not opened: a computation shows its results; {stop} stops it")));
        return Vec::new();
    }
    show(state, findings)
}

/// Shows whole findings, and asks for their tags.
fn show(state: &mut State, findings: Arc<Findings>) -> Vec<Effect> {
    let subject = findings.subject.clone();
    state.former = None;
    state.standing = None;
    state.record = Record::default();
    state.set_study(findings);
    let mut effects = subject.map_or_else(Vec::new, |subject| tagging::open(state, subject));
    effects.extend(session::ask(state));
    effects.extend(table::refresh(state));
    effects
}

fn partial(study: &Findings, how: &str) -> String {
    let (arrived, expected) = arrived(study);
    format!("partial, {how} after {arrived} of {expected} parts")
}

/// Numbers of arrived and of expected parts: a part is one submodule in one view.
pub fn arrived(study: &Findings) -> (usize, usize) {
    let views = study.study.all().map(|view| study.view(view));
    views.fold((0, 0), |(arrived, expected), view| (arrived + view.arrived(), expected + view.expected()))
}

/// Handles news of the job of that number; news of a superseded or cancelled job is dropped.
pub fn news(state: &mut State, number: u64, news: JobNews) -> Vec<Effect> {
    let now = state.now;
    let Some(job) = state.job.as_mut().filter(|job| job.number == number) else { return Vec::new() };
    match news {
        JobNews::Opened(opened) => {
            job.opened = true;
            let settings = job.request.settings;
            if let Some(whole) = state.study.as_ref().filter(|study| matches!(study.source, Source::Run { .. })) {
                state.former = Some((Arc::clone(whole), state.record.clone()));
            }
            state.record = Record::default();
            state.set_study(Arc::new(Findings::live(Arc::from(opened), settings.method, settings.quadrature())));
            state.standing = None;
            dropped::mention(state);
            table::refresh(state)
        }
        JobNews::Identified(subject) => {
            if let Some(study) = &mut state.study {
                Arc::make_mut(study).subject = Some(subject.clone());
            }
            let mut effects = tagging::open(state, subject);
            effects.extend(session::ask(state));
            effects.extend(table::refresh(state));
            effects
        }
        JobNews::Step(Step::Progress(progress)) => {
            job.advance(progress, now);
            Vec::new()
        }
        JobNews::Step(Step::Found(view, ranked)) => {
            let Some(study) = &mut state.study else { return Vec::new() };
            Arc::make_mut(study).insert(view, ranked);
            table::refresh(state)
        }
        JobNews::Step(Step::Fitted(submodule, report)) => {
            if let Some(study) = &mut state.study {
                Arc::make_mut(study).set_report(submodule, report);
            }
            Vec::new()
        }
        JobNews::Ended(Ok(findings)) => {
            state.job = None;
            let mut effects = show(state, Arc::clone(&findings));
            effects.extend(keeping::ask(state, findings));
            effects
        }
        JobNews::Ended(Err(problem)) => {
            let (kept, effects) = stop(state, "stopped by a failure");
            let mut notice = Notice::failed(&problem);
            let former = if matches!(kept, Kept::Former) { format!("; {FORMER}") } else { String::new() };
            notice.text.push_str(&format!("{former} (log: {})", state.setting.log));
            state.notice = Some(notice);
            effects
        }
    }
}

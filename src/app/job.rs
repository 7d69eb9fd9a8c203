//! Starts and ends computations, and handles the news of the running one.

use std::sync::Arc;

use super::message::{Effect, JobNews};
use super::notice::Notice;
use super::state::State;
use super::state::job::Job;
use super::{download, table, tagging};
use crate::core::findings::Findings;
use crate::core::progress::Step;
use crate::core::request::{ModelSource, Request};
use crate::core::run::Method;

/// Starts to compute `request` and supersedes the running job. If the model is not on this machine, a notice offers the download
/// instead.
pub fn start(state: &mut State, request: Request) -> Vec<Effect> {
    if let ModelSource::Preset(name) = &request.model {
        state.notice = Some(Notice::refused(download::absent(state, name)));
        state.set_request(request);
        return Vec::new();
    }
    stop(state, "superseded");
    state.jobs += 1;
    state.set_request(request.clone());
    state.job = Some(Job::new(state.jobs, request.clone(), state.now));
    vec![Effect::Start(state.jobs, Box::new(request))]
}

/// Computes the latest request again, with a change.
pub fn again(state: &mut State, change: impl FnOnce(&mut Request)) -> Vec<Effect> {
    let Some(mut request) = state.setting.request.clone() else { return Vec::new() };
    change(&mut request);
    start(state, request)
}

/// Cancels the running job and keeps the submodules that have arrived.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(number) = state.job.as_ref().map(|job| job.number) else { return Vec::new() };
    stop(state, "cancelled");
    let kept =
        state.standing.as_ref().map_or_else(|| "nothing was computed yet".to_owned(), |standing| format!("kept: {standing}"));
    state.notice = Some(Notice::done(format!("cancelled; {kept}")));
    vec![Effect::Cancel(number)]
}

fn stop(state: &mut State, how: &str) {
    if state.job.take().is_some_and(|job| job.opened) {
        state.standing = state.study.as_deref().map(|study| partial(study, how));
    }
}

fn partial(study: &Findings, how: &str) -> String {
    let (arrived, expected) = arrived(study);
    format!("partial, {how} after {arrived} of {expected} submodule views")
}

/// Numbers of arrived and of expected submodules, summed over all views.
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
            let steps = (settings.method == Method::Ig).then_some(settings.steps);
            state.set_study(Arc::new(Findings::live(Arc::from(opened), settings.method, steps)));
            state.standing = None;
            table::refresh(state)
        }
        JobNews::Identified(subject) => {
            if let Some(study) = &mut state.study {
                Arc::make_mut(study).subject = Some(subject.clone());
            }
            let mut effects = tagging::open(state, subject);
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
            state.standing = None;
            let subject = findings.subject.clone();
            state.set_study(findings);
            let mut effects = subject.map_or_else(Vec::new, |subject| tagging::open(state, subject));
            effects.extend(table::refresh(state));
            effects
        }
        JobNews::Ended(Err(problem)) => {
            stop(state, "stopped by a failure");
            let log = &state.setting.log;
            let mut notice = Notice::failed(&problem);
            // The path comes first: a long reason may be cut at the end of the line, and the log has all of it.
            notice.text = format!("see {log}: {}", notice.text);
            state.notice = Some(notice);
            Vec::new()
        }
    }
}

//! Starts and ends computations, and handles the news of the running one.

use std::sync::Arc;

use super::command_id::CommandId;
use super::message::{Effect, JobNews};
use super::notice::{Notice, Tone};
use super::state::State;
use super::state::job::Job;
use super::state::overlay::Overlay;
use super::state::question::{Pending, Question};
use super::state::record::{Computed, Keeping, Record};
use super::{download, dropped, keeping, session, table, tagging};
use crate::core::findings::{Findings, Source};
use crate::core::kept_run::KeptRun;
use crate::core::progress::Step;
use crate::core::request::{ModelSource, Request};
use crate::core::run::{Manifest, Seconds};

/// Starts to compute `request`. If something else is being computed, or a partial result or what a stopped check found would be lost, it is asked whether that may
/// end. If the model is not on this machine, a notice offers the download instead.
pub fn start(state: &mut State, request: Request) -> Vec<Effect> {
    if (state.job.is_some() || keeping::has_unkept(state)) && !matches!(request.model, ModelSource::Preset(_)) {
        return ask(state, Pending::Compute(Box::new(request)));
    }
    begin(state, request)
}

/// Asks whether `pending` may take the place of what is computed or shown.
fn ask(state: &mut State, pending: Pending) -> Vec<Effect> {
    state.pending = Some(pending);
    state.overlay = Some(Overlay::Question(Question::Replace));
    Vec::new()
}

/// Does what was asked about.
pub fn replace(state: &mut State) -> Vec<Effect> {
    match state.pending.take() {
        Some(Pending::Compute(request)) => begin(state, *request),
        Some(Pending::Open(run)) => {
            let mut effects = cancel(state);
            effects.extend(ask_for(state, *run));
            effects
        }
        None => Vec::new(),
    }
}

/// Asks for a kept run to be read; if something is being computed, or a partial result or what a stopped check found would be lost, first whether that may end.
pub fn open(state: &mut State, run: KeptRun) -> Vec<Effect> {
    if state.job.is_some() || keeping::has_unkept(state) {
        return ask(state, Pending::Open(Box::new(run)));
    }
    ask_for(state, run)
}

/// Said until a run that was asked for has been read.
const OPENING: &str = "opening ";

/// Asks for a kept run to be read in place of everything else.
fn ask_for(state: &mut State, run: KeptRun) -> Vec<Effect> {
    state.overlay = None;
    state.notice = Some(Notice::done(format!("{OPENING}{}", run.name)));
    vec![Effect::ReadKeptRun(run.path)]
}

/// Computes `request` in place of everything else.
fn begin(state: &mut State, request: Request) -> Vec<Effect> {
    if let ModelSource::Preset(name) = &request.model {
        state.notice = Some(Notice::refused(download::absent(state, name)));
        state.set_request(request);
        return Vec::new();
    }
    let (_, mut effects) = stop(state, "superseded");
    state.jobs += 1;
    // A model that is not on this machine is no request to come back to.
    let before = state.setting.request.clone().filter(|before| !matches!(before.model, ModelSource::Preset(_)));
    state.set_request(request.clone());
    state.job = Some(Job::new(state.jobs, request.clone(), before, state.now));
    effects.push(Effect::Start(state.jobs, Box::new(request)));
    effects
}

/// Computes the latest request again, with a change. If the run on the screen was read from a file, the request is not about it,
/// so that this is asked first.
pub fn again(state: &mut State, change: impl FnOnce(&mut Request)) -> Vec<Effect> {
    let Some(mut request) = state.setting.request.clone() else { return Vec::new() };
    change(&mut request);
    if state.record.opened && !matches!(request.model, ModelSource::Preset(_)) {
        return ask(state, Pending::Compute(Box::new(request)));
    }
    start(state, request)
}

/// Cancels the running job. The whole run before it comes back; without one, the submodules that have arrived stay.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(number) = state.job.as_ref().map(|job| job.number) else { return Vec::new() };
    let (kept, mut effects) = stop(state, "cancelled");
    let kept = match kept {
        Kept::Nothing => "cancelled; nothing was computed yet".to_owned(),
        Kept::Partial(standing) => format!("cancelled; on the screen, but not kept: {standing}"),
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

/// Takes the running job away. A partial result never replaces a whole one, so the whole run before it comes back, and with it the request
/// that is computed again or with a change.
fn stop(state: &mut State, how: &str) -> (Kept, Vec<Effect>) {
    let Some(Job { opened, before, .. }) = state.job.take() else { return (Kept::Nothing, Vec::new()) };
    let former = state.former.take_if(|_| opened);
    if let Some(before) = before.filter(|_| former.is_some() || !opened) {
        state.set_request(before);
    }
    if let Some((former, record)) = former {
        let effects = show(state, former);
        state.record = record;
        return (Kept::Former, effects);
    }
    if !opened {
        return (Kept::Nothing, Vec::new());
    }
    let standing = state.study.as_deref().map(|study| partial(study, how));
    state.standing.clone_from(&standing);
    (standing.map_or(Kept::Nothing, Kept::Partial), Vec::new())
}

/// Whether `findings` are those of the run on the screen: times are not compared, since a result that was computed again is kept once.
fn is_shown(state: &State, findings: &Findings) -> bool {
    let manifest = |findings: &Findings| match &findings.source {
        Source::Run { manifest, .. } => {
            Some(Manifest { created_unix_seconds: 0, seconds: Seconds::default(), ..Manifest::clone(manifest) })
        }
        Source::Live { .. } | Source::Published { .. } => None,
    };
    // Only of a kept run is it known that later checks are kept with it.
    let Some(shown) = state.study.as_deref().filter(|_| state.record.keeping == Keeping::Kept) else { return false };
    let has_same_inputs = manifest(shown).is_some_and(|inputs| manifest(findings) == Some(inputs));
    has_same_inputs && shown.study.all().all(|view| shown.view(view) == findings.view(view))
}

/// Shows a run that was read from a file, unless the results of a computation are arriving.
pub fn read(state: &mut State, findings: Arc<Findings>) -> Vec<Effect> {
    if state.job.as_ref().is_some_and(|job| job.opened) {
        let stop = state.setting.keymap.way(CommandId::CANCEL);
        state.notice = Some(Notice::refused(format!("the run was not opened: a computation shows its results; {stop} stops it")));
        return Vec::new();
    }
    if is_shown(state, &findings) {
        let is = if state.show_published { "opened" } else { "on the screen" };
        state.notice = Some(Notice::done(format!("this run is {is} already{}", back(state))));
        return Vec::new();
    }
    let effects = show(state, findings);
    state.record.opened = true;
    let back = back(state);
    // What was refused or failed, such as a faulty configuration, was not read yet.
    state.notice.take_if(|notice| notice.text.starts_with(OPENING));
    if !back.is_empty() && state.notice.as_ref().is_none_or(|notice| notice.tone == Tone::Done) {
        state.notice = Some(Notice::done(format!("the run was opened{back}")));
    }
    effects
}

/// The way to the study for a sentence; empty if the study is shown, not the published figures.
fn back(state: &State) -> String {
    if !state.show_published {
        return String::new();
    }
    format!("; {} goes back from the published figures to it", state.setting.keymap.way(CommandId::PUBLISHED))
}

/// Shows whole findings, and asks for their tags.
fn show(state: &mut State, findings: Arc<Findings>) -> Vec<Effect> {
    let subject = findings.subject.clone();
    state.former = None;
    state.standing = None;
    state.record = Record::default();
    take(state, findings);
    let mut effects = subject.map_or_else(Vec::new, |subject| tagging::open(state, subject));
    effects.extend(session::ask(state));
    effects.extend(table::refresh(state));
    effects
}

/// Puts `findings` on the screen. Another study is looked at afresh.
fn take(state: &mut State, findings: Arc<Findings>) {
    if state.set_study(findings) {
        session::arrive(state);
    }
}

fn partial(study: &Findings, how: &str) -> String {
    let (arrived, expected) = study.arrived();
    format!("partial, {how} after {arrived} of {expected} parts")
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
            take(state, Arc::new(Findings::live(Arc::from(opened), settings.method, settings.quadrature())));
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
        JobNews::Step(Step::Fitted(submodule, sums)) => {
            if let Some((study, report)) = state.study.as_mut().zip(sums.report()) {
                Arc::make_mut(study).set_report(submodule, report);
            }
            Vec::new()
        }
        // The final report follows, and the site finder is asked for by `run` alone.
        JobNews::Step(Step::Measured(..) | Step::Inspected(_)) => Vec::new(),
        JobNews::Ended(Ok(findings)) => {
            let seconds = now.saturating_sub(job.started).as_secs_f64();
            let computed = Computed::by(&job.request);
            state.job = None;
            // A short computation that was asked for again would leave no sign.
            if state.former.is_some() && state.notice.is_none() {
                state.notice = Some(Notice::done(format!("computed again in {seconds:.1} s")));
            }
            let mut effects = show(state, Arc::clone(&findings));
            state.record.computed = Some(computed);
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

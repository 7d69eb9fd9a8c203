//! Computing, downloading models, and writing run files.

use super::conditions::always;
use crate::app::command::{Command, Reach};
use crate::app::command_id::CommandId;
use crate::app::job::again;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::prompt::Asked;
use crate::app::{answer, download, dropped, run_list};
use crate::core::findings::Source;
use crate::core::request::{ModelSource, Request, STUDY_PRESET};
use crate::core::run::{Method, default_name};
use crate::core::study_source::PairSource;

/// Commands that compute, download and write runs.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "compute",
        help: "compute the study again",
        keys: &["r"],
        reach: Reach::Screen,
        enabled: can_compute,
        run: |state| again(state, |_| {}),
    },
    Command {
        name: "method",
        help: "compute with another method: ig, attrib or exact",
        keys: &[],
        reach: Reach::Screen,
        enabled: can_compute,
        run: method,
    },
    Command {
        name: "steps",
        help: "compute with another number of points on the path",
        keys: &[],
        reach: Reach::Screen,
        enabled: has_path,
        run: steps,
    },
    Command {
        name: "study",
        help: "compute another study: one that `saescope studies` lists, or a file",
        keys: &["C"],
        reach: Reach::Screen,
        enabled: can_compute,
        run: |state| {
            state.ask(Asked::Study, "");
            Vec::new()
        },
    },
    Command {
        name: "pairs",
        help: "compute the study of names with another pair file, and perhaps a baseline file",
        keys: &["P"],
        reach: Reach::Screen,
        enabled: can_compute,
        run: pairs,
    },
    Command {
        name: "cancel",
        help: "stop the computation, else the causal check, else the download; asks first",
        keys: &["x"],
        reach: Reach::Screen,
        enabled: runs,
        run: |state| answer::ask_to_stop(state),
    },
    Command {
        name: "fetch",
        help: "download a model and its dictionaries from the Hugging Face hub, in the background",
        keys: &["D"],
        reach: Reach::Screen,
        enabled: can_fetch,
        run: fetch,
    },
    Command {
        name: "cancel-fetch",
        help: "stop the download; asks first, and keeps what has arrived",
        keys: &[],
        reach: Reach::Screen,
        enabled: downloads,
        run: |state| answer::ask_to_stop_download(state),
    },
    Command {
        name: "runs",
        help: "list the runs that were kept by themselves, and open one",
        keys: &["R"],
        reach: Reach::Screen,
        enabled: always,
        run: |state| run_list::open(state),
    },
    Command {
        name: "dropped",
        help: "list the pairs that were dropped, with line and reason, and notes on the inputs",
        keys: &["!"],
        reach: Reach::Screen,
        enabled: dropped::any,
        run: |state| dropped::open(state),
    },
    Command {
        name: "write-run",
        help: "write the run into a file for open, export and check",
        keys: &["w"],
        reach: Reach::Screen,
        enabled: is_whole,
        run: write,
    },
];

fn can_compute(state: &State) -> Result<(), String> {
    match (&state.setting.request, state.show_published) {
        (_, true) => {
            let back = state.setting.keymap.way(CommandId::PUBLISHED);
            Err(format!("published figures are not computed here; {back} goes back to the study"))
        }
        (Some(Request { model: ModelSource::Preset(name), .. }), _) => Err(download::absent(state, name)),
        (Some(_), _) => Ok(()),
        (None, _) => Err("this run was read from a file; start saescope without a run file to compute".to_owned()),
    }
}

fn has_path(state: &State) -> Result<(), String> {
    can_compute(state)?;
    match state.setting.request.as_ref().map(|request| request.settings.method) {
        Some(Method::Ig) | None => Ok(()),
        Some(other) => Err(format!("the method {other} has no path; the command '{}' sets ig, which has one", CommandId::METHOD)),
    }
}

fn runs(state: &State) -> Result<(), String> {
    if state.job.is_none() && state.check.is_none() && state.download.is_none() {
        return Err("nothing is being computed, checked or downloaded".to_owned());
    }
    Ok(())
}

fn can_fetch(state: &State) -> Result<(), String> {
    match (&state.download, state.setting.offers.is_empty()) {
        (Some(download), _) => Err(format!("{} is being downloaded; {} stops that", download.name, CommandId::CANCEL_FETCH)),
        (None, true) => Err("every model that is known by name is on this machine".to_owned()),
        (None, false) => Ok(()),
    }
}

fn downloads(state: &State) -> Result<(), String> {
    state.download.as_ref().map(|_| ()).ok_or_else(|| "nothing is being downloaded".to_owned())
}

/// Asks which model to download; the prompt starts with the requested model if it is absent, else with the study's. Any other one the
/// user must name: it may have many gigabytes.
fn fetch(state: &mut State) -> Vec<Effect> {
    let offered = |name: &str| state.setting.offers.iter().any(|offer| offer.name == name).then(|| name.to_owned());
    let name = match state.setting.request.as_ref().map(|request| &request.model) {
        Some(ModelSource::Preset(name)) => Some(name.clone()),
        _ => offered(STUDY_PRESET),
    };
    state.ask(Asked::Fetch, name.unwrap_or_default());
    Vec::new()
}

fn is_whole(state: &State) -> Result<(), String> {
    if state.show_published {
        return Err("published figures are no run".to_owned());
    }
    match state.study.as_deref().map(|study| &study.source) {
        Some(Source::Run { .. }) => Ok(()),
        _ => Err("a run is written when all of it is computed".to_owned()),
    }
}

fn method(state: &mut State) -> Vec<Effect> {
    let method = state.setting.request.as_ref().map_or(Method::Ig, |request| request.settings.method);
    state.ask(Asked::Method, method.name());
    Vec::new()
}

fn steps(state: &mut State) -> Vec<Effect> {
    let steps = state.setting.request.as_ref().map_or(10, |request| request.settings.steps);
    state.ask(Asked::Steps, steps.to_string());
    Vec::new()
}

fn pairs(state: &mut State) -> Vec<Effect> {
    let lists = state.setting.request.as_ref().map_or(&[][..], |request| request.study.lists.as_slice());
    let files = lists.iter().map(|list| match list {
        PairSource::File(path) => Some(path.display().to_string()),
        PairSource::Text { .. } => None,
    });
    let text = files.collect::<Option<Vec<String>>>().filter(|files| files.len() <= 2).unwrap_or_default().join(", ");
    state.ask(Asked::Pairs, text);
    Vec::new()
}

fn write(state: &mut State) -> Vec<Effect> {
    let Some(study) = &state.study else { return Vec::new() };
    let is_demo = state.setting.request.as_ref().is_some_and(|request| request.model == ModelSource::Demo);
    let model = if is_demo { "demo" } else { study.model.as_str() };
    let name = match &study.source {
        Source::Run { file: Some(file), .. } => file.clone(),
        // As `run` names it: the demo by its name on the command line.
        _ => format!("{}.safetensors", default_name(model, &study.study, study.method().0)),
    };
    state.ask(Asked::WriteRun, name);
    Vec::new()
}

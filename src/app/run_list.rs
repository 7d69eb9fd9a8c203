//! The list of kept runs: opened by a command, and each run opened from it.

use super::command_id::CommandId;
use super::key::{Code, Key};
use super::message::Effect;
use super::notice::{Notice, Tone};
use super::state::State;
use super::state::overlay::Overlay;
use super::state::run_list::RunList;
use super::{job, stepping};
use crate::core::kept_run::KeptRun;
use crate::core::problem::Problem;

/// Opens the list and asks for its runs.
pub fn open(state: &mut State) -> Vec<Effect> {
    state.overlay = Some(Overlay::Runs(RunList::default()));
    vec![Effect::ListRuns]
}

/// Puts the runs into the open list; a list that cannot be read closes and says why.
pub fn listed(state: &mut State, runs: Result<Vec<KeptRun>, Problem>) {
    let Some(Overlay::Runs(list)) = &mut state.overlay else { return };
    match runs {
        Ok(runs) => {
            list.cursor = list.cursor.min(runs.len().saturating_sub(1));
            list.runs = Some(runs);
        }
        Err(problem) => {
            state.overlay = None;
            state.notice = Some(Notice::failed(&problem));
        }
    }
}

/// Says at the start that an earlier run can be opened, unless there is more important news.
pub fn mention(state: &mut State, run: &KeptRun) {
    let Ok(about) = &run.about else { return };
    if state.overlay.is_some() || state.notice.as_ref().is_some_and(|notice| notice.tone != Tone::Done) {
        return;
    }
    let (runs, help) = (state.setting.keymap.way(CommandId::RUNS), state.setting.keymap.way(CommandId::HELP));
    let last = format!("{}, {}, {}, {} UTC", about.study, about.model, about.method, run.when);
    state.notice = Some(Notice::done(format!("{runs} lists the kept runs and opens them; the last is {last}; {help} help")));
}

/// Handles a key in the open list: Enter opens the run at the cursor, or says why it cannot be opened.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(Overlay::Runs(list)) = &state.overlay else { return Vec::new() };
    let cursor = list.cursor;
    if let Some(rows) = stepping::rows(key) {
        step(state, rows);
    } else if stepping::closes(key) || state.setting.keymap.command(key) == Some(CommandId::RUNS) {
        state.overlay = None;
    } else if key.code == Code::Enter {
        return choose(state, cursor);
    } else {
        state.notice = Some(Notice::refused(format!("{key} does nothing here; `saescope runs` names and deletes runs")));
    }
    Vec::new()
}

/// Moves the cursor of the open list.
pub fn step(state: &mut State, rows: isize) {
    if let Some(Overlay::Runs(list)) = &mut state.overlay {
        let count = list.runs.as_ref().map_or(0, Vec::len);
        list.cursor = list.cursor.saturating_add_signed(rows).min(count.saturating_sub(1));
    }
}

/// Opens the run in row `row` of the open list, or says why it cannot be opened.
pub fn choose(state: &mut State, row: usize) -> Vec<Effect> {
    let Some(Overlay::Runs(list)) = &mut state.overlay else { return Vec::new() };
    let Some(run) = list.runs.as_ref().and_then(|runs| runs.get(row)).cloned() else { return Vec::new() };
    list.cursor = row;
    read(state, run)
}

fn read(state: &mut State, run: KeptRun) -> Vec<Effect> {
    if let Err(problem) = &run.about {
        state.notice = Some(Notice::refused(problem.to_string()));
        return Vec::new();
    }
    job::open(state, run)
}

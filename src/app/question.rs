//! The words of the questions that are asked before work ends, and whether there still is something to ask about.

use unicode_width::UnicodeWidthStr;

use super::checks::progress::progress;
use super::checks::running::is_of_the_shown;
use super::command_id::CommandId;
use super::keeping;
use super::key::{Code, Key};
use super::notice::Notice;
use super::state::State;
use super::state::check::Checking;
use super::state::job::Job;
use super::state::overlay::Overlay;
use super::state::question::{Pending, Question};
use crate::core::text::printable;

/// The open question as a sentence that says what y and n do, else the notice.
pub fn notice(state: &State) -> Option<Notice> {
    match &state.overlay {
        Some(Overlay::Question(question)) => Some(Notice::refused(text(state, *question))),
        _ => state.notice.clone(),
    }
}

/// Whether the question still makes sense: the work that it asks about may have ended by itself.
pub fn is_open(state: &State, question: Question) -> bool {
    match question {
        Question::StopJob => state.job.is_some(),
        Question::StopCheck => state.check.is_some(),
        Question::StopDownload => state.download.is_some(),
        Question::Replace => {
            state.pending.is_some() && (state.job.is_some() || state.record.opened || keeping::has_unkept(state))
        }
        Question::Leave => would_lose(state).is_some(),
    }
}

/// Whether `key` answers a question: y does what it asks, n, Esc and Ctrl-C do not.
pub fn answers(key: Key) -> bool {
    matches!(key.typed(), Some('y' | 'n')) || key.code == Code::Escape || (key.control && key.code == Code::Character('c'))
}

/// The answer that stands at column `x` of line `row` of the open question in lines of `columns`: y from `y stops it` on, n from `n goes
/// on` on. None beside both.
pub fn answer_at(state: &State, columns: usize, row: usize, x: usize) -> Option<Key> {
    let lines = notice(state)?.lines(columns);
    let words: Vec<(usize, usize, &str)> = lines
        .iter()
        .enumerate()
        .flat_map(|(row, line)| {
            let mut place = 0;
            line.split(' ').map(move |word| {
                let from = place;
                place += word.width() + 1;
                (row, from, word)
            })
        })
        .collect();
    let clicked = words.iter().rposition(|(of, from, _)| *of == row && *from <= x)?;
    if x >= lines[row].width() {
        return None;
    }
    let place = |answer: &str| words.iter().rposition(|(.., word)| *word == answer);
    let (yes, no) = (place("y")?, place("n")?);
    let answer = if clicked >= no { 'n' } else { 'y' };
    (clicked >= yes).then(|| Key::plain(Code::Character(answer)))
}

/// What would end or be lost if the program left now.
fn would_lose(state: &State) -> Option<String> {
    let job = state.job.as_ref().map(|job| format!("the computation{} would be lost", share(job)));
    let of_check = |check: &Checking| {
        let what = if check.is_whole { "the side effects of the causal check" } else { "the causal check" };
        format!("{what} would be lost ({})", progress(state, check))
    };
    let check = || state.check.as_ref().map(of_check);
    let download = state.download.as_ref();
    let download = || download.map(|download| format!("the download of {} would stop; what has arrived is kept", download.name));
    let unkept = || {
        let write = state.setting.keymap.way(CommandId::WRITE_RUN);
        keeping::is_endangered(state).then(|| format!("the run could not be kept and would be lost; {write} writes it"))
    };
    // Whole checks are kept, or it was said that they are not.
    let part = || {
        keeping::stopped_check(state)
            .map(|done| format!("what was found of the stopped {} is not kept and would be lost", done.check))
    };
    let partial = || keeping::partial(state).map(|standing| format!("the result is {standing}, is not kept and would be lost"));
    job.or_else(check).or_else(download).or_else(unkept).or_else(partial).or_else(part)
}

/// What waits, and what it would end.
fn replacing(state: &State, job: Option<&Job>) -> String {
    let what = match &state.pending {
        Some(Pending::Compute(request)) => {
            let settings = request.settings;
            let steps = settings.quadrature().map_or_else(String::new, |quadrature| format!(" {quadrature}"));
            format!("compute {} with {}{steps}", request.study.study.name, settings.method)
        }
        Some(Pending::Open(run)) => format!("open {}", printable(&run.name)),
        None => "go on".to_owned(),
    };
    match job {
        Some(job) => format!("stop the computation{} and {what}? y does, n lets it go on", share(job)),
        None if keeping::partial(state).is_some() => {
            format!("{what} in place of the partial result, which is not kept? y does, n does not")
        }
        None if let Some(done) = keeping::stopped_check(state) => {
            format!("{what}? what was found of the stopped {} is not kept and would be lost: y does, n does not", done.check)
        }
        None => {
            format!("{what} with the model that the program was started with, in place of the opened run? y does, n does not")
        }
    }
}

fn share(job: &Job) -> String {
    let share = job.progress.as_ref().and_then(|progress| (100 * progress.done).checked_div(progress.total));
    share.map_or_else(String::new, |share| format!(" ({share} % done)"))
}

fn text(state: &State, question: Question) -> String {
    match (question, &state.job, &state.download) {
        (Question::StopJob, Some(job), _) => {
            let what = if state.former.is_some() && job.opened {
                "y stops it and shows the run before it again"
            } else {
                "y stops it, what is done stays on the screen but is not kept"
            };
            format!("stop the computation{}? {what}, n goes on", share(job))
        }
        (Question::StopCheck, ..) => state.check.as_ref().map_or_else(
            || "the work has ended".to_owned(),
            |running| {
                let how_far = progress(state, running);
                if is_of_the_shown(state) {
                    format!("stop the {} ({how_far})? y stops it, what was found stays on the screen, n goes on", running.check)
                } else {
                    let check = &running.check;
                    format!("stop the {check} of another run ({how_far})? y stops it, what was found is lost, n goes on")
                }
            },
        ),
        (Question::StopDownload, _, Some(download)) => {
            format!("stop the download of {}? y stops it, what has arrived is kept, n goes on", download.name)
        }
        (Question::Replace, job, _) => replacing(state, job.as_ref()),
        (Question::Leave, ..) => {
            let again = state.setting.keymap.key(CommandId::QUIT).map_or_else(String::new, |key| format!(" or {key} again"));
            let lost = would_lose(state).unwrap_or_default();
            format!("leave? {lost}; y{again} leaves, n stays")
        }
        // The work has just ended; the question goes with the next message.
        (Question::StopJob | Question::StopDownload, ..) => "the work has ended".to_owned(),
    }
}

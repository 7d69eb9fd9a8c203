//! The questions that are asked before work ends: what y and n do.

use super::checks::running;
use super::command_id::CommandId;
use super::key::Key;
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::astray::Astray;
use super::state::overlay::Overlay;
use super::state::question::Question;
use super::{download, job, question, tagging};

/// Asks before the computation is stopped; without a computation, before the causal check is, else before the download is.
pub fn ask_to_stop(state: &mut State) -> Vec<Effect> {
    let question = match (&state.job, &state.check) {
        (Some(_), _) => Question::StopJob,
        (None, Some(_)) => Question::StopCheck,
        (None, None) => Question::StopDownload,
    };
    ask(state, question)
}

/// Asks before the causal check is stopped.
pub fn ask_to_stop_check(state: &mut State) -> Vec<Effect> {
    ask(state, Question::StopCheck)
}

/// Asks before the download is stopped.
pub fn ask_to_stop_download(state: &mut State) -> Vec<Effect> {
    ask(state, Question::StopDownload)
}

/// Leaves the program; asks first if something would end or be lost.
pub fn leave(state: &mut State) -> Vec<Effect> {
    if question::is_open(state, Question::Leave) { ask(state, Question::Leave) } else { tagging::quit(state) }
}

fn ask(state: &mut State, question: Question) -> Vec<Effect> {
    state.overlay = Some(Overlay::Question(question));
    Vec::new()
}

/// Handles a key while a question is open: y does it, n, Esc and Ctrl-C do not, and a second press of the key that leaves, leaves.
/// Every other key leaves the question open.
pub fn key(state: &mut State, question: Question, key: Key) -> Vec<Effect> {
    let leaves_again = question == Question::Leave && state.setting.keymap.command(key) == Some(CommandId::QUIT);
    if key.typed() == Some('y') || leaves_again {
        state.overlay = None;
        return match question {
            Question::StopJob => job::cancel(state),
            Question::StopCheck => running::cancel(state),
            Question::StopDownload => download::cancel(state),
            Question::Replace => job::replace(state),
            Question::Leave => tagging::quit(state),
        };
    }
    if question::answers(key) {
        state.overlay = None;
        state.pending = None;
    }
    Vec::new()
}

/// Closes a question about work that has ended by itself, and says so behind what is said about that end.
pub fn settle(state: &mut State) {
    let Some(Overlay::Question(asked)) = state.overlay else { return };
    if question::is_open(state, asked) {
        return;
    }
    state.overlay = None;
    state.astray = Some(Astray::Question);
    let ended = match asked {
        Question::StopJob => "the computation has ended".to_owned(),
        Question::StopCheck => "the causal check has ended".to_owned(),
        Question::StopDownload => "the download has ended".to_owned(),
        Question::Replace => "the computation has ended; nothing took its place".to_owned(),
        Question::Leave => format!("the work has ended; {} leaves", state.setting.keymap.way(CommandId::QUIT)),
    };
    state.pending = None;
    state.notice.get_or_insert_with(|| Notice::done(ended)).text.push_str("; the question is settled");
}

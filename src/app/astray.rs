//! Keys that go astray: they were typed for a question that closed by itself, or for what a command would have opened that was refused. They
//! must not run as commands.

use std::time::Duration;

use super::key::{Code, Key};
use super::notice::{Notice, Tone};
use super::state::State;
use super::state::astray::Astray;
use super::state::overlay::Overlay;
use super::{choice, commands, copy_box, question};

/// The time for a text that is typed in one go. Whoever waits longer has read that no prompt is open.
const IN_ONE_GO: Duration = Duration::from_secs(1);

/// Takes a key that was typed for something that is not open, and says that it did nothing. Returns whether it was one. `said` is the notice
/// that stood there when it was typed.
pub fn take(state: &mut State, key: Key, said: Option<Notice>) -> bool {
    let Some(astray) = state.astray.take().filter(|_| matches!(state.overlay, None | Some(Overlay::Pictures))) else {
        return false;
    };
    match meant(state, astray, key) {
        Meant::Nothing => return false,
        Meant::Once => {}
        // The time does not begin anew: a key that is held down works again.
        Meant::Text => state.astray = Some(astray),
    }
    let what = match astray {
        Astray::Question => "the answer came too late and did nothing",
        Astray::Command(..) => "what was typed after it did nothing",
    };
    let text = match said {
        Some(said) if said.text.ends_with(what) => said.text,
        Some(said) => format!("{}; {what}", said.text),
        None => what.to_owned(),
    };
    state.notice = Some(Notice { tone: Tone::Refused, text });
    true
}

/// Whether a key was typed for something that is not open.
enum Meant {
    /// It was not.
    Nothing,
    /// It was, and is all that was asked for.
    Once,
    /// It is a part of a text that was typed for what a command would have opened.
    Text,
}

/// What `key` was typed for.
fn meant(state: &State, astray: Astray, key: Key) -> Meant {
    let once = |is_meant: bool| if is_meant { Meant::Once } else { Meant::Nothing };
    let Astray::Command(id, at) = astray else { return once(question::answers(key)) };
    let Some(command) = commands::of(id) else { return Meant::Nothing };
    // What the command would have opened, a copy of the state shows.
    let mut tried = state.clone();
    (command.run)(&mut tried);
    let typed = key.typed();
    match &tried.overlay {
        Some(Overlay::Question(_)) => once(matches!(typed, Some('y' | 'n'))),
        Some(Overlay::Chooser(chooser)) => {
            once(typed.is_some() && choice::choices(*chooser, &tried).iter().any(|choice| choice.key == key))
        }
        Some(Overlay::Copy(_)) => once(copy_box::lines(&tried).iter().any(|line| Some(line.key) == typed)),
        Some(Overlay::Prompt(_)) if state.now.saturating_sub(at) < IN_ONE_GO => match typed {
            Some(_) => Meant::Text,
            None => once(key.code == Code::Enter),
        },
        _ => Meant::Nothing,
    }
}

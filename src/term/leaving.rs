//! The way out: the program leaves when everything that it was asked for is done, or cannot be done.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyModifiers};
use rustix::process::Signal;

use super::{Incoming, device};
use crate::app::message::Message;
use crate::core::problem::{Problem, Result};

/// How long the screen stays as it is while the program leaves; a longer wait is said.
const UNSAID: Duration = Duration::from_millis(300);

/// The longest wait: a disk that takes longer may never answer.
const LONGEST: Duration = Duration::from_secs(10);

/// What the wait needs of the explorer.
pub trait Waiting {
    /// Writes bytes to the terminal.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Says on the screen what is waited for.
    fn say(&mut self, what: &str);
}

/// Waits until `threads` threads have said that they are finished. As soon as the wait is said, Ctrl-C or a signal ends it.
///
/// # Errors
/// The first problem with something that was asked for, or that the wait was ended or took too long.
pub fn wait(receiver: &Receiver<Incoming>, mut threads: usize, waiting: &mut impl Waiting) -> Result<()> {
    let begin = Instant::now();
    let (mut outcome, mut is_said) = (Ok(()), false);
    while threads > 0 {
        let end = if is_said { LONGEST } else { UNSAID };
        let problem = match receiver.recv_timeout(end.saturating_sub(begin.elapsed())) {
            Ok(Incoming::Finished(finished)) => {
                threads -= 1;
                finished.err()
            }
            Ok(Incoming::Message(Message::Failed(problem) | Message::RunKept(_, Err(problem)))) => Some(problem),
            // A terminal that fails while a signal ends the program is no news.
            Ok(Incoming::Write(bytes)) => waiting.write(&bytes).err().filter(|_| device::ending().is_none()),
            Ok(incoming) if is_said && is_impatient(&incoming) => {
                return outcome.and(Err(unfinished("when the program was told to end")));
            }
            Ok(_) => None,
            Err(RecvTimeoutError::Timeout) if !is_said => {
                is_said = true;
                waiting.say("leaving when files and tags are written; Ctrl-C leaves without them");
                None
            }
            Err(_) => return outcome.and(Err(unfinished(format_args!("after {} s", LONGEST.as_secs())))),
        };
        outcome = outcome.and(problem.map_or(Ok(()), Err));
    }
    outcome
}

fn unfinished(when: impl std::fmt::Display) -> Problem {
    let what = format_args!("files or tags were not written {when}");
    Problem::environment("leaving", what, "see the log, and write them again when the disk answers")
}

/// Ctrl-C, or a signal; a terminal that hangs up while the program leaves is no impatience.
fn is_impatient(incoming: &Incoming) -> bool {
    match incoming {
        Incoming::End => device::ending() != Some(Signal::HUP.as_raw()),
        Incoming::Terminal(Event::Key(key)) => key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}

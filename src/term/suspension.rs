//! The program stops, by its own key or by a signal, and goes on: the terminal is the shell's meanwhile.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_current_process_group};

use super::guard::Guard;
use super::signals;
use crate::app::notice::Notice;
use crate::core::problem::Result;

/// Longest time until the program's own signal to stop comes back, after it went on.
const ECHO: Duration = Duration::from_millis(500);

/// How the program stopped last.
#[derive(Debug, Default)]
pub struct Suspension {
    /// When it went on after it had stopped itself.
    ended: Option<Instant>,
}

impl Suspension {
    /// Stops the process and the others of its group, such as the script that started it, as Ctrl-Z does in other programs. The
    /// process stops at once: its shell may continue it as soon as the script has stopped. The signal comes back as
    /// [`Incoming::Stop`](super::Incoming::Stop) when that is over. Returns why the system does not stop it, if so.
    ///
    /// # Errors
    /// If the terminal cannot be taken again.
    pub fn suspend(&mut self, guard: &mut Guard) -> Result<Option<Notice>> {
        Guard::leave();
        match kill_current_process_group(Signal::TSTP) {
            Ok(()) => {
                let outcome = halt(guard);
                self.ended = Some(Instant::now());
                outcome
            }
            Err(error) => not_stopped(guard, &error.into()),
        }
    }

    /// Gives the terminal back and stops the process. The computation stops meanwhile, too. When the process is continued,
    /// [`Incoming::Continued`](super::Incoming::Continued) comes. Returns why the system does not stop it, if so.
    ///
    /// # Errors
    /// As for [`Suspension::suspend`].
    pub fn stop(&mut self, guard: &mut Guard) -> Result<Option<Notice>> {
        // The program's own signal comes back late. Which of the two signals came last is not known for sure then: their handlers run on
        // any threads, and these go on in any order.
        let is_own = self.ended.take().is_some_and(|end| end.elapsed() < ECHO);
        if is_own || signals::is_continued() {
            return Ok(None);
        }
        Guard::leave();
        if signals::is_continued() { guard.take_again().map(|()| None) } else { halt(guard) }
    }
}

fn halt(guard: &mut Guard) -> Result<Option<Notice>> {
    let stopped = signal_hook::low_level::emulate_default_handler(Signal::TSTP.as_raw());
    stopped.map_or_else(|error| not_stopped(guard, &error), |()| Ok(None))
}

fn not_stopped(guard: &mut Guard, error: &io::Error) -> Result<Option<Notice>> {
    guard.take_again()?;
    Ok(Some(Notice::refused(format!("the system does not suspend the program: {error}"))))
}

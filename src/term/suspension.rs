//! The program stops, by its own key or by a signal, and goes on: the terminal is the shell's meanwhile.

use std::io;

use rustix::process::{Signal, kill_current_process_group};

use super::guard::Guard;
use super::signals;
use crate::app::notice::Notice;
use crate::core::problem::Result;

/// Stops the process and the others of its group, such as the script that started it, all by one signal that none of them handles. A
/// shell that sees one of them stopped may continue all at once: if each stopped by itself, one that is not that far would stop after
/// that, for ever. helix does the same. When the process is continued, [`Incoming::Continued`](super::Incoming::Continued) comes. Returns
/// why the system does not stop it, if so.
///
/// # Errors
/// If the terminal cannot be taken again.
pub fn suspend(guard: &mut Guard) -> Result<Option<Notice>> {
    Guard::leave();
    kill_current_process_group(Signal::STOP).map_or_else(|error| not_stopped(guard, &error.into()), |()| Ok(None))
}

/// Gives the terminal back and stops the process, which another one has asked for. The computation stops meanwhile, too. The rest is as for
/// [`suspend`].
///
/// # Errors
/// As for [`suspend`].
pub fn stop(guard: &mut Guard) -> Result<Option<Notice>> {
    if signals::is_continued() {
        return Ok(None);
    }
    Guard::leave();
    if signals::is_continued() {
        return guard.take_again().map(|()| None);
    }
    let stopped = signal_hook::low_level::emulate_default_handler(Signal::TSTP.as_raw());
    stopped.map_or_else(|error| not_stopped(guard, &error), |()| Ok(None))
}

fn not_stopped(guard: &mut Guard, error: &io::Error) -> Result<Option<Notice>> {
    guard.take_again()?;
    Ok(Some(Notice::refused(format!("the system does not suspend the program: {error}"))))
}

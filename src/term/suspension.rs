//! The program stops, by its own key or by a signal, and goes on: the terminal is the shell's meanwhile.

use std::time::Duration;
use std::{io, mem, ptr, thread};

use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};

use super::guard::Guard;
use super::signals;
use crate::app::notice::Notice;
use crate::core::problem::Result;

/// How long a signal may take to stop the process, whose threads stop one after another.
const TAKES: Duration = Duration::from_millis(50);

/// Stops the process and the others of its group, such as the script that started it, as Ctrl-Z does in other programs: all by one signal.
/// A shell that sees one of them stopped may continue all at once: if each stopped by itself, one that is not that far would stop after
/// that, for ever. When the process is continued, [`Incoming::Continued`](super::Incoming::Continued) comes. Returns why the system does not
/// stop it, if so.
///
/// # Errors
/// If the terminal cannot be taken again.
pub fn suspend(guard: &mut Guard) -> Result<Option<Notice>> {
    Guard::leave();
    let why = match is_stopped_by(|| kill_current_process_group(Signal::TSTP)) {
        Ok(true) => return Ok(None),
        Ok(false) => "no shell is there to continue it".to_owned(),
        Err(error) => error.to_string(),
    };
    guard.take_again()?;
    Ok(Some(Notice::refused(format!("the system does not suspend the program: {why}"))))
}

/// Gives the terminal back and stops the process, which another one has asked for. The computation stops meanwhile, too. The rest is as for
/// [`suspend`].
///
/// # Errors
/// As for [`suspend`].
pub fn stop(guard: &mut Guard) -> Result<()> {
    if signals::is_continued() {
        return Ok(());
    }
    Guard::leave();
    if !signals::is_continued() && is_stopped_by(|| kill_process(getpid(), Signal::TSTP)).is_ok_and(|stopped| stopped) {
        return Ok(());
    }
    guard.take_again()
}

/// Whether the signal to stop that `send` sends stopped the process; it is over then. The signal has its default effect meanwhile, which the
/// system leaves out where no shell would continue the process.
fn is_stopped_by(send: impl FnOnce() -> rustix::io::Result<()>) -> io::Result<bool> {
    signals::forget_jobs();
    // SAFETY: zeros are a valid `sigaction`, that of the default effect without a mask and flags.
    #[allow(unsafe_code)]
    let (default, mut handler): (libc::sigaction, libc::sigaction) = unsafe { (mem::zeroed(), mem::zeroed()) };
    // SAFETY: both pointers are to locals that outlive the call.
    #[allow(unsafe_code)]
    if unsafe { libc::sigaction(libc::SIGTSTP, &raw const default, &raw mut handler) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let outcome = send();
    thread::sleep(TAKES);
    // Time goes on while the process is stopped, and the handler of the signal to continue runs on any thread.
    if !signals::is_continued() {
        thread::sleep(TAKES);
    }
    // SAFETY: as above; `handler` is what the first call found.
    #[allow(unsafe_code)]
    let restored = unsafe { libc::sigaction(libc::SIGTSTP, &raw const handler, ptr::null_mut()) };
    outcome?;
    if restored != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(signals::is_continued())
}

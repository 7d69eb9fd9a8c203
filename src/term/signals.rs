//! Signals: those that end the program first give the terminal back, and so do those that stop it.

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};
use signal_hook_registry::register_signal_unchecked;

use super::{Incoming, device};
use crate::core::problem::{Problem, Result};
use crate::engine::tensor_file::before_a_fatal_fault;

/// The signals that end a program and that it can leave by in order.
const LEAVING: [Signal; 12] = [
    Signal::TERM,
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::ALARM,
    Signal::USR1,
    Signal::USR2,
    Signal::VTALARM,
    Signal::PROF,
    Signal::SYS,
    Signal::TRAP,
    Signal::XCPU,
];

/// Those of Linux alone, and its real-time signals.
#[cfg(target_os = "linux")]
fn leaving_here() -> impl Iterator<Item = c_int> {
    [Signal::IO, Signal::POWER, Signal::STKFLT].map(Signal::as_raw).into_iter().chain(libc::SIGRTMIN()..=libc::SIGRTMAX())
}

#[cfg(not(target_os = "linux"))]
fn leaving_here() -> impl Iterator<Item = c_int> {
    std::iter::empty()
}

/// A second signal within this time of the first is the same request: `timeout` and others send one to the process and one to its
/// group.
const SAME: Duration = Duration::from_millis(300);

/// A program that was asked to end and is still there after this time is ended, whatever holds it up. Longer than
/// [`super::leaving`] waits.
const LONGEST: Duration = Duration::from_secs(15);

/// The latest of the signals that stop and continue the program. The thread that waits for signals sees them in no order.
static LATEST_OF_JOBS: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Whether the program was continued after it was asked to stop: a shell may continue it before it has stopped.
pub fn is_continued() -> bool {
    LATEST_OF_JOBS.get().is_some_and(|latest| latest.load(Ordering::SeqCst) == Signal::CONT.as_raw() as usize)
}

/// Forgets whether the program was asked to stop or continued.
pub fn forget_jobs() {
    if let Some(latest) = LATEST_OF_JOBS.get() {
        latest.store(0, Ordering::SeqCst);
    }
}

/// Starts the thread that waits for signals and tells the loop about them.
///
/// # Errors
/// If the system has no room for a thread or a handler.
pub fn listen(sender: Sender<Incoming>) -> Result<()> {
    let failed =
        |error: io::Error| Problem::environment("signals", format_args!("cannot listen: {error}"), "close some programs");
    give_back_in_the_handler().map_err(failed)?;
    before_a_fatal_fault(device::give_back);
    let latest = LATEST_OF_JOBS.get_or_init(Arc::default);
    for signal in [Signal::TSTP, Signal::CONT].map(Signal::as_raw) {
        flag::register_usize(signal, Arc::clone(latest), signal as usize).map_err(failed)?;
    }
    let jobs = [Signal::TSTP, Signal::CONT];
    let all = LEAVING.into_iter().chain(jobs).map(Signal::as_raw).chain(leaving_here());
    let mut signals = Signals::new(all).map_err(failed)?;
    let wait = move || {
        let mut asked: Option<Instant> = None;
        for signal in signals.forever() {
            let incoming = match (signal, asked) {
                (signal, _) if signal == Signal::TSTP.as_raw() => Incoming::Stop,
                (signal, _) if signal == Signal::CONT.as_raw() => Incoming::Continued,
                // A terminal that hangs up while the program leaves is no sign of impatience.
                (signal, Some(first)) if first.elapsed() > SAME && signal != Signal::HUP.as_raw() => end_by(signal),
                (_, Some(_)) => continue,
                (signal, None) => {
                    asked = Some(Instant::now());
                    device::end(signal);
                    // Without this thread the program still leaves by itself, unless something holds it up.
                    let _ = Builder::new().name("end".to_owned()).spawn(move || {
                        thread::sleep(LONGEST);
                        end_by(signal)
                    });
                    Incoming::End
                }
            };
            // The receiver is gone when the program has left.
            let _ = sender.send(incoming);
        }
    };
    Builder::new().name("signals".to_owned()).spawn(wait).map_err(failed)?;
    Ok(())
}

/// Gives the terminal back and ends the process by `signal`, as if the program did not know it: the shell and other programs see
/// by which signal it ended, and the shell's status is 128 and the number.
pub fn end_by(signal: c_int) -> ! {
    device::give_back();
    if signal != Signal::IO.as_raw() {
        // This fails for signals that have no name everywhere.
        let _ = low_level::emulate_default_handler(signal);
    }
    low_level::exit(128 + signal)
}

/// Gives the terminal back in the handler itself, where no other thread can be asked: these signals mostly come from inside, when
/// memory is used up, a panic cannot be reported or the arithmetic is broken, and from the system, when a program in the background
/// wants the terminal.
fn give_back_in_the_handler() -> io::Result<()> {
    for signal in [Signal::ABORT, Signal::SEGV, Signal::ILL, Signal::FPE].map(Signal::as_raw) {
        // SAFETY: the handler may only make calls that are safe in a signal's handler. `give_back` and `emulate_default_handler`
        // promise that. `end_by` does not return to the instruction that failed.
        #[allow(unsafe_code)]
        unsafe { register_signal_unchecked(signal, move || end_by(signal)) }?;
    }
    for signal in [Signal::TTIN, Signal::TTOU].map(Signal::as_raw) {
        let stop = move || {
            device::give_back();
            // A stop cannot fail; after it, the program goes on where it was.
            let _ = low_level::emulate_default_handler(signal);
        };
        // SAFETY: as above.
        #[allow(unsafe_code)]
        unsafe { low_level::register(signal, stop) }?;
    }
    Ok(())
}

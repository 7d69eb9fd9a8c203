//! The terminal as a device: a writer that a terminal which does not read cannot hold up for ever, and a way to give the terminal
//! back that is allowed anywhere, even in the handler of a signal.

use std::ffi::c_int;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Signal, getpgrp, kill_current_process_group};
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp, tcsetattr, ttyname};

/// How long one wait for room in a terminal lasts before the program looks whether it is to end.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Number of waits for a terminal that does not read, before its unread output is dropped.
const WAITS: usize = 6;

/// What is written to give the terminal back. The first byte ends a sequence that was cut in the middle. Then: the end of a frame,
/// plain text, no mouse, no marked pastes, the screen of the shell, and its cursor.
const RESET: &[u8] =
    b"\x18\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?1049l\x1b[?25h";

static DEVICE: OnceLock<Device> = OnceLock::new();

/// Whether the program has the terminal now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The signal that has asked the program to end; 0 if none has.
static ENDING: AtomicI32 = AtomicI32::new(0);

struct Device {
    screen: File,
    /// The settings before the program changed them; None if the terminal does not say.
    settings: Option<Termios>,
}

impl Device {
    /// Opens the terminal of standard output once more, because only a file of its own can be told not to wait for room: the
    /// other one is shared with the shell.
    fn open() -> io::Result<Self> {
        let stdout = io::stdout();
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let again = ttyname(&stdout, Vec::new()).and_then(|name| rustix::fs::open(name, flags, Mode::empty()));
        // A terminal without a name here, such as one of another container, is written as standard output is.
        let screen = again.or_else(|_| rustix::io::dup(&stdout))?;
        Ok(Self { screen: File::from(screen), settings: tcgetattr(stdin()).ok() })
    }

    /// Writes `bytes`. If the terminal does not read for a while, the output that waits for it is dropped to make room.
    fn insist(&self, mut bytes: &[u8]) {
        let mut waits = 0;
        while !bytes.is_empty() && waits <= WAITS + 1 {
            if !has_room(&self.screen) {
                if waits == WAITS {
                    // If this fails, the terminal is gone.
                    let _ = tcflush(&self.screen, QueueSelector::OFlush);
                }
                waits += 1;
                continue;
            }
            match rustix::io::write(&self.screen, bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => waits += 1,
                Err(_) => return,
            }
        }
    }
}

/// Waits for a moment until the terminal can be written; false if it cannot.
fn has_room(screen: &impl AsFd) -> bool {
    // A failure shows when the terminal is written.
    poll(&mut [PollFd::new(screen, PollFlags::OUT)], Some(&PAUSE)).map_or(true, |ready| ready > 0)
}

/// The writer of frames. It waits as long as the terminal does not read, unless a signal has asked the program to end.
pub struct Output(&'static Device);

impl Output {
    /// Opens the terminal of standard output.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn open() -> io::Result<Self> {
        if DEVICE.get().is_none() {
            // Only the drawing thread opens the terminal.
            let _ = DEVICE.set(Device::open()?);
        }
        DEVICE.get().map(Self).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            // This comes first: the screen of a terminal without a name waits in the call that writes.
            if has_room(&self.0.screen) {
                match rustix::io::write(&self.0.screen, bytes) {
                    Err(Errno::AGAIN) => {}
                    written => return Ok(written?),
                }
            } else if ending().is_some() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not read"));
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Records that the program takes the terminal now, so that [`give_back`] gives it back.
pub fn take() {
    TAKEN.store(true, Ordering::SeqCst);
}

/// Whether the program has the terminal now.
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Records that `signal` has asked the program to end, so that it waits for the terminal no longer.
pub fn end(signal: c_int) {
    ENDING.store(signal, Ordering::Relaxed);
}

/// The signal that has asked the program to end.
pub fn ending() -> Option<c_int> {
    Some(ENDING.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
}

/// Whether the terminal is the program's: in the background it is that of the shell or of another program.
pub fn is_in_foreground() -> bool {
    tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
}

/// In the background, stops the program and its group, as the system does with those that change the settings of a terminal from
/// there; the shell continues them when the terminal is theirs again. Returns whether the program was in the background.
pub fn stop_in_background() -> bool {
    let is_in_background = !is_in_foreground();
    if is_in_background {
        // A process may always signal its own group.
        let _ = kill_current_process_group(Signal::TTOU);
    }
    is_in_background
}

/// Gives the terminal back as it was found, if the program has it. It takes no lock, asks for no memory and makes only calls that
/// POSIX allows in the handler of a signal; it waits less than a second for a terminal that does not read.
pub fn give_back() {
    let Some(device) = DEVICE.get().filter(|_| TAKEN.swap(false, Ordering::SeqCst)) else { return };
    device.insist(RESET);
    if let Some(settings) = &device.settings
        && is_in_foreground()
    {
        // If this fails, the terminal is gone.
        let _ = tcsetattr(stdin(), OptionalActions::Now, settings);
    }
}

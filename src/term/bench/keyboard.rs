//! Presses keys at their times, regardless of what the explorer does meanwhile.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use crate::app::key::Key;
use crate::app::message::Message;
use crate::term::Incoming;

/// A key that will be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    /// The kind of key under which its figures are reported.
    pub kind: &'static str,
    /// The key to press.
    pub key: Key,
    /// Time since the key before.
    pub pause: Duration,
}

/// Presses every key. A key counts as pressed when it is due: if this thread wakes up late, that counts as a delay of the
/// explorer, which reads its terminal on such a thread, too.
pub fn press(presses: &[Press], begin: Instant, sender: &Sender<Incoming>) {
    let mut due = Duration::ZERO;
    for press in presses {
        due += press.pause;
        thread::sleep(due.saturating_sub(begin.elapsed()));
        if sender.send(Incoming::Message(Message::Key(press.key, due))).is_err() {
            return;
        }
    }
}

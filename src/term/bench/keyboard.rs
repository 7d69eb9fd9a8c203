//! Presses keys at their time, whatever the explorer does meanwhile.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use crate::app::key::Key;
use crate::app::message::Message;
use crate::term::Incoming;

/// A key that will be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    /// What its figures are counted under.
    pub kind: &'static str,
    /// The key.
    pub key: Key,
    /// How long after the key before it.
    pub pause: Duration,
}

/// Presses every key. A key is there when it is due: that this thread may wake up late counts as the explorer's delay, since it has such
/// a thread for its terminal, too.
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

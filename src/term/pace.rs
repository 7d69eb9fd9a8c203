//! When the loop draws: at once after news, but at most once every five milliseconds.

use std::time::{Duration, Instant};

/// No more frames than this: one after another would only heat the machine.
const FRAME: Duration = Duration::from_millis(5);

/// The pace of one loop.
pub struct Pace {
    drawn: Instant,
    stale: bool,
}

impl Pace {
    /// A frame has just been drawn, and another is wanted.
    pub fn new() -> Self {
        Self { drawn: Instant::now(), stale: true }
    }

    /// The screen shows what was.
    pub fn news(&mut self) {
        self.stale = true;
    }

    /// How long until the frame that is wanted may be drawn; none where none is wanted.
    pub fn patience(&self) -> Option<Duration> {
        self.stale.then(|| FRAME.saturating_sub(self.drawn.elapsed()))
    }

    /// Whether it may be drawn now.
    pub fn is_due(&self) -> bool {
        self.stale && self.drawn.elapsed() >= FRAME
    }

    /// It was drawn.
    pub fn drawn(&mut self) {
        *self = Self { drawn: Instant::now(), stale: false };
    }
}

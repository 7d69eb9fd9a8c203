//! Pacing of frames: at once after news, but at most one every five milliseconds.

use std::time::{Duration, Instant};

/// Least time between two frames: more frames would only heat the machine.
const FRAME: Duration = Duration::from_millis(5);

/// The pace of one loop.
pub struct Pace {
    drawn: Instant,
    stale: bool,
}

impl Pace {
    /// The pace of a loop whose first frame was just drawn and is out of date.
    pub fn new() -> Self {
        Self { drawn: Instant::now(), stale: true }
    }

    /// Records that the screen is out of date, so that a frame is wanted.
    pub fn news(&mut self) {
        self.stale = true;
    }

    /// Time until the wanted frame may be drawn; None if the screen is up to date.
    pub fn patience(&self) -> Option<Duration> {
        self.stale.then(|| FRAME.saturating_sub(self.drawn.elapsed()))
    }

    /// Whether a frame is wanted and may be drawn now.
    pub fn is_due(&self) -> bool {
        self.stale && self.drawn.elapsed() >= FRAME
    }

    /// Records that a frame was drawn, which starts the pause after it.
    pub fn drawn(&mut self) {
        *self = Self { drawn: Instant::now(), stale: false };
    }
}

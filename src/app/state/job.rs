//! A computation that runs, and how fast it goes.

use std::time::Duration;

use crate::core::progress::Progress;
use crate::core::request::Request;

/// A computation that runs.
#[derive(Debug, Clone)]
pub struct Job {
    /// Number of the job; news of any other number is stale.
    pub number: u64,
    /// What it computes.
    pub request: Request,
    /// When it was started.
    pub started: Duration,
    /// How far it is.
    pub progress: Option<Progress>,
    /// When the first progress came, and how much was done then.
    first: Option<(Duration, u64)>,
    /// Whether the screen shows its findings already.
    pub opened: bool,
}

/// Speed of a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Units a second.
    pub rate: f64,
    /// Seconds to go.
    pub left: f64,
}

impl Job {
    /// A job that starts now.
    pub fn new(number: u64, request: Request, started: Duration) -> Self {
        Self { number, request, started, progress: None, first: None, opened: false }
    }

    /// Takes how far it is at `now`.
    pub fn advance(&mut self, progress: Progress, now: Duration) {
        self.first.get_or_insert((now, progress.done));
        self.progress = Some(progress);
    }

    /// Speed so far; none until there is enough progress to measure it.
    pub fn pace(&self, now: Duration) -> Option<Pace> {
        Pace::since(self.first?, self.progress.as_ref()?, now)
    }
}

impl Pace {
    /// The pace since a time when so much was done.
    pub fn since((since, done_then): (Duration, u64), progress: &Progress, now: Duration) -> Option<Self> {
        let seconds = now.saturating_sub(since).as_secs_f64();
        let done = progress.done.saturating_sub(done_then) as f64;
        if done <= 0.0 || seconds <= 0.2 {
            return None;
        }
        let rate = done / seconds;
        Some(Pace { rate, left: progress.total.saturating_sub(progress.done) as f64 / rate })
    }
}

//! The running computation and its speed.

use std::time::Duration;

use crate::core::progress::Progress;
use crate::core::request::Request;

/// The running computation.
#[derive(Debug, Clone)]
pub struct Job {
    /// Number of the job; news of any other number is stale.
    pub number: u64,
    /// The request that it computes.
    pub request: Request,
    /// The request of what was on the screen before it, which counts again if that comes back or stays.
    pub before: Option<Request>,
    /// Time at which the job was started.
    pub started: Duration,
    /// The latest progress; None before the first.
    pub progress: Option<Progress>,
    /// Time of the first progress, and the steps that were done then.
    first: Option<(Duration, u64)>,
    /// Whether its inputs are open, so that the screen shows its findings.
    pub opened: bool,
}

/// Speed of a job or a download.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Units of progress a second: steps of a job, bytes of a download.
    pub rate: f64,
    /// Estimated seconds to go.
    pub left: f64,
}

impl Job {
    /// A job that starts at `started`, without progress yet.
    pub fn new(number: u64, request: Request, before: Option<Request>, started: Duration) -> Self {
        Self { number, request, before, started, progress: None, first: None, opened: false }
    }

    /// Records the progress at `now`.
    pub fn advance(&mut self, progress: Progress, now: Duration) {
        self.first.get_or_insert((now, progress.done));
        self.progress = Some(progress);
    }

    /// Speed so far in steps a second; None until there is enough progress to measure it.
    pub fn pace(&self, now: Duration) -> Option<Pace> {
        Pace::since(self.first?, self.progress.as_ref()?, now)
    }
}

impl Pace {
    /// The pace between `since`, when `done_then` was done, and `now`; None without progress and within the first 0.2 s.
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

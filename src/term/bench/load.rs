//! Computes a study again and again, with the same load as the explorer's own computation, until it is stopped.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::app::message::Message;
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::Request;
use crate::engine::cancel::Cancel;
use crate::engine::worker::Job;
use crate::term::Incoming;
use crate::term::priority::{Yield, give_way};

/// How often the thread checks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// A computation that starts again whenever it ends.
pub struct Load {
    cancel: Cancel,
    thread: JoinHandle<Result<usize>>,
}

impl Load {
    /// Starts the computation and waits until it makes progress. Each of its events wakes the loop behind `sender` and asks for
    /// a frame, as in the explorer.
    pub fn start(request: Request, sender: Sender<Incoming>) -> Result<Self> {
        let cancel = Cancel::default();
        let cancelled = cancel.clone();
        let (computes, waiting) = channel();
        let work = move || {
            give_way(Yield::ToAll);
            let mut studies = 0;
            let tell = || {
                // At the end the receiver may be gone.
                let _ = sender.send(Incoming::Message(Message::Tick(Duration::ZERO)));
            };
            loop {
                // The job has a cancel flag of its own: a job raises its flag when it is dropped, and the flag of the load must
                // stay down until the end.
                let job = Job::start(request.clone())?;
                loop {
                    if cancelled.is_cancelled() {
                        return Ok(studies);
                    }
                    match job.events().recv_timeout(PATIENCE) {
                        Ok(Event::Ended(Ok(_))) => studies += 1,
                        Ok(Event::Ended(Err(problem))) => return Err(problem),
                        Ok(Event::Step(Step::Progress(_))) => {
                            let _ = computes.send(());
                            tell();
                        }
                        Ok(Event::Opened(_) | Event::Identified(_) | Event::Step(_)) => tell(),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
            }
        };
        let failed = |error: std::io::Error| {
            Problem::new("bench", format_args!("no thread can be started: {error}"), "close some programs")
        };
        let thread = Builder::new().name("load".to_owned()).spawn(work).map_err(failed)?;
        let load = Self { cancel, thread };
        match waiting.recv() {
            Ok(()) => Ok(load),
            Err(_) => load.stop().map(|_| Self::faulty()).and_then(Err),
        }
    }

    /// Stops the computation; returns the number of studies that were finished.
    pub fn stop(self) -> Result<usize> {
        self.cancel.cancel();
        self.thread.join().unwrap_or_else(|_| Err(Self::faulty()))
    }

    fn faulty() -> Problem {
        Problem::new("bench", "the computation beside it stopped", "report it, and measure with --idle")
    }
}

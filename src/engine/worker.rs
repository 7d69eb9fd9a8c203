//! The background thread that computes: a request goes down, events come up, and it can be cancelled.
//!
//! Whoever shows results keeps its own thread free. A panic in here reaches the other side as an event like any failure; so that tests of
//! the built program can see that, `SAESCOPE_FAULT=worker-panic` in the environment makes every job panic right after it has told of its
//! first finished submodule. Nothing else reads that variable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::Request;
use crate::core::run::Run;
use crate::core::text::excerpt;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::study::Study;

/// The name of the thread and of those it starts, by which a panic hook knows that their faults are reported already.
pub const THREAD: &str = "attribution";

/// One computation on its own thread. Dropping it cancels it and waits for the thread.
pub struct Job {
    events: Receiver<Event>,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Job {
    /// Starts to compute what `request` asks for.
    ///
    /// # Errors
    /// When the system starts no more threads.
    pub fn start(request: Request) -> Result<Self> {
        Self::start_with(request, Arc::default(), Cancel::default())
    }

    /// The same with what earlier jobs left in `cache`, for whoever must be able to cancel without the job at hand.
    ///
    /// # Errors
    /// When the system starts no more threads.
    pub fn start_with(request: Request, cache: Arc<Cache>, cancel: Cancel) -> Result<Self> {
        let (sender, events) = channel();
        let cancelled = cancel.clone();
        let thread = Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| compute(request, &cache, &sender, &cancelled)));
                let outcome = outcome.unwrap_or_else(|panic| {
                    let reason = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                    let what =
                        format!("stopped at a fault of the program: {}", excerpt(reason.unwrap_or("no reason given"), 200));
                    Err(Problem::new("attribution", what, "report it with the log or the command line"))
                });
                // Nobody listens any more where the job was dropped.
                let _ = sender.send(Event::Ended(outcome.map(Box::new)));
            })
            .map_err(no_thread)?;
        Ok(Self { events, cancel, thread: Some(thread) })
    }

    /// Events as they come; the sender hangs up after [`Event::Ended`].
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Asks the job to stop, which it does at the next look at the flag and ends with a problem that says so. It looks between two layers
    /// of a pass, forward and backward, between two dictionaries, and between pieces of what it reads and hashes.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside.
            let _ = thread.join();
        }
    }
}

/// The system starts no more threads.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub fn no_thread(error: std::io::Error) -> Problem {
    Problem::new("attribution", format_args!("no thread can be started: {error}"), "close some programs")
}

fn compute(request: Request, cache: &Cache, sender: &Sender<Event>, cancel: &Cancel) -> Result<Run> {
    let study = Study::open(request, cache, cancel)?;
    let fails = std::env::var_os("SAESCOPE_FAULT").is_some_and(|fault| fault == "worker-panic");
    let tell = |event: Event| {
        let is_time = fails && matches!(event, Event::Step(Step::Found(..)));
        if sender.send(event).is_err() {
            cancel.cancel();
        }
        assert!(!is_time, "SAESCOPE_FAULT asks for one");
    };
    tell(Event::Opened(Box::new(study.opened())));
    study.run(&tell, cancel)
}

//! The background thread that computes: a request goes down, events come up, and it can be cancelled.
//!
//! Whoever shows results keeps its own thread free. A panic in here reaches the other side as an event like any failure.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use crate::core::problem::{Problem, Result};
use crate::core::progress::Event;
use crate::core::run::Run;
use crate::core::text::excerpt;
use crate::engine::study::{Request, Study};

/// The name of the thread, by which a panic hook knows that its faults are reported already.
pub const THREAD: &str = "attribution";

/// One computation on its own thread. Dropping it cancels it and waits for the thread.
pub struct Job {
    events: Receiver<Event>,
    cancel: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Job {
    /// Starts to compute what `request` asks for.
    ///
    /// # Errors
    /// When the system starts no more threads.
    pub fn start(request: Request) -> Result<Self> {
        let (sender, events) = channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let cancelled = Arc::clone(&cancel);
        let thread = Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| compute(request, &sender, &cancelled)));
                let outcome = outcome.unwrap_or_else(|panic| {
                    let reason = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                    let what =
                        format!("stopped at a fault of the program: {}", excerpt(reason.unwrap_or("no reason given"), 200));
                    Err(Problem::new("attribution", what, "report it with the command line"))
                });
                // Nobody listens any more where the job was dropped.
                let _ = sender.send(Event::Ended(outcome.map(Box::new)));
            })
            .map_err(|error| {
                Problem::new("attribution", format_args!("no thread can be started: {error}"), "close some programs")
            })?;
        Ok(Self { events, cancel, thread: Some(thread) })
    }

    /// Events as they come; the sender hangs up after [`Event::Ended`].
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Asks the job to stop. It does before its next pass through the model (of at most 2048 tokens) and ends with a problem that says
    /// so; opening and hashing the inputs, and a pass that runs already, are not interrupted.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
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

fn compute(request: Request, sender: &Sender<Event>, cancelled: &AtomicBool) -> Result<Run> {
    let study = Study::open(request)?;
    let _ = sender.send(Event::Opened(Box::new(study.opened())));
    study.run(&mut |step| {
        let listening = sender.send(Event::Step(step)).is_ok();
        if listening && !cancelled.load(Ordering::Relaxed) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
}

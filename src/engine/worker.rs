//! The background thread that computes: it takes a request, sends events, and can be cancelled.
//!
//! So the caller's own thread stays free to show results. A panic in this thread reaches the caller as an event, like any
//! failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{Builder, JoinHandle};

use crate::core::problem::Result;
use crate::core::progress::Event;
use crate::core::request::{Care, Request};
use crate::core::run::Run;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::study::OpenStudy;
use crate::engine::threads::{THREAD, fault, no_thread};

/// One computation on its own thread. Dropping the job cancels it and waits for the thread.
pub struct Job {
    events: Receiver<Event>,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Job {
    /// Starts the computation that `request` asks for, with an empty cache.
    ///
    /// # Errors
    /// When the system starts no more threads.
    pub fn start(request: Request) -> Result<Self> {
        Self::start_with(request, Arc::default(), Cancel::default())
    }

    /// Starts the computation like [`Job::start`], with care: its inputs say how much memory it takes, and as soon as a dictionary turns
    /// out to be set up wrongly, it stops after a [`Step::Inspected`](crate::core::progress::Step::Inspected) that says how.
    ///
    /// # Errors
    /// When the system starts no more threads.
    pub fn start_careful(request: Request, care: Care) -> Result<Self> {
        Self::spawn(Cancel::default(), move |tell, cancel| {
            let study = OpenStudy::open_careful(request, care, cancel)?;
            tell(Event::Opened(Box::new(study.opened())));
            study.run(tell, cancel)
        })
    }

    /// Starts the computation that `request` asks for, with what earlier jobs left in `cache`. The caller keeps a clone of
    /// `cancel` if it must be able to cancel without holding the job.
    ///
    /// # Errors
    /// When the system starts no more threads.
    pub fn start_with(request: Request, cache: Arc<Cache>, cancel: Cancel) -> Result<Self> {
        Self::spawn(cancel, move |tell, cancel| {
            let study = OpenStudy::open(request, &cache, cancel)?;
            tell(Event::Opened(Box::new(study.opened())));
            study.run(tell, cancel)
        })
    }

    /// Starts a thread that does `work`, sends its events, and ends with the outcome even if `work` panics.
    fn spawn(
        cancel: Cancel,
        work: impl FnOnce(&(dyn Fn(Event) + Sync), &Cancel) -> Result<Run> + Send + 'static,
    ) -> Result<Self> {
        let (sender, events) = channel();
        let cancelled = cancel.clone();
        let run = move || {
            let tell = |event: Event| {
                let is_time = is_time_to_fail(&event);
                if sender.send(event).is_err() {
                    cancelled.cancel();
                }
                assert!(!is_time, "SAESCOPE_FAULT asks for one");
            };
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&tell, &cancelled)));
            let outcome = outcome.unwrap_or_else(|panic| Err(fault("attribution", &*panic)));
            // There is no receiver any more if the job was dropped.
            let _ = sender.send(Event::Ended(outcome.map(Box::new)));
        };
        let thread = Builder::new().name(THREAD.to_owned()).spawn(run).map_err(no_thread)?;
        Ok(Self { events, cancel, thread: Some(thread) })
    }

    /// The events in order; the channel closes after [`Event::Ended`].
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Asks the job to stop. At the next check of the flag it ends with a problem that says so. The flag is checked between two
    /// layers of a pass, forward and backward, between two dictionaries, and between pieces of what is read and hashed.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            // Panics of the thread are caught inside it.
            let _ = thread.join();
        }
    }
}

/// A fault for tests of the built program: with the cargo feature `faults`, `SAESCOPE_FAULT=worker-panic` in the environment
/// makes every job panic right after it has reported its first finished submodule. Builds without the feature do not read that
/// variable.
#[cfg(feature = "faults")]
fn is_time_to_fail(event: &Event) -> bool {
    let fails = std::env::var_os("SAESCOPE_FAULT").is_some_and(|fault| fault == "worker-panic");
    fails && matches!(event, Event::Step(crate::core::progress::Step::Found(..)))
}

#[cfg(not(feature = "faults"))]
fn is_time_to_fail(_: &Event) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::progress::{Progress, Step};

    #[test]
    fn a_panic_is_the_end_with_its_reason() {
        let job = Job::spawn(Cancel::default(), |_, _| panic!("{} is amiss", "something")).unwrap();
        let events: Vec<Event> = job.events().iter().collect();
        let [Event::Ended(Err(problem))] = events.as_slice() else { panic!("{events:?}") };
        assert!(problem.to_string().contains("fault of the program: something is amiss"), "{problem}");
    }

    #[test]
    fn a_job_that_nobody_listens_to_is_told_to_stop() {
        let (sender, stopped) = channel();
        let mut job = Job::spawn(Cancel::default(), move |tell, cancel| {
            // Events are sent until the receiver is dropped below; the first that cannot be sent cancels.
            while !cancel.is_cancelled() {
                tell(Event::Step(Step::Progress(Progress { stage: String::new(), done: 0, total: 1 })));
            }
            let _ = sender.send(());
            cancel.check().map(|()| unreachable!("it was cancelled"))
        })
        .unwrap();
        let (_, nothing) = channel();
        job.events = nothing;
        assert_eq!(stopped.recv_timeout(std::time::Duration::from_secs(10)), Ok(()));
    }
}

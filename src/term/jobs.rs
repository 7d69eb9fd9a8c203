//! Runs computations for the explorer, one after another, and turns their events into messages.
//!
//! What costs time on the way to the screen (ranking, grouping) is done here, off the drawing thread.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use super::Incoming;
use super::priority::{Yield, give_way};
use crate::app::message::{JobNews, Message};
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::Request;
use crate::core::tags::Subject;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::identity;
use crate::engine::memory::Bounds;
use crate::engine::worker::Job;
use crate::store::log::Log;

/// The computations of one explorer.
pub struct Jobs {
    sender: Sender<Incoming>,
    start: Instant,
    log: Arc<Log>,
    cache: Arc<Cache>,
    running: Option<Running>,
}

struct Running {
    number: u64,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

impl Jobs {
    /// Messages go to `sender`, with times since `start`.
    pub fn new(sender: Sender<Incoming>, start: Instant, log: Arc<Log>) -> Self {
        Self { sender, start, log, cache: Arc::new(Cache::new(Bounds::EXPLORER)), running: None }
    }

    /// Starts to compute; what runs ends first.
    pub fn start(&mut self, number: u64, request: Request) {
        let cancel = Cancel::default();
        let previous = self.running.take();
        if let Some(previous) = &previous {
            previous.cancel.cancel();
        }
        let (sender, log, cache) = (self.sender.clone(), Arc::clone(&self.log), Arc::clone(&self.cache));
        let teller = Teller { sender, start: self.start, log, cache, number };
        let cancelled = cancel.clone();
        teller.log.line(format_args!("job {number}: {request:?}"));
        let thread = Builder::new().name("jobs".to_owned()).spawn(move || {
            // Two computations at once would need twice the memory and be no faster.
            if let Some(previous) = previous {
                let _ = previous.thread.join();
            }
            if !cancelled.is_cancelled() {
                teller.run(request, &cancelled);
            }
        });
        match thread {
            Ok(thread) => self.running = Some(Running { number, cancel, thread }),
            Err(error) => {
                let problem =
                    Problem::new("computation", format_args!("no thread can be started: {error}"), "close some programs");
                let _ = self.sender.send(Incoming::Message(Message::Failed(problem)));
            }
        }
    }

    /// Ends the computation of that number.
    pub fn cancel(&mut self, number: u64) {
        if let Some(running) = self.running.as_ref().filter(|running| running.number == number) {
            running.cancel.cancel();
            self.log.line(format_args!("job {number}: cancelled"));
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        // Its thread ends with the process: leaving must not wait for a pass through the model.
        if let Some(running) = &self.running {
            running.cancel.cancel();
        }
    }
}

/// Tells the explorer of one job.
struct Teller {
    sender: Sender<Incoming>,
    start: Instant,
    log: Arc<Log>,
    cache: Arc<Cache>,
    number: u64,
}

impl Teller {
    fn run(&self, request: Request, cancel: &Cancel) {
        give_way(Yield::ToAll);
        let job = match Job::start_with(request, Arc::clone(&self.cache), cancel.clone()) {
            Ok(job) => job,
            Err(problem) => return self.tell(JobNews::Ended(Err(problem))),
        };
        let mut subject = None;
        for event in job.events() {
            match event {
                Event::Opened(opened) => self.tell(JobNews::Opened(Arc::from(opened))),
                Event::Identified(identified) => {
                    subject = Some(identified.clone());
                    self.tell(JobNews::Identified(identified));
                }
                Event::Step(Step::Progress(progress)) => self.tell(JobNews::Progress(progress)),
                Event::Step(Step::Found(view, ranked)) => self.tell(JobNews::Found(view, ranked)),
                Event::Step(Step::Fitted(submodule, report)) => self.tell(JobNews::Fitted(submodule, report)),
                Event::Ended(outcome) => {
                    if let Err(problem) = &outcome {
                        self.log.line(format_args!("job {}: {problem}", self.number));
                    }
                    let findings = outcome.map(|run| {
                        let subject = subject.take().unwrap_or_else(|| subject_of(&run));
                        Arc::new(Findings::from_run(*run, None, subject))
                    });
                    self.tell(JobNews::Ended(findings));
                }
            }
        }
    }

    fn tell(&self, news: JobNews) {
        // Nobody listens any more when the explorer is leaving.
        let _ = self.sender.send(Incoming::Message(Message::Job(self.number, news, self.start.elapsed())));
    }
}

/// What the tags of a run hang on.
pub fn subject_of(run: &crate::core::run::Run) -> Subject {
    identity::subject(&run.manifest.model.name, &run.manifest.dictionaries)
}

/// Reads a run file for the screen.
pub fn read(path: &std::path::Path) -> Result<Arc<Findings>> {
    let run = crate::store::run_file::read(path)?;
    let subject = subject_of(&run);
    Ok(Arc::new(Findings::from_run(run, Some(path.display().to_string()), subject)))
}

//! Runs computations for the explorer, one after another, and passes their events on.
//!
//! Turning a whole run into findings takes time, so it is done here, off the drawing thread.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use super::Incoming;
use super::priority::{Yield, give_way};
use crate::app::message::{JobNews, Message};
use crate::core::findings::Findings;
use crate::core::hosted::Hosted;
use crate::core::problem::Problem;
use crate::core::progress::Event;
use crate::core::request::Request;
use crate::core::run::Run;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::identity;
use crate::engine::memory::Bounds;
use crate::engine::worker::Job;
use crate::store::explanations;
use crate::store::log::Log;

/// The computations of one explorer.
pub struct Jobs {
    sender: Sender<Incoming>,
    start: Instant,
    log: Arc<Log>,
    cache: Arc<Cache>,
    hosted: Arc<Hosted>,
    running: Option<Running>,
}

struct Running {
    number: u64,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

impl Jobs {
    /// No computation runs yet. Messages go to `sender`, with times since `start`; labels are those of the dictionaries that are `hosted`.
    pub fn new(sender: Sender<Incoming>, start: Instant, log: Arc<Log>, hosted: Arc<Hosted>) -> Self {
        Self { sender, start, log, cache: Arc::new(Cache::new(Bounds::EXPLORER)), hosted, running: None }
    }

    /// What computations share: a check of a run uses the model that computed it.
    pub fn cache(&self) -> Arc<Cache> {
        Arc::clone(&self.cache)
    }

    /// Starts to compute `request`; a running computation is cancelled and ends first.
    pub fn start(&mut self, number: u64, request: Request) {
        let cancel = Cancel::default();
        let previous = self.running.take();
        if let Some(previous) = &previous {
            previous.cancel.cancel();
        }
        let (sender, log, cache) = (self.sender.clone(), Arc::clone(&self.log), Arc::clone(&self.cache));
        let hosted = Arc::clone(&self.hosted);
        let teller = Teller { sender, start: self.start, log, cache, hosted, number };
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

    /// Cancels the computation of that number, if it runs.
    pub fn cancel(&mut self, number: u64) {
        if let Some(running) = self.running.as_ref().filter(|running| running.number == number) {
            running.cancel.cancel();
            self.log.line(format_args!("job {number}: cancelled"));
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        // The thread of the computation ends with the process: leaving must not wait for a pass through the model.
        if let Some(running) = &self.running {
            running.cancel.cancel();
        }
    }
}

/// Sends the news of one job to the explorer.
struct Teller {
    sender: Sender<Incoming>,
    start: Instant,
    log: Arc<Log>,
    cache: Arc<Cache>,
    hosted: Arc<Hosted>,
    number: u64,
}

impl Teller {
    fn run(&self, request: Request, cancel: &Cancel) {
        give_way(Yield::ToAll);
        let job = match Job::start_with(request, Arc::clone(&self.cache), cancel.clone()) {
            Ok(job) => job,
            Err(problem) => return self.tell(JobNews::Ended(Err(problem))),
        };
        for event in job.events() {
            if let Event::Ended(Err(problem)) = &event {
                self.log.line(format_args!("job {}: {problem}", self.number));
            }
            self.tell(event.map(|run| shown(*run, None, &self.hosted)));
        }
    }

    fn tell(&self, news: JobNews) {
        // The receiver is gone when the explorer is leaving.
        let _ = self.sender.send(Incoming::Message(Message::Job(self.number, news, self.start.elapsed())));
    }
}

/// The findings of a whole run, with the subject of its tags and with imported labels.
pub(super) fn shown(run: Run, file: Option<String>, hosted: &Hosted) -> Arc<Findings> {
    let subject = identity::subject_of(&run);
    let mut findings = Findings::from_run(run, file, subject);
    findings.explain(explanations::of_model(&findings.model), hosted);
    Arc::new(findings)
}

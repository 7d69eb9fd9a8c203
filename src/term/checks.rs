//! Runs causal checks for the explorer beside its computations, one after another, and passes their news on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::Incoming;
use super::priority::{Yield, give_way};
use crate::app::message::Message;
use crate::core::causal::check::{Done, News, Request};
use crate::core::problem::Result;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::causal::background::check;
use crate::engine::threads::{fault, no_thread};
use crate::store::log::Log;
use crate::store::run_model;

/// Least time between two progress messages of one stage.
const PAUSE: Duration = Duration::from_millis(50);

/// The checks of one explorer.
pub struct Checks {
    teller: Teller,
    cache: Arc<Cache>,
    running: Option<Running>,
}

struct Running {
    number: u64,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

#[derive(Clone)]
struct Teller {
    sender: Sender<Incoming>,
    start: Instant,
    log: Arc<Log>,
}

impl Teller {
    fn tell(&self, number: u64, news: News) {
        // The receiver is gone when the explorer is leaving.
        let _ = self.sender.send(Incoming::Message(Message::Check(number, news, self.start.elapsed())));
    }
}

impl Checks {
    /// No check runs yet. Messages go to `sender`, with times since `start`; models are taken from `cache`.
    pub fn new(sender: Sender<Incoming>, start: Instant, log: Arc<Log>, cache: Arc<Cache>) -> Self {
        Self { teller: Teller { sender, start, log }, cache, running: None }
    }

    /// Starts the check that `request` asks for, after a running check has stopped.
    pub fn start(&mut self, number: u64, request: Request) {
        let cancel = Cancel::default();
        let previous = self.running.take();
        if let Some(previous) = &previous {
            previous.cancel.cancel();
        }
        let (teller, cache, cancelled) = (self.teller.clone(), Arc::clone(&self.cache), cancel.clone());
        teller.log.line(format_args!("check {number}: {}", request.check));
        let thread = Builder::new().name("checks".to_owned()).spawn(move || {
            give_way(Yield::ToAll);
            if let Some(previous) = previous {
                let _ = previous.thread.join();
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| run(&request, &cache, &teller, number, &cancelled)));
            let outcome = outcome.unwrap_or_else(|panic| Err(fault("causal check", &*panic)));
            match &outcome {
                Ok(_) => teller.log.line(format_args!("check {number}: done")),
                Err(problem) => teller.log.line(format_args!("check {number}: {problem}")),
            }
            teller.tell(number, News::Ended(outcome));
        });
        match thread {
            Ok(thread) => self.running = Some(Running { number, cancel, thread }),
            Err(error) => self.teller.tell(number, News::Ended(Err(no_thread(error)))),
        }
    }

    /// Stops the check of that number, if it runs.
    pub fn cancel(&mut self, number: u64) {
        if let Some(running) = self.running.as_ref().filter(|running| running.number == number) {
            running.cancel.cancel();
            self.teller.log.line(format_args!("check {number}: cancelled"));
        }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        // The thread ends with the process: leaving must not wait for a pass through the model.
        if let Some(running) = &self.running {
            running.cancel.cancel();
        }
    }
}

fn run(request: &Request, cache: &Cache, teller: &Teller, number: u64, cancel: &Cancel) -> Result<Arc<Done>> {
    let source = request.model.clone().map_or_else(|| run_model::of(&request.manifest), Ok)?;
    let mut told: Option<(Instant, String)> = None;
    let mut tell = |news: News| {
        if let News::Progress(progress) = &news {
            let is_news = told.as_ref().is_none_or(|(when, stage)| when.elapsed() >= PAUSE || *stage != progress.stage);
            if !is_news {
                return;
            }
            told = Some((Instant::now(), progress.stage.clone()));
        }
        teller.tell(number, news);
    };
    check(request, &source, cache, &mut tell, cancel)
}

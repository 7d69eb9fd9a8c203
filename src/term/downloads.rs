//! Runs downloads for the explorer, one after another, and reports their progress.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::Incoming;
use crate::app::message::{DownloadNews, Message};
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::request::ModelSource;
use crate::engine::threads::fault;
use crate::store::folders::Folders;
use crate::store::hub::fetch::bring;
use crate::store::hub::settings::Settings;
use crate::store::log::Log;
use crate::store::presets::Presets;

/// Least time between two progress messages of the same stage.
const PAUSE: Duration = Duration::from_millis(200);

/// The downloads of one explorer.
pub struct Downloads {
    teller: Teller,
    folders: Folders,
    running: Option<Running>,
}

struct Running {
    number: u64,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

#[derive(Clone)]
struct Teller {
    sender: Sender<Incoming>,
    start: Instant,
    log: Arc<Log>,
}

impl Teller {
    fn tell(&self, number: u64, news: DownloadNews) {
        // The receiver is gone when the explorer is leaving.
        let _ = self.sender.send(Incoming::Message(Message::Download(number, news, self.start.elapsed())));
    }
}

impl Downloads {
    /// No download runs yet. Messages go to `sender`, with times since `start`.
    pub fn new(sender: Sender<Incoming>, start: Instant, log: Arc<Log>, folders: Folders) -> Self {
        Self { teller: Teller { sender, start, log }, folders, running: None }
    }

    /// Starts to download the model called `name`, after a running download has stopped.
    pub fn start(&mut self, number: u64, name: String) {
        let stop = Arc::new(AtomicBool::new(false));
        let previous = self.running.take();
        if let Some(previous) = &previous {
            previous.stop.store(true, Ordering::Relaxed);
        }
        let (teller, folders, stopped) = (self.teller.clone(), self.folders.clone(), Arc::clone(&stop));
        teller.log.line(format_args!("download {number}: {name}"));
        let thread = Builder::new().name("downloads".to_owned()).spawn(move || {
            // The previous download may hold the locks of the same files until its connections notice the stop.
            if let Some(previous) = previous {
                let _ = previous.thread.join();
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| download(&name, &folders, &teller, number, &stopped)));
            let outcome = outcome.unwrap_or_else(|panic| Err(fault("download", &*panic)));
            match &outcome {
                Ok(_) => teller.log.line(format_args!("download {number}: complete")),
                Err(problem) => teller.log.line(format_args!("download {number}: {problem}")),
            }
            teller.tell(number, DownloadNews::Ended(outcome));
        });
        match thread {
            Ok(thread) => self.running = Some(Running { number, stop, thread }),
            Err(error) => {
                let problem = Problem::new("download", format_args!("no thread can be started: {error}"), "close some programs");
                self.teller.tell(number, DownloadNews::Ended(Err(problem)));
            }
        }
    }

    /// Stops the download of that number, if it runs.
    pub fn cancel(&mut self, number: u64) {
        if let Some(running) = self.running.as_ref().filter(|running| running.number == number) {
            running.stop.store(true, Ordering::Relaxed);
            self.teller.log.line(format_args!("download {number}: cancelled"));
        }
    }
}

impl Drop for Downloads {
    fn drop(&mut self) {
        // The threads of the download end with the process, and the parts that have arrived are kept.
        if let Some(running) = &self.running {
            running.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn download(name: &str, folders: &Folders, teller: &Teller, number: u64, stop: &AtomicBool) -> Result<ModelSource> {
    let presets = Presets::of_user()?;
    let mut told: Option<(Instant, String)> = None;
    let mut tell = |progress: Progress| {
        let is_news = told.as_ref().is_none_or(|(when, stage)| when.elapsed() >= PAUSE || *stage != progress.stage);
        if is_news {
            told = Some((Instant::now(), progress.stage.clone()));
            teller.tell(number, DownloadNews::Progress(progress));
        }
    };
    let settings = Settings::from_environment()?;
    bring(presets.get(name)?, &settings, &folders.data, &mut tell, &|| stop.load(Ordering::Relaxed))
}

//! Answers questions about features beyond their effects, one after another: what they respond to in a corpus, what their decoder rows say,
//! and what their effects are with shuffled partners. The model is the one that computed the run, where it is open already.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::Incoming;
use super::priority::{Yield, give_way};
use crate::app::message::Message;
use crate::app::state::evidence::{EvidenceNews, EvidenceQuestion, SHUFFLES, Wanted};
use crate::core::corpus::responses::Responses;
use crate::core::families::Families;
use crate::core::findings::Source as Origin;
use crate::core::problem::{Problem, Result};
use crate::core::run::Manifest;
use crate::core::shuffled::Shuffled;
use crate::core::statistics::SEED;
use crate::core::view::View;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::causal::recorded::expect_model_of;
use crate::engine::corpus::Question;
use crate::engine::corpus::source::Source;
use crate::engine::lens::copies::alike;
use crate::engine::lens::{ViewPairs, lenses};
use crate::engine::loaded::Loaded;
use crate::engine::shuffled::{Question as Shuffles, memory};
use crate::engine::threads::{Threads, fault};
use crate::store::folders::Folders;
use crate::store::kept_answers::Keeping;
use crate::store::log::Log;
use crate::store::{labels, run_model};

/// Time between two answers of a corpus that are shown.
const PAUSE: Duration = Duration::from_secs(2);

/// The questions of one explorer.
pub struct Evidence {
    teller: Teller,
    cache: Arc<Cache>,
    folders: Folders,
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
    log: Arc<Log>,
}

impl Teller {
    fn tell(&self, number: u64, news: EvidenceNews) {
        // The receiver is gone when the explorer is leaving.
        let _ = self.sender.send(Incoming::Message(Message::Evidence(number, news)));
    }
}

impl Evidence {
    /// Nothing is asked yet. Answers go to `sender`; those of corpora and shuffles are kept in `folders`.
    pub fn new(sender: Sender<Incoming>, cache: Arc<Cache>, folders: &Folders, log: Arc<Log>) -> Self {
        Self { teller: Teller { sender, log }, cache, folders: folders.clone(), running: None }
    }

    /// Starts to answer `question`; the one before it ends first.
    pub fn ask(&mut self, question: EvidenceQuestion) {
        let cancel = Cancel::default();
        let previous = self.running.take();
        if let Some(previous) = &previous {
            previous.cancel.cancel();
        }
        let (number, cancelled, teller) = (question.number, cancel.clone(), self.teller.clone());
        let (cache, folders) = (Arc::clone(&self.cache), self.folders.clone());
        teller.log.line(format_args!("question {number}: {:?} of {} features", question.wanted, question.features.len()));
        let answer = move || {
            give_way(Yield::ToAll);
            if let Some(previous) = previous {
                let _ = previous.thread.join();
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| answer(&question, &cache, &folders, &teller, &cancelled)));
            let outcome = outcome.unwrap_or_else(|panic| Err(fault("evidence", &*panic)));
            if let Err(problem) = &outcome {
                teller.log.line(format_args!("question {number}: {problem}"));
            }
            teller.tell(number, EvidenceNews::Ended(outcome));
        };
        match Builder::new().name("evidence".to_owned()).spawn(answer) {
            Ok(thread) => self.running = Some(Running { number, cancel, thread }),
            Err(error) => {
                let problem =
                    Problem::environment("evidence", format_args!("no thread can be started: {error}"), "close some programs");
                self.teller.tell(number, EvidenceNews::Ended(Err(problem)));
            }
        }
    }

    /// Stops the question of that number, if it is open.
    pub fn stop(&mut self, number: u64) {
        if let Some(running) = self.running.as_ref().filter(|running| running.number == number) {
            running.cancel.cancel();
        }
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        // The thread ends with the process, and what a corpus has answered is kept.
        if let Some(running) = &self.running {
            running.cancel.cancel();
        }
    }
}

fn answer(question: &EvidenceQuestion, cache: &Cache, folders: &Folders, teller: &Teller, cancel: &Cancel) -> Result<()> {
    let Origin::Run { manifest, .. } = &question.findings.source else {
        return Err(Problem::new("evidence", "needs a whole run", "ask when all of it is computed"));
    };
    cancel.check()?;
    let source = run_model::of(manifest)?;
    Threads::new(None)?.run(|| {
        let loaded = cache.loaded(&source, None, cancel)?;
        expect_model_of(manifest, &loaded, cancel)?;
        match &question.wanted {
            Wanted::Corpus(file) => {
                let keeping = Keeping::new(Ok(folders.responses()));
                corpus(question, file.as_deref(), &loaded, keeping, teller, cancel)
            }
            Wanted::Families(view) => {
                let alike = alike(&loaded, &question.features, cancel)?;
                let families = Families::new(question.features.iter().copied(), &alike, question.findings.detail(*view));
                teller.tell(question.number, EvidenceNews::Families(*view, Arc::new(families)));
                Ok(())
            }
            Wanted::Lens(view) => lens(question, *view, manifest, &loaded, teller, cancel),
            Wanted::Shuffled(view) => {
                let keeping = Keeping::new(Ok(folders.shuffled()));
                shuffled(question, *view, manifest, &loaded, keeping, teller, cancel)
            }
        }
    })
}

fn lens(
    question: &EvidenceQuestion,
    view: View,
    manifest: &Manifest,
    loaded: &Loaded,
    teller: &Teller,
    cancel: &Cancel,
) -> Result<()> {
    let found = lenses(loaded, &question.features, &ViewPairs::of_run(manifest, view), cancel)?;
    teller.tell(question.number, EvidenceNews::Lenses(view, Arc::new(found)));
    Ok(())
}

/// Tells every shuffle, and keeps them every now and then and in the end, so that a question that was stopped goes on.
fn shuffled(
    asked: &EvidenceQuestion,
    view: View,
    manifest: &Manifest,
    loaded: &Loaded,
    mut keeping: Keeping,
    teller: &Teller,
    cancel: &Cancel,
) -> Result<()> {
    let question = Shuffles { manifest, view, seed: SEED };
    let mut shuffled = keeping.or_kept(question.begin()?)?;
    let tell = |shuffled: &Shuffled| {
        let findings = Arc::clone(&asked.findings);
        teller.tell(asked.number, EvidenceNews::Shuffled(findings, view, Arc::new(shuffled.clone())));
    };
    let memory = memory();
    while shuffled.shuffles.len() < SHUFFLES {
        let next = question.shuffle(shuffled.shuffles.len() as u64, loaded, &memory, cancel)?;
        shuffled.shuffles.push(next);
        if shuffled.shuffles.len() == SHUFFLES || keeping.is_due() {
            loaded.expect_unchanged(cancel)?;
            keeping.keep(&shuffled);
        }
        tell(&shuffled);
    }
    tell(&shuffled.first(SHUFFLES));
    expect_kept(&keeping)
}

/// Fails, after everything was told, if it could not be kept: the next time it takes as long again.
fn expect_kept(keeping: &Keeping) -> Result<()> {
    keeping.problem().map_or(Ok(()), |problem| Err(problem.clone()))
}

fn corpus(
    asked: &EvidenceQuestion,
    file: Option<&str>,
    loaded: &Loaded,
    mut keeping: Keeping,
    teller: &Teller,
    cancel: &Cancel,
) -> Result<()> {
    let source = file.map_or(Source::Demo, |path| Source::File(path.into()));
    let labels = labels::open(None)?;
    let question = Question { loaded, features: &asked.features, labels: &labels, window: None, source: &source };
    let mut responses = keeping.or_kept(question.begin(cancel)?)?;
    teller.tell(asked.number, EvidenceNews::Responses(Arc::new(responses.clone())));
    if responses.is_whole() {
        return Ok(());
    }
    let mut told = Instant::now();
    let mut batch_done = |responses: &Responses| {
        if responses.is_whole() || keeping.is_due() {
            loaded.expect_unchanged(cancel)?;
            keeping.keep(responses);
        }
        if responses.is_whole() || told.elapsed() >= PAUSE {
            teller.tell(asked.number, EvidenceNews::Responses(Arc::new(responses.clone())));
            told = Instant::now();
        }
        Ok(())
    };
    question.go_on(&mut responses, &mut batch_done, cancel)?;
    expect_kept(&keeping)
}

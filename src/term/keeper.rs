//! Keeps runs and sessions in the user's state folder, and reads runs, on a thread of its own: a run may be large and a disk slow.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::Incoming;
use super::jobs::shown;
use crate::app::message::Message;
use crate::core::causal::check::Done;
use crate::core::findings::{Findings, Source};
use crate::core::hosted::Hosted;
use crate::core::problem::{Problem, Result};
use crate::core::session::{Looked, Session};
use crate::store::folders::Folders;
use crate::store::kept_runs::{Held, KeptRuns, Limits};
use crate::store::log::Log;
use crate::store::{kept_checks, run_file, sessions};

/// Least time between two writes of the session, which changes with every key.
const PAUSE: Duration = Duration::from_secs(1);

enum Order {
    Keep(Arc<Findings>),
    KeepCheck(Arc<Findings>, Arc<Done>),
    Read(PathBuf),
    List,
    MentionLast,
    OpenSession(Looked),
    SaveSession(Box<(Looked, Session)>),
    Finish,
}

impl Order {
    /// Whether something would be lost if the program left before this order is carried out.
    fn is_awaited(&self) -> bool {
        matches!(self, Self::Keep(_) | Self::KeepCheck(..) | Self::SaveSession(_))
    }
}

/// The sender of orders to the thread.
pub struct Keeper {
    orders: Sender<Order>,
    /// Number of orders not yet carried out without which the program must not leave.
    awaited: Arc<AtomicUsize>,
}

impl Keeper {
    /// Starts the thread. Messages go to `sender`; labels of runs are those of the dictionaries that are `hosted`.
    pub fn new(folders: &Folders, limits: Limits, sender: Sender<Incoming>, log: Arc<Log>, hosted: Arc<Hosted>) -> Result<Self> {
        let (orders, receiver) = channel();
        let awaited = Arc::<AtomicUsize>::default();
        let work = Work {
            runs: KeptRuns::new(folders.runs()),
            sessions: folders.sessions(),
            limits,
            sender,
            log,
            hosted,
            awaited: Arc::clone(&awaited),
            held: None,
            kept: Vec::new(),
            session: None,
            written: None,
            told: None,
        };
        let thread = Builder::new().name("keeper".to_owned()).spawn(move || work.run(&receiver));
        thread.map_err(|error| Problem::new("runs", format_args!("no thread can be started: {error}"), "close some programs"))?;
        Ok(Self { orders, awaited })
    }

    /// Asks for the run to be kept.
    pub fn keep(&self, findings: Arc<Findings>) {
        self.order(Order::Keep(findings));
    }

    /// Asks for a check of a kept run to be kept with it.
    pub fn keep_check(&self, findings: Arc<Findings>, done: Arc<Done>) {
        self.order(Order::KeepCheck(findings, done));
    }

    /// Asks for the run at `path`, kept or not.
    pub fn read(&self, path: PathBuf) {
        self.order(Order::Read(path));
    }

    /// Asks for the list of kept runs.
    pub fn list(&self) {
        self.order(Order::List);
    }

    /// Asks for the run that was kept last, if there is one.
    pub fn mention_last(&self) {
        self.order(Order::MentionLast);
    }

    /// Asks how the study was looked at last.
    pub fn open_session(&self, looked: Looked) {
        self.order(Order::OpenSession(looked));
    }

    /// Asks for the session to be stored.
    pub fn save_session(&self, looked: Looked, session: Session) {
        self.order(Order::SaveSession(Box::new((looked, session))));
    }

    /// Asks to be told when nothing can be lost any more by leaving. Returns whether there is anything to wait for.
    pub fn finish(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) > 0 && self.orders.send(Order::Finish).is_ok()
    }

    fn order(&self, order: Order) {
        self.awaited.fetch_add(usize::from(order.is_awaited()), Ordering::Relaxed);
        // If the thread is gone, it has panicked and that was reported.
        let _ = self.orders.send(order);
    }
}

struct Work {
    runs: KeptRuns,
    sessions: PathBuf,
    limits: Limits,
    sender: Sender<Incoming>,
    log: Arc<Log>,
    hosted: Arc<Hosted>,
    awaited: Arc<AtomicUsize>,
    /// The kept run on the screen, which nobody removes meanwhile.
    held: Option<Held>,
    /// The files of the kept runs that are in memory: a check may end when another run is on the screen.
    kept: Vec<(Weak<Findings>, PathBuf)>,
    /// The latest session that is not stored yet.
    session: Option<Box<(Looked, Session)>>,
    /// When a session was stored last.
    written: Option<Instant>,
    /// The latest problem with a session: the same one is not told again.
    told: Option<Problem>,
}

impl Work {
    /// Runs until the explorer is gone.
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let due = self.written.map_or(Duration::ZERO, |written| PAUSE.saturating_sub(written.elapsed()));
            let patience = if self.session.is_some() { due } else { Duration::MAX };
            match orders.recv_timeout(patience) {
                Ok(order) => self.carry_out(order),
                Err(RecvTimeoutError::Timeout) => self.save_session(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Keep(findings) => {
                self.keep(&findings);
                self.awaited.fetch_sub(1, Ordering::Relaxed);
            }
            Order::KeepCheck(findings, done) => {
                self.keep_check(&findings, &done);
                self.awaited.fetch_sub(1, Ordering::Relaxed);
            }
            Order::Read(path) => self.read(&path),
            Order::List => self.tell(Message::RunsListed(self.runs.list())),
            Order::MentionLast => {
                if let Some(run) = self.runs.last() {
                    self.tell(Message::LastRun(Box::new(run)));
                }
            }
            Order::OpenSession(looked) => {
                // It may be the one that waits.
                self.save_session();
                let found = sessions::read(&self.sessions, &looked).unwrap_or_else(|problem| {
                    self.log.line(&problem);
                    self.tell(Message::Failed(problem));
                    None
                });
                self.tell(Message::SessionRead(looked, found.map(Box::new)));
            }
            Order::SaveSession(session) => {
                if self.session.as_ref().is_some_and(|waiting| waiting.0 != session.0) {
                    self.save_session();
                }
                let before = self.session.replace(session);
                self.awaited.fetch_sub(usize::from(before.is_some()), Ordering::Relaxed);
            }
            Order::Finish => {
                self.save_session();
                let _ = self.sender.send(Incoming::Finished(Ok(())));
            }
        }
    }

    fn keep(&mut self, findings: &Arc<Findings>) {
        let run = findings.to_run().ok_or_else(|| Problem::new("run", "is not whole", "compute it again"));
        let outcome = run.and_then(|run| self.runs.keep(&run, self.limits)).map(|held| {
            self.log.line(format_args!("kept the run {}", held.name));
            let path = self.runs.path(&held.name);
            self.held = Some(held);
            path
        });
        if let Err(problem) = &outcome {
            self.log.line(format_args!("the run is not kept: {problem}"));
        }
        let path = outcome.as_ref().ok().cloned();
        self.tell(Message::RunKept(Arc::clone(findings), outcome.map(|_| ())));
        // A run with the same result may have been kept before, with checks.
        path.into_iter().for_each(|path| self.read_checks(findings, path));
    }

    fn read(&mut self, path: &Path) {
        if !self.runs.holds(path) {
            return self.read_file(path);
        }
        match self.runs.open(path) {
            Ok((run, held)) => {
                self.held = Some(held);
                let findings = shown(run, None, &self.hosted);
                self.tell(Message::RunRead(Ok(Arc::clone(&findings))));
                self.tell(Message::RunKept(Arc::clone(&findings), Ok(())));
                self.read_checks(&findings, path.to_owned());
            }
            Err(problem) => self.tell(Message::RunRead(Err(problem))),
        }
    }

    /// Reads the user's own file at `path`. If the same run is kept, it may have checks.
    fn read_file(&mut self, path: &Path) {
        let run = match run_file::read(path) {
            Ok(run) => run,
            Err(problem) => return self.tell(Message::RunRead(Err(problem))),
        };
        let findings = shown(run, Some(path.display().to_string()), &self.hosted);
        self.tell(Message::RunRead(Ok(Arc::clone(&findings))));
        // Comparing with kept runs reads a whole one, for which the screen does not wait.
        let Some(run) = findings.to_run() else { return };
        match self.runs.kept_as(&run) {
            Ok(Some((path, held))) => {
                self.held = Some(held);
                self.tell(Message::RunKept(Arc::clone(&findings), Ok(())));
                self.read_checks(&findings, path);
            }
            Ok(None) => {}
            // The run is on the screen all the same.
            Err(problem) => self.log.line(&problem),
        }
    }

    /// Tells the checks of the kept run at `path`, and remembers where later ones belong.
    fn read_checks(&mut self, findings: &Arc<Findings>, path: PathBuf) {
        let Source::Run { manifest, .. } = &findings.source else { return };
        let checks = kept_checks::read(&path, manifest).unwrap_or_else(|problem| {
            self.log.line(&problem);
            self.tell(Message::Failed(problem));
            Vec::new()
        });
        self.kept.retain(|(findings, _)| findings.strong_count() > 0);
        self.kept.push((Arc::downgrade(findings), path));
        if !checks.is_empty() {
            self.tell(Message::ChecksRead(Arc::clone(findings), checks.into_iter().map(Arc::new).collect()));
        }
    }

    fn keep_check(&mut self, findings: &Arc<Findings>, done: &Done) {
        let is_same = |(kept, _): &&(Weak<Findings>, PathBuf)| std::ptr::eq(kept.as_ptr(), Arc::as_ptr(findings));
        let path = self.kept.iter().find(is_same).map(|(_, path)| path.clone());
        // Somebody may have given the run another name since.
        let path = path.and_then(|path| if path.exists() { Some(path) } else { self.renamed(findings) });
        let outcome = match (&findings.source, path) {
            (Source::Run { manifest, .. }, Some(path)) => self.runs.keep_check(&path, manifest, done, self.limits),
            _ => Err(Problem::new(&done.check, "is not kept: its run is not kept", "run it again with a kept run")),
        };
        match outcome {
            Ok(unread) => {
                self.log.line(format_args!("kept the check: {}", done.check));
                if let Some(problem) = unread {
                    self.log.line(&problem);
                    self.tell(Message::Failed(problem));
                }
            }
            Err(problem) => {
                self.log.line(format_args!("the check is not kept: {problem}"));
                self.tell(Message::Failed(problem));
            }
        }
    }

    /// Where the run is kept now; None if it is not.
    fn renamed(&self, findings: &Findings) -> Option<PathBuf> {
        self.runs.kept_as(&findings.to_run()?).ok()?.map(|(path, _)| path)
    }

    fn save_session(&mut self) {
        let Some(session) = self.session.take() else { return };
        let (looked, session) = *session;
        let outcome = sessions::write(&self.sessions, &looked, &session).err();
        if let Some(problem) = outcome.as_ref().filter(|problem| self.told.as_ref() != Some(*problem)) {
            self.log.line(format_args!("the session is not stored: {problem}"));
        }
        self.told = outcome;
        self.written = Some(Instant::now());
        self.awaited.fetch_sub(1, Ordering::Relaxed);
    }

    fn tell(&self, message: Message) {
        if let Message::RunRead(Err(problem)) = &message {
            self.log.line(problem);
        }
        let _ = self.sender.send(Incoming::Message(message));
    }
}

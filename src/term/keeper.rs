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
use crate::core::run::Run;
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
        let outcome = whole(findings).and_then(|run| self.runs.keep(&run, self.limits)).map(|held| {
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
        // Comparing with kept runs may read a whole one, for which the screen does not wait.
        match self.kept_as(&findings) {
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
        // The run is held until the check is written.
        let outcome = self.place_of(findings).and_then(|found| match (&findings.source, found) {
            (Source::Run { manifest, .. }, Some((path, _held))) => self.runs.keep_check(&path, manifest, done, self.limits),
            _ => Err(Problem::new(&done.check, "is not kept: its run is not kept", "run it again with a kept run")),
        });
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

    /// Where the run is kept now, with what holds it if it had to be looked for; None if it is not kept.
    fn place_of(&mut self, findings: &Arc<Findings>) -> Result<Option<(PathBuf, Option<Held>)>> {
        let is_same = |(kept, _): &(Weak<Findings>, PathBuf)| std::ptr::eq(kept.as_ptr(), Arc::as_ptr(findings));
        let Some(known) = self.kept.iter().position(is_same) else { return Ok(None) };
        let path = &self.kept[known].1;
        if path.try_exists().map_err(|error| Problem::from_io(path, "find it", &error))? {
            return Ok(Some((path.clone(), None)));
        }
        // Somebody has given the run another name since, or deleted it.
        let Some((path, held)) = self.kept_as(findings)? else { return Ok(None) };
        self.kept[known].1.clone_from(&path);
        Ok(Some((path, Some(held))))
    }

    /// The kept run with the result of `findings`, if there is one.
    fn kept_as(&self, findings: &Findings) -> Result<Option<(PathBuf, Held)>> {
        let Source::Run { manifest, .. } = &findings.source else { return Ok(None) };
        self.runs.kept_as(manifest, || whole(findings))
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

/// The run of `findings`.
fn whole(findings: &Findings) -> Result<Run> {
    findings.to_run().ok_or_else(|| Problem::new("run", "is not whole", "compute it again"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::core::causal::check::{Check, Found, What};
    use crate::core::causal::scores::{Ablation, Scores};
    use crate::core::causal::way::{ErrorTreatment, Way};
    use crate::core::name::Name;
    use crate::ui::testing::run;

    const LIMITS: Limits = Limits { runs: 3, bytes: 1 << 30 };

    /// The work of a keeper with the runs in `folder`, and what it tells.
    fn work(folder: &Path) -> (Work, Receiver<Incoming>) {
        let (sender, told) = channel();
        let work = Work {
            runs: KeptRuns::new(folder.join("runs")),
            sessions: folder.join("sessions"),
            limits: LIMITS,
            sender,
            log: Arc::new(Log::open(&folder.join("log"))),
            hosted: Arc::default(),
            awaited: Arc::default(),
            held: None,
            kept: Vec::new(),
            session: None,
            written: None,
            told: None,
        };
        (work, told)
    }

    fn check() -> Done {
        let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
        let what = What::Set { features: BTreeSet::from(["resid_1/5".parse().unwrap()]), way, error };
        let ablation = Ablation { way, error, all: vec![1.0; 2], empty: vec![0.0; 2], sets: Vec::new() };
        let found = Found::Set(ablation.clone(), Scores::of(&ablation));
        Done { check: Check { view: Name::new("male").unwrap(), what }, found, elsewhere: None, whole: true }
    }

    /// What went wrong, of all that was told.
    fn problems(told: &Receiver<Incoming>) -> Vec<String> {
        let problem = |incoming| match incoming {
            Incoming::Message(Message::Failed(problem)) => Some(problem.to_string()),
            _ => None,
        };
        told.try_iter().filter_map(problem).collect()
    }

    #[test]
    fn a_check_goes_to_its_run_whatever_that_is_called_now() {
        let folder = tempfile::tempdir().unwrap();
        let (mut work, told) = work(folder.path());
        let findings = shown(run(), None, &work.hosted);
        work.keep(&findings);
        let former = work.kept[0].1.clone();
        let renamed = work.runs.path("mine");
        std::fs::rename(&former, &renamed).unwrap();
        work.keep_check(&findings, &check());
        assert_eq!(problems(&told), Vec::<String>::new());
        assert!(kept_checks::path(&renamed).exists());
        assert_eq!(work.kept[0].1, renamed, "it is looked for once");
        // Somebody deletes it: then it is kept nowhere.
        std::fs::remove_file(&renamed).unwrap();
        work.keep_check(&findings, &check());
        let [problem] = &problems(&told)[..] else { panic!("one problem") };
        assert!(problem.contains("its run is not kept"), "{problem}");
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_named_where_a_run_is_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let (mut work, told) = work(folder.path());
        let findings = shown(run(), None, &work.hosted);
        work.keep(&findings);
        let runs = folder.path().join("runs");
        // No permissions hold back a superuser; a file is no folder for anybody.
        std::fs::rename(&runs, folder.path().join("away")).unwrap();
        std::fs::write(&runs, "").unwrap();
        work.keep_check(&findings, &check());
        let [problem] = &problems(&told)[..] else { panic!("one problem") };
        assert!(problem.contains(runs.to_str().unwrap()) && !problem.contains("is not kept"), "{problem}");
        // A folder of another place is asked in the same way.
        work.kept[0].1 = folder.path().join("away/other.safetensors");
        work.keep_check(&findings, &check());
        let [problem] = &problems(&told)[..] else { panic!("one problem") };
        assert!(problem.contains("cannot list it"), "{problem}");
    }
}

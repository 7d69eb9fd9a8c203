//! Reads and saves tags on a thread of its own, because a save waits for the disk.

use std::iter;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use super::Incoming;
use crate::app::message::Message;
use crate::core::problem::{Problem, Result};
use crate::core::tags::{Subject, TagBook, merge};
use crate::store::log::Log;
use crate::store::tags_file::{Saved, TagsFile};

/// Time between two tries of a save that failed.
const AGAIN: Duration = Duration::from_secs(2);

/// Time between two tries on the way out.
const SOON: Duration = Duration::from_millis(200);

/// How long a save that fails is tried again on the way out, unless the user has given it up: less than
/// [`leaving`](super::leaving) waits.
pub const LAST_TRIES: Duration = Duration::from_secs(8);

enum Order {
    Open(Subject),
    Save(Box<TagBook>, u64),
    Finish(Duration),
}

/// The sender of orders to the thread that saves tags.
pub struct Saver(Sender<Order>);

impl Saver {
    /// Starts the thread. Tag files are in `folder`; messages go to `sender`.
    pub fn new(folder: PathBuf, sender: Sender<Incoming>, log: Arc<Log>) -> Result<Self> {
        let (orders, receiver) = channel();
        let work = Work { folder, sender, log, files: Vec::new(), shown: None, unsaved: Vec::new(), told: None };
        let thread = Builder::new().name("tags".to_owned()).spawn(move || work.run(&receiver));
        thread.map_err(|error| Problem::new("tags", format_args!("no thread can be started: {error}"), "close some programs"))?;
        Ok(Self(orders))
    }

    /// Asks for the tags of `subject`.
    pub fn open(&self, subject: Subject) {
        // If the thread is gone, it has panicked and that was reported.
        let _ = self.0.send(Order::Open(subject));
    }

    /// Asks for `book`, the tags of `revision`, to be saved.
    pub fn save(&self, book: Box<TagBook>, revision: u64) {
        let _ = self.0.send(Order::Save(book, revision));
    }

    /// Asks to be told when everything is saved, or that it cannot be saved; what could not be saved is tried again at once, and
    /// then for `patience`.
    ///
    /// # Errors
    /// If the thread is gone.
    pub fn finish(&self, patience: Duration) -> Result<()> {
        let fault = |_| Problem::new("tags", "were not saved: the thread that saves them stopped", "report it with the log");
        self.0.send(Order::Finish(patience)).map_err(fault)
    }
}

struct Work {
    folder: PathBuf,
    sender: Sender<Incoming>,
    log: Arc<Log>,
    /// The files that were opened, by subject: a save goes to the file of its book's subject, even if another was opened since.
    files: Vec<(Subject, TagsFile)>,
    /// The subject that was opened last. The explorer shows its tags, and is told of these only.
    shown: Option<Subject>,
    /// The latest tags that could not be saved, at most one book of each subject, with their revisions and the reasons.
    unsaved: Vec<(Box<TagBook>, u64, Problem)>,
    /// Why the history could not be stored the last time, if it could not.
    told: Option<Problem>,
}

impl Work {
    /// Runs until the explorer is gone. What could not be saved is tried again and again.
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let patience = if self.unsaved.is_empty() { Duration::MAX } else { AGAIN };
            match orders.recv_timeout(patience) {
                Ok(first) => self.carry_out(iter::once(first).chain(orders.try_iter()).collect()),
                Err(RecvTimeoutError::Timeout) => self.try_again(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn carry_out(&mut self, waiting: Vec<Order>) {
        let mut waiting = waiting.into_iter().peekable();
        while let Some(order) = waiting.next() {
            match order {
                Order::Open(subject) => self.open(&subject),
                // Of consecutive waiting saves of the same subject only the last is needed, because it holds all tags.
                Order::Save(book, _) if matches!(waiting.peek(), Some(Order::Save(next, _)) if book.subject() == next.subject()) =>
                    {}
                Order::Save(book, revision) => {
                    self.unsaved.retain(|(unsaved, ..)| unsaved.subject() != book.subject());
                    self.save(book, revision, None);
                }
                Order::Finish(patience) => {
                    let begin = Instant::now();
                    self.try_again();
                    while !self.unsaved.is_empty() && begin.elapsed() < patience {
                        thread::sleep(SOON);
                        self.try_again();
                    }
                    let outcome = self.unsaved.first().map_or(Ok(()), |(.., problem)| Err(problem.clone()));
                    let _ = self.sender.send(Incoming::Finished(outcome));
                }
            }
        }
    }

    fn try_again(&mut self) {
        for (book, revision, problem) in std::mem::take(&mut self.unsaved) {
            self.save(book, revision, Some(&problem));
        }
    }

    /// Saves `book` or keeps it for another try. `told` is the reason why it could not be saved before: the same one is not told
    /// again.
    fn save(&mut self, mut book: Box<TagBook>, revision: u64, told: Option<&Problem>) {
        let Err(problem) = self.write(&mut book, revision) else { return };
        if told != Some(&problem) {
            self.log.line(format_args!("tags: {problem}"));
            let is_shown = self.shown.as_ref() == Some(book.subject());
            self.tell(if is_shown { Message::TagsNotSaved(problem.clone()) } else { Message::Failed(problem.clone()) });
        }
        self.unsaved.push((book, revision, problem));
    }

    fn open(&mut self, subject: &Subject) {
        self.shown = Some(subject.clone());
        self.try_again();
        if let Some((book, _, problem)) = self.unsaved.iter().find(|(book, ..)| book.subject() == subject) {
            // The file is behind these tags, so they are shown, and it stays known as it was last seen.
            let file = self.files.iter().find(|(opened, _)| opened == subject);
            let path = file.map_or_else(String::new, |(_, file)| file.path().display().to_string());
            self.tell(Message::TagsOpened(book.clone(), path));
            return self.tell(Message::TagsNotSaved(problem.clone()));
        }
        self.files.retain(|(opened, _)| opened != subject);
        match TagsFile::open(&self.folder, subject) {
            Ok((file, mut book)) => {
                if let Err(problem) = file.read_history(&mut book) {
                    self.log.line(&problem);
                    self.tell(Message::Failed(problem));
                }
                let path = file.path().display().to_string();
                self.log.line(format_args!("tags: {} features in {path}", book.features().len()));
                self.files.push((subject.clone(), file));
                self.tell(Message::TagsOpened(Box::new(book), path));
            }
            Err(problem) => {
                self.log.line(format_args!("tags: {problem}"));
                self.tell(Message::TagsUnreadable(problem));
            }
        }
    }

    /// Writes `book`, into which tags that another program saved in between are merged; the explorer gets those tags and merges
    /// them in the same way.
    fn write(&mut self, book: &mut TagBook, revision: u64) -> Result<()> {
        let subject = book.subject().clone();
        let is_shown = self.shown.as_ref() == Some(&subject);
        let Some(at) = self.files.iter().position(|(opened, _)| *opened == subject) else {
            return Err(Problem::new("tags", format_args!("of {} have no file", subject.model), "export them, and see the log"));
        };
        loop {
            let file = &mut self.files[at].1;
            match file.save(book)? {
                Saved::Written => {
                    // The tags are safe first; the history only serves undoing after a restart.
                    let history = file.save_history(book);
                    if is_shown {
                        self.tell(Message::TagsSaved(revision));
                    }
                    self.history_saved(history.err());
                    return Ok(());
                }
                Saved::ChangedElsewhere(problem) => {
                    let found = file.reread(&subject)?;
                    self.log.line(format_args!("tags: {problem}"));
                    // If the file was removed meanwhile, it is written again.
                    let Some((base, theirs)) = found else { continue };
                    book.apply(merge(&base, book.features(), &theirs));
                    if is_shown {
                        self.tell(Message::TagsChangedElsewhere { base, theirs });
                    }
                }
            }
        }
    }

    /// Tells that the history cannot be stored, each reason once.
    fn history_saved(&mut self, problem: Option<Problem>) {
        if let Some(problem) = problem.as_ref().filter(|problem| self.told.as_ref() != Some(*problem)) {
            self.log.line(format_args!("history: {problem}"));
            self.tell(Message::Failed(problem.clone()));
        }
        self.told = problem;
    }

    fn tell(&self, message: Message) {
        let _ = self.sender.send(Incoming::Message(message));
    }
}

#[cfg(test)]
#[path = "saver_tests.rs"]
mod tests;

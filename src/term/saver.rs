//! Reads and saves tags on a thread of its own, because a save waits for the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::Incoming;
use crate::app::message::Message;
use crate::core::problem::{Problem, Result};
use crate::core::tags::{Subject, TagBook, merge};
use crate::store::log::Log;
use crate::store::tags_file::{Saved, TagsFile};

enum Order {
    Open(Subject),
    Save(Box<TagBook>, u64),
}

/// The thread that saves tags, and the sender of its orders.
pub struct Saver {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Saver {
    /// Starts the thread. Tag files are in `folder`; messages go to `sender`.
    pub fn new(folder: PathBuf, sender: Sender<Incoming>, log: Arc<Log>) -> Result<Self> {
        let (orders, receiver) = channel();
        let work = Work { folder, sender, log, files: Vec::new() };
        let thread = Builder::new().name("tags".to_owned()).spawn(move || work.run(&receiver));
        let thread = thread
            .map_err(|error| Problem::new("tags", format_args!("no thread can be started: {error}"), "close some programs"))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Asks for the tags of `subject`.
    pub fn open(&self, subject: Subject) {
        self.order(Order::Open(subject));
    }

    /// Asks for `book`, the tags of `revision`, to be saved.
    pub fn save(&self, book: Box<TagBook>, revision: u64) {
        self.order(Order::Save(book, revision));
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // If the thread is gone, it has reported why.
            let _ = orders.send(order);
        }
    }

    /// Waits until everything is saved.
    ///
    /// # Errors
    /// If the latest save failed.
    pub fn finish(mut self) -> Result<()> {
        self.orders = None;
        let fault = || Problem::new("tags", "were not saved: the thread that saves them stopped", "report it with the log");
        self.thread.take().map_or(Ok(()), |thread| thread.join().map_err(|_| fault())?)
    }
}

struct Work {
    folder: PathBuf,
    sender: Sender<Incoming>,
    log: Arc<Log>,
    /// The files that were opened, by subject: a save goes to the file of its book's subject, even if another was opened since.
    files: Vec<(Subject, TagsFile)>,
}

impl Work {
    /// Runs until the last order is carried out. Returns the result of the latest save.
    fn run(mut self, orders: &Receiver<Order>) -> Result<()> {
        let mut latest = Ok(());
        while let Ok(order) = orders.recv() {
            let mut waiting = vec![order];
            waiting.extend(orders.try_iter());
            for index in 0..waiting.len() {
                // Of consecutive waiting saves of the same subject only the last is needed, because it holds all tags.
                if let (Order::Save(book, _), Some(Order::Save(next, _))) = (&waiting[index], waiting.get(index + 1))
                    && book.subject() == next.subject()
                {
                    continue;
                }
                match &waiting[index] {
                    Order::Open(subject) => self.open(subject),
                    Order::Save(book, revision) => {
                        latest = self.save((**book).clone(), *revision);
                        if let Err(problem) = &latest {
                            self.log.line(format_args!("tags: {problem}"));
                            self.tell(Message::TagsNotSaved(problem.clone()));
                        }
                    }
                }
            }
        }
        latest
    }

    fn open(&mut self, subject: &Subject) {
        self.files.retain(|(opened, _)| opened != subject);
        match TagsFile::open(&self.folder, subject) {
            Ok((file, book)) => {
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

    /// Saves `book`, merged with tags that another program saved in between; the explorer gets those tags and merges them in the
    /// same way.
    fn save(&mut self, mut book: TagBook, revision: u64) -> Result<()> {
        let subject = book.subject().clone();
        let Some(at) = self.files.iter().position(|(opened, _)| *opened == subject) else {
            return Err(Problem::new("tags", format_args!("of {} have no file", subject.model), "export them, and see the log"));
        };
        loop {
            let file = &mut self.files[at].1;
            match file.save(&book)? {
                Saved::Written => {
                    self.tell(Message::TagsSaved(revision));
                    return Ok(());
                }
                Saved::ChangedElsewhere(problem) => {
                    let found = file.reread(&subject)?;
                    self.log.line(format_args!("tags: {problem}"));
                    // If the file was removed meanwhile, it is written again.
                    let Some((base, theirs)) = found else { continue };
                    book.apply(merge(&base, book.features(), &theirs));
                    self.tell(Message::TagsChangedElsewhere { base, theirs });
                }
            }
        }
    }

    fn tell(&self, message: Message) {
        let _ = self.sender.send(Incoming::Message(message));
    }
}

//! Work that may take a while: files, the clipboard, the browser, large tables. One thread does errands in order, another
//! arranges rows.

use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use super::Incoming;
use super::clipboard::{Clipboard, Provider};
use super::environment::Environment;
use super::priority::{Yield, give_way};
use super::{browser, names};
use crate::app::message::{Effect, Message, WantedStudy};
use crate::core::causal::set;
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::study_source::StudySource;
use crate::core::tags::export;
use crate::files::whole;
use crate::store::atomic::AtomicFile;
use crate::store::log::Log;
use crate::store::run_file;
use crate::store::studies::{self, Studies};

/// A piece of work for the thread of errands.
pub enum Errand {
    /// Carry out an effect of the explorer.
    Effect(Effect),
    /// Say that all errands before this one are done.
    Finish,
}

impl Errand {
    /// Whether something would be lost if the program left before this errand is done.
    fn is_awaited(&self) -> bool {
        matches!(self, Self::Effect(Effect::Copy(..) | Effect::WriteRun(..) | Effect::WriteText { .. }))
    }
}

/// The senders to the two threads.
pub struct Errands {
    files: Sender<Errand>,
    tables: Sender<Effect>,
    /// Number of errands not yet done without which the program must not leave.
    awaited: Arc<AtomicUsize>,
}

impl Errands {
    /// Starts the threads. Answers go to `sender`; a text that cannot be copied otherwise goes to a file in `folder`.
    pub fn new(
        sender: Sender<Incoming>,
        environment: Environment,
        clipboard: Option<Provider>,
        folder: PathBuf,
        log: Arc<Log>,
    ) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Problem::new("explorer", format_args!("no thread can be started: {error}"), "close some programs")
        };
        let (errands, receiver) = channel::<Errand>();
        let to = sender.clone();
        let awaited = Arc::<AtomicUsize>::default();
        let left = Arc::clone(&awaited);
        let run = move || {
            let clipboard = Clipboard::new(&environment, clipboard, &folder);
            log.line(format_args!("clipboard: {:?}", clipboard.choice()));
            let mut runner = Runner { sender: to, environment, clipboard, log };
            for errand in receiver {
                let done = usize::from(errand.is_awaited());
                runner.run(errand);
                left.fetch_sub(done, Ordering::Relaxed);
            }
        };
        Builder::new().name("errands".to_owned()).spawn(run).map_err(failed)?;
        let (tables, receiver) = channel();
        Builder::new().name("tables".to_owned()).spawn(move || arrange_latest(&receiver, &sender)).map_err(failed)?;
        Ok(Self { files: errands, tables, awaited })
    }

    /// Asks for an errand to be done.
    pub fn run(&self, errand: Errand) {
        self.awaited.fetch_add(usize::from(errand.is_awaited()), Ordering::Relaxed);
        // If the thread is gone, it has panicked and that was reported.
        let _ = self.files.send(errand);
    }

    /// Asks to be told when nothing can be lost any more by leaving. Returns whether there is anything to wait for: a file that is
    /// only read is not.
    pub fn finish(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) > 0 && self.files.send(Errand::Finish).is_ok()
    }

    /// Asks for rows to be arranged or freed.
    pub fn arrange(&self, effect: Effect) {
        let _ = self.tables.send(effect);
    }
}

/// Arranges rows, only for the latest of several waiting requests. Any other effect is sent here only to be freed.
pub(super) fn arrange_latest(receiver: &Receiver<Effect>, sender: &Sender<Incoming>) {
    give_way(Yield::ToDrawing);
    while let Ok(first) = receiver.recv() {
        let mut latest = None;
        for effect in iter::once(first).chain(receiver.try_iter()) {
            if let Effect::Arrange(arrangement) = effect {
                latest = Some(arrangement);
            }
        }
        if let Some(arrangement) = latest {
            let _ = sender.send(Incoming::Message(Message::Arranged(arrangement.answer())));
        }
    }
}

struct Runner {
    sender: Sender<Incoming>,
    environment: Environment,
    clipboard: Clipboard,
    log: Arc<Log>,
}

impl Runner {
    fn run(&mut self, errand: Errand) {
        let answer = match errand {
            Errand::Finish => {
                let _ = self.sender.send(Incoming::Finished(Ok(())));
                return;
            }
            Errand::Effect(Effect::Copy(text, what)) => self.copy(&text, &what),
            Errand::Effect(Effect::Browse(address)) => {
                done(browser::open(&self.environment, &address).map(|()| format!("opened {address}")))
            }
            Errand::Effect(Effect::WriteRun(findings, path)) => match write_run(&findings, Path::new(&path)) {
                Ok(()) => Message::RunWritten(findings, path),
                Err(problem) => Message::Failed(problem),
            },
            Errand::Effect(Effect::WriteText { path, text, what }) => {
                done(write_tags(Path::new(&path), &text).map(|()| format!("wrote {what} to {path}")))
            }
            Errand::Effect(Effect::Chance(question)) => Message::Chance(Box::new(question.answered())),
            Errand::Effect(Effect::Picture(question)) => Message::Picture(Box::new(question.answered())),
            Errand::Effect(Effect::ReadTags(path)) => Message::TagsRead(read_tags(Path::new(&path)).map(|text| (text, path))),
            Errand::Effect(Effect::ReadSets { path, way, error }) => {
                let sets = whole::text(Path::new(&path), whole::BY_HAND).and_then(|text| set::parse(&text, &path));
                Message::SetsRead(sets.map(|sets| (sets, path, way, error)))
            }
            Errand::Effect(Effect::ReadStudy(wanted)) => Message::StudyRead(read_study(wanted)),
            Errand::Effect(Effect::ListNames(names)) => {
                let found = names::list(&names, &Studies::find());
                Message::NamesListed(names, found)
            }
            Errand::Effect(_) => return,
        };
        if let Message::Failed(problem) = &answer {
            self.log.line(problem);
        }
        let _ = self.sender.send(Incoming::Message(answer));
    }

    /// Copies a text. Bytes for the terminal itself are handed to the loop, which writes them between two frames.
    fn copy(&mut self, text: &str, what: &str) -> Message {
        let mut bytes = Vec::new();
        let receipt = self.clipboard.copy(text, &mut bytes);
        if !bytes.is_empty() {
            let _ = self.sender.send(Incoming::Write(bytes));
        }
        done(receipt.map(|receipt| {
            self.log.line(format_args!("{what}: {}", receipt.message));
            format!("{what}: {}", receipt.message)
        }))
    }
}

fn read_study(wanted: WantedStudy) -> Result<StudySource> {
    match wanted {
        WantedStudy::Named(name) => Studies::find().open(&name),
        WantedStudy::Pairs(readings) => {
            let (pairs, baseline) = meant(readings);
            studies::pairs_only(pairs, baseline)
        }
    }
}

/// The first reading whose files exist. Where there is none, a comma most likely parts two files, one of which was misspelt.
fn meant(readings: Vec<(PathBuf, Option<PathBuf>)>) -> (PathBuf, Option<PathBuf>) {
    let exists = |(pairs, baseline): &(PathBuf, Option<PathBuf>)| {
        pairs.is_file() && baseline.as_ref().is_none_or(|baseline| baseline.is_file())
    };
    let place = readings.iter().position(exists).unwrap_or(1.min(readings.len().saturating_sub(1)));
    readings.into_iter().nth(place).unwrap_or_default()
}

fn done(outcome: Result<String>) -> Message {
    match outcome {
        Ok(line) => Message::Done(line),
        Err(problem) => Message::Failed(problem),
    }
}

/// Writes a run file; of existing files it replaces only run files.
fn write_run(findings: &Findings, path: &Path) -> Result<()> {
    let run = findings.to_run().ok_or_else(|| Problem::new("run", "is not whole", "write it when all of it is computed"))?;
    let file = AtomicFile::reserve(path)?;
    run_file::expect_replaceable(path)?;
    run_file::write(&run, file)
}

/// Writes an export of tags; of existing files it replaces only exports, because a file written by hand may be the one just
/// imported.
fn write_tags(path: &Path, text: &str) -> Result<()> {
    let file = AtomicFile::reserve(path)?;
    if path.exists() && !read_tags(path).is_ok_and(|there| export::is_alike(&there, text)) {
        return Err(Problem::new(path.display(), "exists and is not an export of tags", "name another file"));
    }
    file.commit(text.as_bytes())
}

fn read_tags(path: &Path) -> Result<String> {
    whole::text(path, whole::TAGS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tags::{Subject, TagBook, Vocabulary, json};

    #[test]
    fn files_that_exist_are_meant_and_else_a_comma_parts_two() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        for name in ["a,b.jsonl", "base.jsonl", "pairs.jsonl"] {
            std::fs::write(file(name), "").unwrap();
        }
        let one = |name: &str| (file(name), None);
        let two = |pairs: &str, baseline: &str| (file(pairs), Some(file(baseline)));
        let typed = |readings: &[(PathBuf, Option<PathBuf>)]| meant(readings.to_vec());
        assert_eq!(typed(&[one("a,b.jsonl"), two("a", "b.jsonl")]), one("a,b.jsonl"));
        assert_eq!(typed(&[one("pairs.jsonl,base.jsonl"), two("pairs.jsonl", "base.jsonl")]), two("pairs.jsonl", "base.jsonl"));
        let whole = one("a,b.jsonl,base.jsonl");
        let split = [two("a", "b.jsonl,base.jsonl"), two("a,b.jsonl", "base.jsonl")];
        assert_eq!(typed(&[whole, split[0].clone(), split[1].clone()]), split[1]);
        assert_eq!(
            typed(&[one("pairs.jsonl,bas"), two("pairs.jsonl", "bas")]),
            two("pairs.jsonl", "bas"),
            "the problem names the baseline"
        );
        assert_eq!(typed(&[one("none")]), one("none"));
    }

    #[test]
    fn only_an_export_is_replaced_by_an_export() {
        let folder = tempfile::tempdir().unwrap();
        let book = TagBook::new(Subject { model: "m".to_owned(), dictionaries: "0".to_owned() });
        let exports = [
            ("t.json", json::to_json(&book).unwrap()),
            ("t.csv", export::to_csv(&book, &Vocabulary::default()).unwrap()),
            ("t.md", export::to_markdown(&book, &Vocabulary::default())),
        ];
        for (name, text) in &exports {
            let path = folder.path().join(name);
            write_tags(&path, text).unwrap();
            write_tags(&path, text).unwrap();
            for by_hand in ["# My features\n\nprose\n", "{\n  \"mine\": 1\n}\n", "", "a,b\n"] {
                std::fs::write(&path, by_hand).unwrap();
                let problem = write_tags(&path, text).unwrap_err().to_string();
                assert!(problem.ends_with("exists and is not an export of tags; name another file"), "{problem}");
                assert_eq!(std::fs::read_to_string(&path).unwrap(), by_hand);
            }
        }
    }
}

//! Answers that took long, kept by their keys in a folder: one file `KEY.json` each, of which only the latest stay.
//!
//! They are kept while they are found out, so that work which was stopped goes on. Keeping is an extra: where it is not possible, the answer
//! is found out all the same.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::atomic;
use crate::core::corpus::responses::Responses;
use crate::core::format_error::of_json;
use crate::core::problem::{Problem, Result};
use crate::core::shuffled::Shuffled;
use crate::core::text::bytes;
use crate::files::whole;

/// Answers that are kept; those that were written longest ago are removed first.
pub const KEPT: usize = 50;

/// The longest file of an answer in bytes. What would be longer is not written, since it would not be read.
const LONGEST: u64 = whole::TAGS;

/// Shortest time between two writes of an answer that is not whole.
const PAUSE: Duration = Duration::from_secs(1);

/// Share of the time that writing such an answer may take: one part in as many.
const SHARE: u32 = 20;

/// What damaged answers are good for.
const REMEDY: &str = "delete it, and it is found out again";

/// What a folder of answers must know of them.
pub trait Answer: Serialize + DeserializeOwned {
    /// The key, which names everything that decides the answer.
    fn key(&self) -> &str;

    /// The answer, which was kept, in place of one to the same question that was just `begun`.
    ///
    /// # Errors
    /// In words that follow the name of the file: it is no answer to that question.
    fn in_place_of(self, begun: Self) -> std::result::Result<Self, String>;
}

impl Answer for Shuffled {
    fn key(&self) -> &str {
        &self.key
    }

    fn in_place_of(self, begun: Self) -> std::result::Result<Self, String> {
        if self.seed != begun.seed {
            return Err("holds shuffles of another seed".to_owned());
        }
        if !self.is_whole() {
            return Err("holds features without effects, twice, or out of order".to_owned());
        }
        Ok(self)
    }
}

impl Answer for Responses {
    fn key(&self) -> &str {
        &self.key
    }

    /// The corpus has its name of now.
    fn in_place_of(self, begun: Self) -> std::result::Result<Self, String> {
        if !self.go_on_with(&begun) {
            return Err("holds counts that do not belong together".to_owned());
        }
        Ok(Self { corpus: begun.corpus, ..self })
    }
}

/// A folder of answers, which need not exist.
#[derive(Debug, Clone)]
pub struct KeptAnswers {
    folder: PathBuf,
}

impl KeptAnswers {
    /// The answers in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The answer to the question of `begun`, as far as it was kept; else `begun`.
    ///
    /// # Errors
    /// When a kept answer cannot be read.
    pub fn or_kept<A: Answer>(&self, begun: A) -> Result<A> {
        let path = self.path(begun.key());
        let unreadable = |what: String| Problem::new(path.display(), what, REMEDY);
        let read = whole::text_if_present(&path, LONGEST);
        let damaged = |problem: Problem| if problem.is_environment() { problem } else { unreadable(problem.what().to_owned()) };
        let Some(text) = read.map_err(damaged)? else { return Ok(begun) };
        let kept: A = serde_json::from_str(&text)
            .map_err(|error| unreadable(format!("is no kept answer: it {}", of_json(text.as_bytes(), &error))))?;
        if kept.key() != begun.key() {
            return Err(unreadable("holds another answer than its name says".to_owned()));
        }
        kept.in_place_of(begun).map_err(unreadable)
    }

    /// Keeps `answer` in place of one with the same key.
    ///
    /// # Errors
    /// When the file cannot be written, or would be too long to be read again.
    fn keep<A: Answer>(&self, answer: &A) -> Result<()> {
        std::fs::create_dir_all(&self.folder).map_err(|error| Problem::from_io(&self.folder, "make this folder", &error))?;
        let path = self.path(answer.key());
        let text = serde_json::to_string(answer).map_err(|error| {
            Problem::new(path.display(), format_args!("cannot be written as JSON: {error}"), "report this as a fault")
        })?;
        if text.len() as u64 > LONGEST {
            let what = format_args!("would have more than {}", bytes(LONGEST));
            return Err(Problem::new(path.display(), what, "ask for less at once"));
        }
        atomic::write(&path, text.as_bytes())?;
        self.remove_oldest(&path);
        Ok(())
    }

    /// All answers of the kind `A`, the latest first; what is not readable as one is left out, since answers of all kinds may lie there and
    /// nothing depends on them.
    pub fn latest<A: Answer>(&self) -> impl Iterator<Item = A> {
        let read = |path: PathBuf| serde_json::from_str(&whole::text(&path, LONGEST).ok()?).ok();
        self.oldest_first().into_iter().rev().filter_map(read)
    }

    /// Removes what is too much, but never `latest`. What cannot be removed stays: nothing depends on it.
    fn remove_oldest(&self, latest: &Path) {
        let files: Vec<PathBuf> = self.oldest_first().into_iter().filter(|path| path != latest).collect();
        let surplus = (files.len() + 1).saturating_sub(KEPT);
        for path in files.into_iter().take(surplus) {
            let _ = std::fs::remove_file(path);
        }
    }

    /// The files of answers, those first that were written longest ago; none where the folder cannot be read.
    fn oldest_first(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
            .collect();
        files.sort();
        files.into_iter().map(|(_, path)| path).collect()
    }

    /// The file of the answer under `key`.
    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

/// Keeps one answer while it is found out.
pub struct Keeping {
    /// The folder, or why nothing can be kept.
    answers: Result<KeptAnswers>,
    /// Not before then is it worth the time to write again.
    next: Instant,
}

impl Keeping {
    /// Nothing is kept so far; `folder` may be unknown, such as that of a user without a home.
    pub fn new(folder: Result<PathBuf>) -> Self {
        Self { answers: folder.map(KeptAnswers::new), next: Instant::now() }
    }

    /// The answer to the question of `begun`, as far as it was kept; else `begun`.
    ///
    /// # Errors
    /// When a kept answer is damaged. Of a folder that cannot be read, [`Keeping::problem`] tells.
    pub fn or_kept<A: Answer + Clone>(&mut self, begun: A) -> Result<A> {
        let Ok(answers) = &self.answers else { return Ok(begun) };
        match answers.or_kept(begun.clone()) {
            Err(problem) if problem.is_environment() => {
                self.answers = Err(problem);
                Ok(begun)
            }
            outcome => outcome,
        }
    }

    /// Whether it is time to keep an answer that is not whole.
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Keeps `answer`, unless that was not possible before.
    pub fn keep<A: Answer>(&mut self, answer: &A) {
        let start = Instant::now();
        if let Err(problem) = self.answers.as_ref().map_or(Ok(()), |answers| answers.keep(answer)) {
            self.answers = Err(problem);
        }
        self.next = Instant::now() + PAUSE.max(start.elapsed() * SHARE);
    }

    /// Why the answer cannot be kept, if it cannot.
    pub fn problem(&self) -> Option<&Problem> {
        self.answers.as_ref().err()
    }
}

#[cfg(test)]
#[path = "kept_answers_tests.rs"]
mod tests;

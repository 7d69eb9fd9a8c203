//! The file that stores a book of tags: it is saved completely or not at all, and never overwrites changes of another program.
//!
//! There is one JSON file per model and dictionaries ([`crate::core::tags::json`]). A save first checks whether the file still
//! has the content that this program last read or wrote. Check and write happen under a lock on a `.lock` file beside it; on
//! file systems without locks only the check remains.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::lock::Lock;
use super::{aside, atomic};
use crate::core::problem::{Problem, Result};
use crate::core::tags::history;
use crate::core::tags::json::{from_json, to_json};
use crate::core::tags::{Features, Subject, TagBook};
use crate::files::whole;

/// Longest wait for the save of another program, which takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// The outcome of a save without failure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// The file now holds the book.
    Written,
    /// Another program has changed the file since it was read here, so nothing was written. Call [`TagsFile::reread`], merge,
    /// then save again. The problem is the message for the user.
    ChangedElsewhere(Problem),
}

/// A tags file as this program last saw it.
#[derive(Debug)]
pub struct TagsFile {
    path: PathBuf,
    /// The file's text when last read or written; None if there was no file.
    text: Option<String>,
    /// The tags in that text.
    features: Features,
}

impl TagsFile {
    /// Opens the file in `folder` for the tags of `subject`, and reads its tags. Neither folder nor file needs to exist.
    ///
    /// # Errors
    /// If the file is damaged or belongs to another subject; it is left as it is.
    pub fn open(folder: &Path, subject: &Subject) -> Result<(Self, TagBook)> {
        let path = folder.join(file_name(subject));
        let text = read_if_present(&path)?;
        let book = match &text {
            Some(text) => parse(text, &path, subject)?,
            None => TagBook::new(subject.clone()),
        };
        Ok((Self { path, text, features: book.features().clone() }, book))
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `book`. When this returns [`Saved::Written`], the tags survive the end of the process.
    pub fn save(&mut self, book: &TagBook) -> Result<Saved> {
        let text = to_json(book)?;
        let _lock = self.lock()?;
        let found = read_if_present(&self.path)?;
        // A deleted file is written again: this loses no tags.
        if found.is_some() && found != self.text {
            return Ok(Saved::ChangedElsewhere(Problem::new(
                self.path.display(),
                "was changed by another program, these tags are not saved yet",
                "merge both and save again",
            )));
        }
        atomic::write(&self.path, text.as_bytes())?;
        self.text = Some(text);
        self.features.clone_from(book.features());
        Ok(Saved::Written)
    }

    /// Writes the history of `book` beside the file. Of several programs the last one wins: a change that no longer applies is
    /// found when it is undone.
    pub fn save_history(&self, book: &TagBook) -> Result<()> {
        atomic::write(&self.history(), history::to_json(book)?.as_bytes())
    }

    /// Gives `book` the history that was stored beside the file, if there is one.
    ///
    /// # Errors
    /// If it cannot be read; the book then has none, and the file is put aside, since [`TagsFile::save_history`] takes its name.
    pub fn read_history(&self, book: &mut TagBook) -> Result<()> {
        let path = self.history();
        let Some(text) = read_if_present(&path)? else { return Ok(()) };
        history::restore(book, &text, &path.display().to_string()).map_err(|problem| aside::after(problem, &path))
    }

    fn history(&self) -> PathBuf {
        self.path.with_extension("history")
    }

    /// Reads the tags that another program saved in between, to be merged by [`merge`](crate::core::tags::merge): returns the
    /// common start and the tags that are in the file now. The next save overwrites the file. None if the file no longer
    /// exists.
    pub fn reread(&mut self, subject: &Subject) -> Result<Option<(Features, Features)>> {
        let Some(text) = read_if_present(&self.path)? else { return Ok(None) };
        let theirs = parse(&text, &self.path, subject)?.features().clone();
        self.text = Some(text);
        let base = std::mem::replace(&mut self.features, theirs.clone());
        Ok(Some((base, theirs)))
    }

    fn lock(&self) -> Result<Lock> {
        let path = self.path.with_extension("lock");
        let deadline = Instant::now() + PATIENCE;
        Lock::take(&path, || {
            if Instant::now() < deadline {
                return Ok(());
            }
            let what = "is locked by another program that is saving tags";
            Err(Problem::environment(path.display(), what, "continue or end that program and try again"))
        })
    }
}

/// The file's name, for example `pythia-70m-deduped-0123456789ab.json`.
fn file_name(subject: &Subject) -> String {
    format!("{}.json", stem(subject))
}

/// A name for files about `subject`, for example `pythia-70m-deduped-0123456789ab`.
pub(super) fn stem(subject: &Subject) -> String {
    let safe = |character: char| if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '_' };
    let model: String = subject.model.chars().take(80).map(safe).collect();
    let hash: String = subject.dictionaries.chars().take(12).map(safe).collect();
    // The name must not begin with a dot, so that the file is not hidden and stays in its folder.
    format!("{}-{hash}", model.trim_start_matches('.'))
}

fn read_if_present(path: &Path) -> Result<Option<String>> {
    whole::text_if_present(path, whole::TAGS)
}

fn parse(text: &str, path: &Path, subject: &Subject) -> Result<TagBook> {
    let book = from_json(text, &path.display().to_string())?;
    if book.subject() == subject {
        return Ok(book);
    }
    let Subject { model, dictionaries } = book.subject();
    let what = format_args!("holds the tags of model {model} with dictionaries {dictionaries}, not those of {}", subject.model);
    Err(Problem::new(path.display(), what, "move it away"))
}

#[cfg(test)]
#[path = "tags_file_tests.rs"]
mod tests;

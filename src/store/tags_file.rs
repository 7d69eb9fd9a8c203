//! The file behind a book of tags: saved whole or not at all, never over what another program saved in between.
//!
//! One JSON file per model and dictionaries ([`crate::core::tags::json`]). A save first looks whether the file is still what this
//! program last read or wrote. Both happen under a lock on a neighbouring `.lock` file; on file systems without locks only the look remains.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::atomic;
use super::lock::Lock;
use crate::core::problem::{Problem, Result};
use crate::core::tags::json::{from_json, to_json};
use crate::core::tags::{Features, Subject, TagBook};

/// How long a save waits for that of another program, which takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a save ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// The file holds the book.
    Written,
    /// Another program changed the file since it was read here, so nothing was written: [`TagsFile::reread`], merge, then save again. The
    /// problem says so in words.
    ChangedElsewhere(Problem),
}

/// A tags file as this program last saw it.
#[derive(Debug)]
pub struct TagsFile {
    path: PathBuf,
    /// The file's text when last read or written; none if there was no file.
    text: Option<String>,
    /// What that text says.
    features: Features,
}

impl TagsFile {
    /// The file in `folder` for the tags of `subject`, and what it holds; neither needs to exist.
    ///
    /// # Errors
    /// When the file is damaged or of another subject: it then stays as it is.
    pub fn open(folder: &Path, subject: &Subject) -> Result<(Self, TagBook)> {
        let path = folder.join(file_name(subject));
        let text = read_if_present(&path)?;
        let book = match &text {
            Some(text) => parse(text, &path, subject)?,
            None => TagBook::new(subject.clone()),
        };
        Ok((Self { path, text, features: book.features().clone() }, book))
    }

    /// Where the tags are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `book`; when this returns [`Saved::Written`], not even the end of the process loses it.
    pub fn save(&mut self, book: &TagBook) -> Result<Saved> {
        let text = to_json(book)?;
        let _lock = self.lock()?;
        let found = read_if_present(&self.path)?;
        // A file that was deleted is written again: no tags are lost by that.
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

    /// What another program saved in between, to be merged by [`merge`](crate::core::tags::merge): the tags that both started from, and
    /// those in the file now. A save after it writes over the file. None if there is no file any more.
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

/// For example `pythia-70m-deduped-0123456789ab.json`.
fn file_name(subject: &Subject) -> String {
    let safe = |character: char| if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '_' };
    let model: String = subject.model.chars().take(80).map(safe).collect();
    let hash: String = subject.dictionaries.chars().take(12).map(safe).collect();
    // No hidden file, and no way up.
    format!("{}-{hash}.json", model.trim_start_matches('.'))
}

fn read_if_present(path: &Path) -> Result<Option<String>> {
    match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|error| {
            let what = format_args!("holds no readable tags: not UTF-8 from byte {} on", error.utf8_error().valid_up_to() + 1);
            Problem::new(path.display(), what, "repair it, or move it away")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::from_io(path, "read it", &error)),
    }
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

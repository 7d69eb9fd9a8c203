//! Answers that took long, kept by their keys in a folder: one file `KEY.json` each, of which only the latest stay.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{atomic, text_file};
use crate::core::problem::{Problem, Result};

/// Answers that are kept; those that were written longest ago are removed first.
pub const KEPT: usize = 50;

/// What a folder of answers must know of them.
pub trait Answer: Serialize + DeserializeOwned {
    /// The key, which names everything that decides the answer.
    fn key(&self) -> &str;
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

    /// The answer that was kept under `key`; None if there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read<A: Answer>(&self, key: &str) -> Result<Option<A>> {
        let path = self.path(key);
        let Some(text) = text_file::read_if_present(&path, text_file::TAGS)? else { return Ok(None) };
        let kept: A = serde_json::from_str(&text).map_err(|error| self.unreadable(key, format!("is no kept answer: {error}")))?;
        if kept.key() != key {
            return Err(self.unreadable(key, "holds another answer than its name says".to_owned()));
        }
        Ok(Some(kept))
    }

    /// The problem that the answer under `key` is damaged.
    pub fn unreadable(&self, key: &str, what: String) -> Problem {
        Problem::new(self.path(key).display(), what, "delete it, and it is computed again")
    }

    /// Keeps `answer` in place of one with the same key.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep<A: Answer>(&self, answer: &A) -> Result<()> {
        std::fs::create_dir_all(&self.folder).map_err(|error| Problem::from_io(&self.folder, "make this folder", &error))?;
        let path = self.path(answer.key());
        let text = serde_json::to_string(answer).map_err(|error| {
            Problem::new(path.display(), format_args!("cannot be written as JSON: {error}"), "report this as a fault")
        })?;
        atomic::write(&path, text.as_bytes())?;
        self.remove_oldest(&path);
        Ok(())
    }

    /// Removes what is too much, but never `latest`. What cannot be removed stays: nothing depends on it.
    fn remove_oldest(&self, latest: &Path) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        let mut files: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path != latest && path.extension().is_some_and(|ending| ending == "json"))
            .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
            .collect();
        files.sort();
        let surplus = (files.len() + 1).saturating_sub(KEPT);
        for (_, path) in files.into_iter().take(surplus) {
            let _ = std::fs::remove_file(path);
        }
    }

    /// The file of the answer under `key`.
    pub fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

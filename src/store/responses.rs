//! Answers of corpora, kept by their keys: whole ones, so that the same question is answered at once, and begun ones, so that work that was
//! interrupted goes on.

use std::path::{Path, PathBuf};

use super::{atomic, text_file};
use crate::core::corpus::responses::Responses;
use crate::core::problem::{Problem, Result};

/// Answers that are kept; those that were written longest ago are removed first.
const KEPT: usize = 50;

/// The folder of answers: one file `KEY.json` each. One that is begun has the same name: it says itself that it is not whole.
#[derive(Debug, Clone)]
pub struct KeptResponses {
    folder: PathBuf,
}

impl KeptResponses {
    /// The answers in `folder`, which need not exist.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The answer to the question of `begun`, as far as it was kept; else `begun`. The corpus has its name of now.
    ///
    /// # Errors
    /// When a kept answer cannot be read.
    pub fn or_kept(&self, begun: Responses) -> Result<Responses> {
        let path = self.path(&begun.key);
        let Some(text) = text_file::read_if_present(&path, text_file::TAGS)? else { return Ok(begun) };
        let unreadable = |what: String| Problem::new(path.display(), what, "delete it, and the corpus is read again");
        let kept: Responses = serde_json::from_str(&text).map_err(|error| unreadable(format!("is no kept answer: {error}")))?;
        if kept.key != begun.key {
            return Err(unreadable("holds another answer than its name says".to_owned()));
        }
        Ok(Responses { corpus: begun.corpus, ..kept })
    }

    /// Keeps `responses`, whole or begun.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, responses: &Responses) -> Result<()> {
        std::fs::create_dir_all(&self.folder).map_err(|error| Problem::from_io(&self.folder, "make this folder", &error))?;
        let path = self.path(&responses.key);
        let text = serde_json::to_string(responses).map_err(|error| {
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

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::corpus::responses::OfFeature;
    use crate::core::corpus::tally::Tally;

    fn responses(key: &str, fired: u8) -> Responses {
        let mut tally = Tally::new();
        (0..fired).for_each(|count| tally.count(0.1 + f32::from(count) / 3.0, u64::from(count), 2));
        let features = vec![OfFeature { feature: "resid_3/7".parse().unwrap(), tally }];
        Responses { key: key.to_owned(), corpus: "now".to_owned(), features, bytes: 9, ..Responses::default() }
    }

    #[test]
    fn an_answer_comes_back_as_it_was_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptResponses::new(folder.path().join("corpus"));
        assert_eq!(kept.or_kept(responses("a", 0)).unwrap(), responses("a", 0));
        kept.keep(&responses("a", 200)).unwrap();
        assert_eq!(kept.or_kept(responses("a", 0)).unwrap(), responses("a", 200));
        std::fs::write(kept.path("b"), "{").unwrap();
        assert!(kept.or_kept(responses("b", 0)).unwrap_err().to_string().contains("b.json: is no kept answer"));
        std::fs::copy(kept.path("a"), kept.path("c")).unwrap();
        assert!(kept.or_kept(responses("c", 0)).unwrap_err().to_string().contains("another answer"));
    }

    #[test]
    fn answers_are_bounded_and_the_latest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptResponses::new(folder.path().to_owned());
        for number in 0..KEPT + 3 {
            kept.keep(&responses(&number.to_string(), 1)).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), KEPT);
        assert!(kept.path(&(KEPT + 2).to_string()).exists());
    }
}

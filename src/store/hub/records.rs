//! The record of first downloads: for every repository and revision, a file records the commit and the hashes found when all
//! files were first complete here. A branch such as `main` can be moved; a study must not change with it unnoticed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::hash::FileHash;
use crate::core::format_error::of_json;
use crate::core::problem::{Problem, Result};
use crate::files::whole;
use crate::store::lock::Lock;
use crate::store::{atomic, clock};

/// Identifies the file's kind and version.
const FORMAT: &str = "saescope downloads 1";

/// The file's name in the data folder.
const FILE: &str = "downloads.json";

/// The records, with the file that they are stored in.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    content: Content,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    format: String,
    /// The records by repository, then by revision.
    repositories: BTreeMap<String, BTreeMap<String, Record>>,
}

/// One repository at one revision, as it was when first complete here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The commit to which the revision pointed then.
    pub commit: String,
    /// The time when the files were first complete, in UTC.
    pub first_complete: String,
    /// Size and hash of each file, by path.
    pub files: BTreeMap<String, RecordedFile>,
}

/// A repository that is completely downloaded now.
#[derive(Debug, Clone)]
pub struct Complete {
    /// `ORG/NAME`.
    pub repository: String,
    /// The branch, tag or commit that was asked for.
    pub revision: String,
    /// The commit to which the revision points now.
    pub commit: String,
    /// Size and hash of each file, by path.
    pub files: BTreeMap<String, RecordedFile>,
}

/// Size and hash of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    /// Size in bytes.
    pub bytes: u64,
    /// Hexadecimal digits of its hash.
    pub hash: String,
}

impl Default for Content {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), repositories: BTreeMap::new() }
    }
}

impl Records {
    /// Reads the records in `folder`, which does not need to exist.
    ///
    /// # Errors
    /// If the file is damaged; it is left as it is.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let content = read(&path)?;
        Ok(Self { path, content })
    }

    /// No records, for a user who has no folder for them: they cannot be added to.
    pub fn none() -> Self {
        Self { path: PathBuf::new(), content: Content::default() }
    }

    /// The path of the file that holds the records.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The record of a repository at a revision, if there is one.
    pub fn find(&self, repository: &str, revision: &str) -> Option<&Record> {
        self.content.repositories.get(repository)?.get(revision)
    }

    /// The hash of a file at its first download.
    pub fn hash(&self, repository: &str, revision: &str, path: &str) -> Option<FileHash> {
        FileHash::named(&self.find(repository, revision)?.files.get(path)?.hash)
    }

    /// Adds the repositories that are complete now. Recorded hashes stay, unless `replace` is set and a file differs.
    pub fn add(&mut self, complete: &[Complete], replace: bool) -> Result<()> {
        let now = humantime::format_rfc3339_seconds(clock::now()).to_string();
        // The lock is held for milliseconds. On a file system without locks, two programs that end at the same moment lose one
        // record, which the next download adds.
        let _lock = Lock::take(&self.path.with_extension("lock"), || Ok(()))?;
        let mut content = read(&self.path)?;
        let before = serde_json::to_string(&content).ok();
        for Complete { repository, revision, commit, files } in complete {
            let revisions = content.repositories.entry(repository.clone()).or_default();
            let new = || Record { commit: commit.clone(), first_complete: now.clone(), files: BTreeMap::new() };
            let record = revisions.entry(revision.clone()).or_insert_with(new);
            if replace && record.files.iter().any(|(path, file)| files.get(path).is_some_and(|found| found != file)) {
                *record = new();
            }
            for (path, file) in files {
                record.files.entry(path.clone()).or_insert_with(|| file.clone());
            }
        }
        self.content = content;
        let text = serde_json::to_string_pretty(&self.content)
            .map_err(|error| Problem::new(self.path.display(), format_args!("cannot be written: {error}"), "report it"))?;
        if before == serde_json::to_string(&self.content).ok() {
            return Ok(());
        }
        atomic::write(&self.path, format!("{text}\n").as_bytes())
    }
}

fn read(path: &Path) -> Result<Content> {
    let Some(text) = whole::text_if_present(path, whole::BY_HAND)? else { return Ok(Content::default()) };
    let damaged =
        |what: String| Problem::new(path.display(), what, "move it away: hashes are recorded anew by the next download");
    let content: Content = serde_json::from_str(&text)
        .map_err(|error| damaged(format!("is not a record of downloads: it {}", of_json(text.as_bytes(), &error))))?;
    if content.format != FORMAT {
        return Err(damaged(format!("has the format '{}', not '{FORMAT}'", content.format)));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(hash: &str) -> BTreeMap<String, RecordedFile> {
        BTreeMap::from([("config.json".to_owned(), RecordedFile { bytes: 5, hash: hash.to_owned() })])
    }

    fn found(commit: &str, hash: &str) -> [Complete; 1] {
        let text = str::to_owned;
        [Complete { repository: text("me/tiny"), revision: text("main"), commit: text(commit), files: files(hash) }]
    }

    #[test]
    fn what_was_first_found_stays_until_it_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = ("a".repeat(40), "b".repeat(40));
        Records::open(folder.path()).unwrap().add(&found(&first, &first), false).unwrap();
        let mut records = Records::open(folder.path()).unwrap();
        records.add(&found(&second, &second), false).unwrap();
        assert_eq!(records.hash("me/tiny", "main", "config.json"), FileHash::named(&first));
        assert_eq!(records.find("me/tiny", "main").unwrap().commit, first);
        records.add(&found(&second, &second), true).unwrap();
        let records = Records::open(folder.path()).unwrap();
        assert_eq!(records.hash("me/tiny", "main", "config.json"), FileHash::named(&second));
        assert_eq!(records.find("me/tiny", "main").unwrap().commit, second);
    }

    #[test]
    fn a_damaged_file_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in ["{", "{\"format\": \"else\", \"repositories\": {}}"] {
            std::fs::write(&path, text).unwrap();
            let problem = Records::open(folder.path()).unwrap_err().to_string();
            assert!(problem.contains("downloads.json: ") && problem.contains("move it away"), "{problem}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}

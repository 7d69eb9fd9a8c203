//! Keeps what was found out about weight files in the cache folder. Whoever removes the file loses time only.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::atomic;
use crate::core::file_facts::{FileFacts, PartState};
use crate::files::whole;

/// The file's name in the cache folder.
const NAME: &str = "weight-files.json";

/// Facts that are kept; the oldest go first.
const MOST: usize = 2_000;

/// The facts in a file of the cache folder.
pub struct KeptFacts {
    path: PathBuf,
    /// Held while the file is written, so that two threads do not lose each other's facts. Another program's facts may be lost, and are
    /// then found out again.
    writing: Mutex<()>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Fact {
    part: PartState,
    what: String,
    known: String,
}

impl KeptFacts {
    /// The facts in `folder`, which need not exist.
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join(NAME), writing: Mutex::new(()) }
    }

    /// All facts, the oldest first; none if the file cannot be read, since they can be found out again.
    fn all(&self) -> Vec<Fact> {
        let text = whole::text_if_present(&self.path, whole::BY_HAND).ok().flatten();
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }
}

impl FileFacts for KeptFacts {
    fn recall(&self, part: &PartState, what: &str) -> Option<String> {
        self.all().into_iter().find(|fact| fact.part == *part && fact.what == what).map(|fact| fact.known)
    }

    fn keep(&self, part: &PartState, what: &str, fact: String) {
        let _guard = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.all();
        // A file has one state: what is known of its earlier ones is of no use any more.
        all.retain(|kept| {
            let place = |state: &PartState| (state.file.device, state.file.inode, state.part);
            place(&kept.part) != place(part) || (kept.part == *part && kept.what != what)
        });
        all.push(Fact { part: *part, what: what.to_owned(), known: fact });
        let oldest = all.len().saturating_sub(MOST);
        let Ok(text) = serde_json::to_vec(&all[oldest..]) else { return };
        if let Some(folder) = self.path.parent() {
            // Where nothing can be kept, it is found out again.
            let _ = std::fs::create_dir_all(folder);
        }
        let _ = atomic::write(&self.path, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::file_facts::FileState;

    const FILE: FileState = FileState { device: 1, inode: 2, length: 3, modified: 4, changed: 5 };
    const STATE: PartState = PartState { file: FILE, part: [0, 3] };

    #[test]
    fn facts_outlive_the_program_and_those_of_an_earlier_state_go() {
        let folder = tempfile::tempdir().unwrap();
        let facts = || KeptFacts::in_folder(&folder.path().join("new"));
        assert_eq!(facts().recall(&STATE, "sha256"), None);
        facts().keep(&STATE, "sha256", "\"aa\"".to_owned());
        facts().keep(&STATE, "norms", "1".to_owned());
        let recalled = |part: &PartState| ["sha256", "norms"].map(|what| facts().recall(part, what));
        assert_eq!(recalled(&STATE), [Some("\"aa\"".to_owned()), Some("1".to_owned())]);
        let later = PartState { file: FileState { modified: 9, ..FILE }, ..STATE };
        assert_eq!(recalled(&later), [None, None]);
        facts().keep(&later, "sha256", "\"bb\"".to_owned());
        assert_eq!((recalled(&STATE), facts().all().len()), ([None, None], 1));
    }

    #[test]
    fn a_damaged_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let facts = KeptFacts::in_folder(folder.path());
        std::fs::write(folder.path().join(NAME), "{").unwrap();
        assert_eq!(facts.recall(&STATE, "sha256"), None);
        facts.keep(&STATE, "sha256", "1".to_owned());
        assert_eq!(facts.recall(&STATE, "sha256"), Some("1".to_owned()));
    }

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let facts = KeptFacts::in_folder(folder.path());
        let of = |inode: usize| PartState { file: FileState { inode: inode as u64, ..FILE }, ..STATE };
        let many: Vec<Fact> =
            (0..MOST).map(|inode| Fact { part: of(inode), what: String::new(), known: "1".to_owned() }).collect();
        std::fs::write(folder.path().join(NAME), serde_json::to_vec(&many).unwrap()).unwrap();
        facts.keep(&of(MOST), "", "2".to_owned());
        assert_eq!([0, 1, MOST].map(|inode| facts.recall(&of(inode), "").is_some()), [false, true, true]);
    }
}

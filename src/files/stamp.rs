//! Whether a file is still the one that was read, by size, times and inode, as in `make` and `rsync`.
//!
//! Hashing gigabytes again would take longer than the computation that it saves. It is done only where nothing but the time of the last
//! change differs, as after `chmod` or with another hard link: that says nothing of the content.

use std::path::{Path, PathBuf};

use super::state;
use crate::core::file_facts::FileState;

/// The state of a file or folder before it was read; that it did not exist is a state, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    path: PathBuf,
    found: Option<Found>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    state: FileState,
    is_file: bool,
}

impl Stamp {
    /// The stamp of what is at `path` now, links followed. To be taken before the file is read: a change in the meantime then
    /// counts as a change.
    pub fn of(path: &Path) -> Self {
        let found = std::fs::metadata(path).ok();
        let found = found.map(|metadata| Found { state: state::of(&metadata), is_file: metadata.is_file() });
        Self { path: path.to_owned(), found }
    }

    /// Whether the file or folder is in the same state as when the stamp was taken.
    pub fn is_current(&self) -> bool {
        Self::of(&self.path) == *self
    }

    /// Whether nothing differs but the time of the last change: the content may be the same.
    pub fn is_touched(&self) -> bool {
        let now = Self::of(&self.path).found;
        let (Some(before), Some(after)) = (self.found, now) else { return false };
        before != after && before.is_file == after.is_file && before.state.has_content_of(&after.state)
    }

    /// The path of a weight file that was there and is in another state now; None for a folder, in which other files come and go,
    /// and for a configuration, which was read whole before anything was computed.
    pub fn changed_file(&self) -> Option<&Path> {
        let was_file = self.found.as_ref().is_some_and(|found| found.is_file);
        let is_configuration = self.path.extension().is_some_and(|extension| extension == "json");
        (was_file && !is_configuration && !self.is_current()).then_some(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_came_was_written_again_or_removed_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let nothing = Stamp::of(&path);
        assert!(nothing.is_current());
        std::fs::write(&path, "one").unwrap();
        assert!(!nothing.is_current());
        let stamp = Stamp::of(&path);
        assert!(stamp.is_current());
        assert_eq!((nothing.changed_file(), stamp.changed_file()), (None, None));
        // Other bytes in the same file, with its time put back.
        let time = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, b"eno").unwrap();
        file.set_modified(time).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), time);
        assert!(!stamp.is_current() && stamp.is_touched() || cfg!(not(unix)));
        // Another file of the same name and size, as an atomic write leaves it.
        std::fs::write(folder.path().join("new"), "two").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(!stamp.is_current() && !stamp.is_touched());
        let stamp = Stamp::of(&path);
        let of_folder = Stamp::of(folder.path());
        std::fs::remove_file(&path).unwrap();
        assert!(!stamp.is_current());
        assert_eq!((stamp.changed_file(), of_folder.changed_file()), (Some(path.as_path()), None));
    }
}

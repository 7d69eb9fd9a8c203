//! Whether a file is still the one that was read: by size, time of change and inode, as `make` and `rsync` ask.
//!
//! Hashing gigabytes again would take longer than the computation that it saves.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the system said of a file when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    /// Of the file at `path`, links followed; none where there is no file.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self { path: path.to_owned(), length: metadata.len(), modified: metadata.modified().ok(), inode })
    }

    /// Whether the file is there and as it was.
    pub fn is_current(&self) -> bool {
        Self::of(&self.path).as_ref() == Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_written_again_or_removed_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(Stamp::of(&path), None);
        std::fs::write(&path, "one").unwrap();
        let stamp = Stamp::of(&path).unwrap();
        assert!(stamp.is_current());
        // Same name and size, another file: what an atomic write leaves.
        std::fs::write(folder.path().join("new"), "two").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(!stamp.is_current());
        let stamp = Stamp::of(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(!stamp.is_current());
    }
}

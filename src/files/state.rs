//! The state of a file as the file system tells it.

use std::fs::Metadata;

use crate::core::file_facts::FileState;

/// The state of the file that has this metadata. Where files have no numbers, these are zero.
pub fn of(metadata: &Metadata) -> FileState {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        FileState {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
    #[cfg(not(unix))]
    {
        let since = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).ok();
        let modified = metadata.modified().ok().and_then(since).map_or(0, |since| since.as_nanos().cast_signed());
        FileState { device: 0, inode: 0, length: metadata.len(), modified, changed: 0 }
    }
}

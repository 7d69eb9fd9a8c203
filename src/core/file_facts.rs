//! What is known of a weight file from before, such as its hash, and how the file is recognised.

use serde::{Deserialize, Serialize};

/// The state of a part of a file: two readings in the same state are taken for the same bytes, as git takes them.
///
/// The time of the last change cannot be set by a program that writes the file, unlike that of the last modification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// The device that holds the file.
    pub device: u64,
    /// The file's number on the device.
    pub inode: u64,
    /// Size of the whole file in bytes.
    pub length: u64,
    /// Nanoseconds from 1970 to the last modification of its bytes.
    pub modified: i128,
    /// Nanoseconds from 1970 to the last change of its bytes, owner, permissions or name.
    pub changed: i128,
    /// First byte of the part, and the byte after its last.
    pub part: [u64; 2],
}

/// Keeps what was found out about files, from one program to the next.
pub trait FileFacts: Send + Sync {
    /// What was kept as `what` of a file in this state.
    fn recall(&self, file: &FileState, what: &str) -> Option<String>;

    /// Keeps `fact` as `what` of the file. A failure is no error: it is found out again next time.
    fn keep(&self, file: &FileState, what: &str, fact: String);
}

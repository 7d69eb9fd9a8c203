//! What is known of a weight file from before, such as its hash, and how the file is recognised.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A file that was changed so short a time before it was mapped may be changed again within one tick of the file system's clock, and
/// would then be in the same state with other bytes. Git calls such files racy.
const SETTLED: Duration = Duration::from_secs(3);

/// The state of a file: two readings in the same state are taken for the same bytes, as git takes them.
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
}

/// A part of a file in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartState {
    /// The state of the whole file.
    pub file: FileState,
    /// First byte of the part, and the byte after its last.
    pub part: [u64; 2],
}

impl FileState {
    /// Whether nothing differs from `other` but the time of the last change, as after `chmod` or with another hard link: the content may
    /// be the same.
    pub fn has_content_of(&self, other: &Self) -> bool {
        Self { changed: other.changed, ..*self } == *other
    }

    /// Whether a file in this state at the time `now` will be in another one after the next change.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos().cast_signed());
        [self.modified, self.changed].into_iter().all(|time| now - time > SETTLED.as_nanos().cast_signed())
    }
}

/// Keeps what was found out about files, from one program to the next.
pub trait FileFacts: Send + Sync {
    /// What was kept as `what` of a part of a file in this state.
    fn recall(&self, part: &PartState, what: &str) -> Option<String>;

    /// Keeps `fact` as `what` of the part. A failure is no error: it is found out again next time.
    fn keep(&self, part: &PartState, what: &str, fact: String);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_just_written_may_change_without_a_trace() {
        let now = UNIX_EPOCH + Duration::from_secs(100);
        let seconds = |seconds: i128| seconds * 1_000_000_000;
        let state = |modified, changed| FileState { device: 1, inode: 2, length: 3, modified, changed };
        for (modified, changed, settled) in [(1, 1, true), (96, 96, true), (99, 1, false), (1, 98, false), (200, 1, false)] {
            assert_eq!(state(seconds(modified), seconds(changed)).is_settled(now), settled, "{modified} {changed}");
        }
    }
}

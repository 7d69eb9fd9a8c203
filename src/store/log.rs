//! The log: events that a screen with a single message line cannot keep.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::clock;
use crate::core::text::printable;

/// A log longer than this, in bytes, is started anew; the old one is kept beside it.
const LONGEST: u64 = 1_000_000;

/// A file to which lines are appended. If it cannot be written, lines are lost: a log must not stop the work that it records.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl Log {
    /// Opens the log at `path` and creates its folder.
    pub fn open(path: &Path) -> Self {
        if let Some(folder) = path.parent() {
            // A failure shows as a file that cannot be opened.
            let _ = std::fs::create_dir_all(folder);
        }
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > LONGEST) {
            let _ = std::fs::rename(path, path.with_extension("log.old"));
        }
        let file = OpenOptions::new().create(true).append(true).open(path).ok();
        Self { path: path.to_owned(), file: Mutex::new(file) }
    }

    /// The path of the log file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file could be opened, so that lines reach it.
    pub fn is_open(&self) -> bool {
        self.file.lock().is_ok_and(|file| file.is_some())
    }

    /// Appends a line with the time, the process id and `what`.
    pub fn line(&self, what: impl Display) {
        let now = humantime::format_rfc3339_millis(clock::now());
        let line = format!("{now} [{}] {}\n", std::process::id(), printable(&what.to_string()));
        if let Ok(mut file) = self.file.lock()
            && let Some(file) = file.as_mut()
        {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

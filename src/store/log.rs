//! The log: events that a screen with a single message line cannot keep.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::clock;
use crate::core::text::printable;

/// A log longer than this, in bytes, is started anew; the old one is kept beside it.
const LONGEST: u64 = 1_000_000;

/// A file to which lines are appended. If it cannot be written, lines are lost: a log must not stop the work that it records.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: Mutex<io::Result<File>>,
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
        let file = OpenOptions::new().create(true).append(true).open(path);
        Self { path: path.to_owned(), file: Mutex::new(file) }
    }

    /// The path of the log file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line with the time, the process id and `what`; if that fails, the line is lost.
    pub fn line(&self, what: impl Display) {
        let _ = self.try_line(what);
    }

    /// Appends a line as [`Log::line`] does.
    ///
    /// # Errors
    /// If the file could not be opened, or the line cannot be written, as on a full disk.
    pub fn try_line(&self, what: impl Display) -> io::Result<()> {
        let now = humantime::format_rfc3339_millis(clock::now());
        let line = format!("{now} [{}] {}\n", std::process::id(), printable(&what.to_string()));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match file.as_mut() {
            Ok(file) => file.write_all(line.as_bytes()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}

//! The log: what happened behind a screen that shows one line at a time.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use crate::core::text::printable;

/// A log longer than this is begun anew, with the old one kept beside it.
const LONGEST: u64 = 1_000_000;

/// A file to which lines are added. Where it cannot be written, lines are lost: a log must not stop the work it is about.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl Log {
    /// Opens the log at `path`, and its folder.
    pub fn open(path: &Path) -> Self {
        if let Some(folder) = path.parent() {
            // Shows in the file that is missing then.
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

    /// Whether lines reach the file.
    pub fn is_open(&self) -> bool {
        self.file.lock().is_ok_and(|file| file.is_some())
    }

    /// Adds a line: when, which process, what.
    pub fn line(&self, what: impl Display) {
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        let line = format!("{now} [{}] {}\n", std::process::id(), printable(&what.to_string()));
        if let Ok(mut file) = self.file.lock()
            && let Some(file) = file.as_mut()
        {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

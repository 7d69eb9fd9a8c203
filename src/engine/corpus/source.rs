//! Where a corpus comes from: a file, or a text of the program's own.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek, SeekFrom};
use std::path::PathBuf;

use super::documents::Documents;
use crate::core::corpus::responses::Place;
use crate::core::problem::{Problem, Result};
use crate::engine::cancel::Cancel;
use crate::engine::demo;
use crate::engine::hash::sha256_hex_of_reader;

/// A corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The demo's, which is a part of the program.
    Demo,
    /// A text file.
    File(PathBuf),
}

impl Source {
    /// The corpus's name in messages and results.
    pub fn name(&self) -> String {
        match self {
            Self::Demo => demo::CORPUS_NAME.to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The SHA-256 of the corpus and its length in bytes.
    ///
    /// # Errors
    /// When it cannot be read, holds nothing, or `cancel` is raised.
    pub fn identify(&self, cancel: &Cancel) -> Result<(String, u64)> {
        let (hash, bytes) = sha256_hex_of_reader(&mut self.open(0)?, cancel)?.map_err(|error| self.unreadable(&error))?;
        if bytes == 0 {
            return Err(Problem::new(self.name(), "is empty", "name a text file with one document on each line"));
        }
        Ok((hash, bytes))
    }

    /// The documents from `place` on.
    pub fn documents(&self, place: Place) -> Result<Documents<Box<dyn BufRead>>> {
        Ok(Documents::new(self.open(place.read)?, self.name(), place))
    }

    fn open(&self, from: u64) -> Result<Box<dyn BufRead>> {
        match self {
            Self::Demo => {
                let mut text = Cursor::new(demo::CORPUS.as_bytes());
                text.set_position(from);
                Ok(Box::new(text))
            }
            Self::File(path) => {
                // Before it is opened: opening a pipe to which nobody writes would wait for ever.
                if !std::fs::metadata(path).map_err(|error| self.unreadable(&error))?.is_file() {
                    return Err(Problem::no_regular_file(path));
                }
                let mut file = File::open(path).map_err(|error| self.unreadable(&error))?;
                file.seek(SeekFrom::Start(from)).map_err(|error| self.unreadable(&error))?;
                Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
            }
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> Problem {
        match self {
            Self::Demo => Problem::new(self.name(), format_args!("cannot be read: {error}"), "report this as a fault"),
            Self::File(path) => Problem::from_io(path, "read it", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_without_a_writer_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        if cfg!(unix) {
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        } else {
            std::fs::create_dir(&pipe).unwrap();
        }
        let problem = Source::File(pipe).identify(&Cancel::default()).unwrap_err();
        assert!(problem.what().starts_with("is no file but"), "{problem}");
    }
}

//! Where a corpus comes from: a file, or a text of the program's own.

use std::io::{BufRead, BufReader, Cursor, Seek, SeekFrom};
use std::path::PathBuf;

use super::documents::Documents;
use crate::core::corpus::responses::Place;
use crate::core::problem::{Problem, Result};
use crate::engine::cancel::Cancel;
use crate::engine::demo;
use crate::engine::hash::sha256_hex_of_reader;
use crate::files::regular;

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
                let mut file = regular::open(path)?;
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

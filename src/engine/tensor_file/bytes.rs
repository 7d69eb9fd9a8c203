//! The bytes of weight files: mapped, compiled into the program, or made by it.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::mapped::MappedFile;
use crate::core::file_facts::PartState;
use crate::core::problem::{Problem, Result};
use crate::files::regular;

/// Bytes that stay valid while a clone of this value exists. A mapped file may become shorter meanwhile; readers ask
/// [`Bytes::expect_whole`] before they use what they read.
#[derive(Debug, Clone)]
pub enum Bytes {
    /// Compiled into the program.
    Embedded(&'static [u8]),
    /// Made by the program.
    Owned(Arc<Vec<u8>>),
    /// A file mapped into memory.
    Mapped(Arc<MappedFile>),
}

impl Bytes {
    /// Maps the file at `path`.
    pub fn map(path: &Path) -> Result<Self> {
        let file = regular::open(path)?;
        let metadata = file.metadata().map_err(|error| Problem::from_io(path, "read its size", &error))?;
        if metadata.len() == 0 {
            return Err(Problem::new(path.display(), "is empty (0 bytes)", "download or copy the file again"));
        }
        Self::map_part(&file, path, 0..metadata.len())
    }

    /// Maps a part of `file`, a range in bytes; `path` is what messages call it.
    pub fn map_part(file: &File, path: &Path, part: Range<u64>) -> Result<Self> {
        let map = MappedFile::new(file, part).map_err(|error| {
            let remedy = "make room: the program needs addresses for whole files, though hardly any memory (see `ulimit -v`)";
            Problem::environment(path.display(), format_args!("cannot be mapped into memory: {error}"), remedy)
        })?;
        Ok(Self::Mapped(Arc::new(map)))
    }

    /// Fails if a byte that was read until now was not the file's; `place` is what the message calls it.
    pub fn expect_whole(&self, place: &str) -> Result<()> {
        match self {
            Self::Mapped(map) if !map.is_whole() => Err(Problem::environment(
                place,
                "became shorter, or its disk failed, while it was read",
                "leave the file alone while it is used, and start again",
            )),
            _ => Ok(()),
        }
    }

    /// The state of the file when it was mapped; None for other bytes, and where no file could be recognised by it again.
    pub fn state(&self) -> Option<&PartState> {
        match self {
            Self::Mapped(map) => map.state(),
            Self::Embedded(_) | Self::Owned(_) => None,
        }
    }

    /// Releases the memory that reading the bytes took: the pages of a mapped file, which come back from the file when they are
    /// read again.
    pub fn release(&self) {
        self.release_range(0..self.as_slice().len());
    }

    /// Releases the memory that reading a part of the bytes took.
    pub fn release_range(&self, range: Range<usize>) {
        if let Self::Mapped(map) = self {
            map.release_range(range);
        }
    }

    /// Asks the system to read a mapped file ahead, without waiting for it.
    pub fn read_ahead(&self) {
        if let Self::Mapped(map) = self {
            map.read_ahead();
        }
    }

    /// All bytes, as a slice.
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Self::Embedded(bytes) => bytes,
            Self::Owned(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

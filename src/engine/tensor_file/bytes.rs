//! The bytes of weight files: mapped, compiled into the program, or made by it.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use memmap2::{Mmap, MmapOptions};

use crate::core::problem::{Problem, Result};

/// Bytes that stay valid and unchanged while a clone of this value exists.
#[derive(Debug, Clone)]
pub enum Bytes {
    /// Compiled into the program.
    Embedded(&'static [u8]),
    /// Made by the program.
    Owned(Arc<Vec<u8>>),
    /// A file mapped into memory.
    Mapped(Arc<Mmap>),
}

impl Bytes {
    /// Maps the file at `path`.
    pub fn map(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Problem::from_io(path, "open it", &error))?;
        let metadata = file.metadata().map_err(|error| Problem::from_io(path, "read its size", &error))?;
        if !metadata.is_file() {
            return Err(Problem::new(path.display(), "is a folder, a file is expected", "check the path"));
        }
        if metadata.len() == 0 {
            return Err(Problem::new(path.display(), "is empty (0 bytes)", "download or copy the file again"));
        }
        Self::map_part(&file, path, 0..metadata.len())
    }

    /// Maps a part of `file`, a range in bytes; `path` is what messages call it.
    pub fn map_part(file: &File, path: &Path, part: Range<u64>) -> Result<Self> {
        let mut options = MmapOptions::new();
        options.offset(part.start);
        options.len(usize::try_from(part.end - part.start).unwrap_or(usize::MAX));
        // SAFETY: the map is read-only and private to this process. The one hazard is another program truncating the file
        // while it is mapped, which every memory-mapping reader of weights (PyTorch, safetensors) accepts: copying 2.4 GB
        // of dictionaries into memory instead costs more than twice the memory that a whole run may take.
        #[allow(unsafe_code)]
        let map = unsafe { options.map(file) }.map_err(|error| Problem::from_io(path, "map it into memory", &error))?;
        Ok(Self::Mapped(Arc::new(map)))
    }

    /// Releases the memory that reading the bytes took: the pages of a mapped file, which come back from the file when they are
    /// read again.
    pub fn release(&self) {
        self.release_range(0..self.as_slice().len());
    }

    /// Releases the memory that reading a part of the bytes took.
    pub fn release_range(&self, range: Range<usize>) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            // SAFETY: the map is read-only and its pages are the file's, so what is dropped here is read from the file again and
            // cannot differ unless the file does, which is the one hazard of the map as a whole.
            #[allow(unsafe_code)]
            let outcome = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len()) };
            // This is only advice: if the system ignores it, more memory stays in use.
            drop(outcome);
        }
        #[cfg(not(unix))]
        drop(range);
    }

    /// Asks the system to read a mapped file ahead, without waiting for it.
    pub fn read_ahead(&self) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            // Only advice, too.
            drop(map.advise(memmap2::Advice::WillNeed));
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

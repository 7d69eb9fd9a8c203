//! A mapped file that may become shorter while it is read.
//!
//! Reading a page that the file no longer has, or that its disk cannot give, raises SIGBUS, which would end the program without
//! a word. The handler here puts zeros in place of the rest of the map and marks it, and whoever read from it asks
//! [`MappedFile::is_whole`] before using what was read. `journald` treats its files in the same way
//! (<https://github.com/systemd/systemd/blob/main/src/basic/sigbus.c>).

use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::time::SystemTime;

use memmap2::{Mmap, MmapOptions};

use super::watch::Watch;
use crate::core::file_facts::PartState;
#[cfg(unix)]
use crate::files::state;

/// A part of a file in memory.
#[derive(Debug)]
pub struct MappedFile {
    /// Dropped before the map: an address belongs to the map only while the map exists.
    watch: Watch,
    map: Mmap,
    state: Option<PartState>,
}

impl MappedFile {
    /// Maps a part of `file`, a range in bytes that is not empty.
    pub fn new(file: &File, part: Range<u64>) -> io::Result<Self> {
        let length = usize::try_from(part.end - part.start).map_err(io::Error::other)?;
        let state = state(file, &part);
        // SAFETY: the map is read-only and private to this process. The one hazard is another program changing the file while it
        // is mapped, which every memory-mapping reader of weights (PyTorch, safetensors) accepts: copying 2.4 GB of dictionaries
        // into memory instead costs more than twice the memory that a whole run may take. A file that becomes shorter is noticed.
        #[allow(unsafe_code)]
        let map = unsafe { MmapOptions::new().offset(part.start).len(length).map(file) }?;
        Ok(Self { watch: Watch::over(&map), map, state })
    }

    /// The state of the file when it was mapped, as in [`Bytes::state`](super::bytes::Bytes::state).
    pub fn state(&self) -> Option<&PartState> {
        self.state.as_ref()
    }

    /// Whether every byte that was read until now was the file's.
    pub fn is_whole(&self) -> bool {
        !self.watch.is_lost()
    }

    /// Releases the memory that reading a part of the bytes took.
    pub fn release_range(&self, range: Range<usize>) {
        #[cfg(unix)]
        {
            // SAFETY: the map is read-only and its pages are the file's, so what is dropped here is read from the file again and
            // cannot differ unless the file does, which is the one hazard of the map as a whole.
            #[allow(unsafe_code)]
            let outcome =
                unsafe { self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len()) };
            // This is only advice: if the system ignores it, more memory stays in use.
            drop(outcome);
        }
        #[cfg(not(unix))]
        drop(range);
    }

    /// Asks the system to read the file ahead, without waiting for it.
    pub fn read_ahead(&self) {
        #[cfg(unix)]
        // Only advice, too.
        drop(self.map.advise(memmap2::Advice::WillNeed));
    }
}

#[cfg(unix)]
fn state(file: &File, part: &Range<u64>) -> Option<PartState> {
    let metadata = file.metadata().ok()?;
    let state = state::of(&metadata);
    // A file without a name is a temporary one, which no other program will see.
    let is_known_again = std::os::unix::fs::MetadataExt::nlink(&metadata) > 0 && state.is_settled(SystemTime::now());
    is_known_again.then_some(PartState { file: state, part: [part.start, part.end] })
}

/// Files have no numbers here by which they could be recognised.
#[cfg(not(unix))]
fn state(_: &File, _: &Range<u64>) -> Option<PartState> {
    None
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_becomes_shorter_is_noticed_and_its_neighbour_is_not_touched() {
        let content = vec![7; 1 << 20];
        let files: Vec<File> = std::iter::repeat_with(|| tempfile::tempfile().unwrap()).take(2).collect();
        for file in &files {
            std::io::Write::write_all(&mut &*file, &content).unwrap();
        }
        let maps: Vec<MappedFile> = files.iter().map(|file| MappedFile::new(file, 0..1 << 20).unwrap()).collect();
        assert_eq!((maps[0][100], maps[0].is_whole()), (7, true));
        files[0].set_len(1 << 18).unwrap();
        assert!(maps[0].is_whole(), "nothing that is lost was read");
        assert_eq!((maps[0][100], maps[0][(1 << 18) - 1]), (7, 7));
        assert!(maps[0].is_whole());
        assert_eq!((maps[0][1 << 19], maps[0][(1 << 20) - 1], maps[0].is_whole()), (0, 0, false));
        // Released pages of the rest stay what they are.
        maps[0].release_range(0..1 << 20);
        assert_eq!((maps[0][1 << 19], maps[0].is_whole()), (0, false));
        assert!(maps[1].iter().all(|byte| *byte == 7) && maps[1].is_whole());
    }

    #[test]
    fn a_map_after_another_s_end_is_watched_too() {
        for _ in 0..3 {
            let file = tempfile::tempfile().unwrap();
            file.set_len(1 << 16).unwrap();
            let map = MappedFile::new(&file, 0..1 << 16).unwrap();
            file.set_len(0).unwrap();
            assert_eq!((map.iter().map(|byte| u32::from(*byte)).sum::<u32>(), map.is_whole()), (0, false));
        }
    }
}

//! A mapped file that may become shorter while it is read.
//!
//! Reading a page that the file no longer has, or that its disk cannot give, raises SIGBUS, which would end the program without
//! a word. The handler here puts zeros in place of the rest of the map and marks it, and whoever read from it asks
//! [`MappedFile::is_whole`] before using what was read. `journald` treats its files in the same way
//! (<https://github.com/systemd/systemd/blob/main/src/basic/sigbus.c>).

use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use memmap2::{Mmap, MmapOptions};

use watch::Watch;

/// A part of a file in memory.
#[derive(Debug)]
pub struct MappedFile {
    /// Dropped before the map: an address belongs to the map only while the map exists.
    watch: Watch,
    map: Mmap,
}

impl MappedFile {
    /// Maps a part of `file`, a range in bytes that is not empty.
    pub fn new(file: &File, part: Range<u64>) -> io::Result<Self> {
        let length = usize::try_from(part.end - part.start).map_err(io::Error::other)?;
        // SAFETY: the map is read-only and private to this process. The one hazard is another program changing the file while it
        // is mapped, which every memory-mapping reader of weights (PyTorch, safetensors) accepts: copying 2.4 GB of dictionaries
        // into memory instead costs more than twice the memory that a whole run may take. A file that becomes shorter is noticed.
        #[allow(unsafe_code)]
        let map = unsafe { MmapOptions::new().offset(part.start).len(length).map(file) }?;
        Ok(Self { watch: Watch::over(&map), map })
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

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

/// What is called on the thread whose fault ends the program, before it ends; it may do only what a signal handler may.
static LAST_WORD: OnceLock<fn()> = OnceLock::new();

/// Sets what is called before a SIGBUS that no map of a file explains ends the program. Only the first call counts.
pub fn before_a_fatal_fault(last_word: fn()) {
    // A second terminal in one process would be given back by the same function.
    let _ = LAST_WORD.set(last_word);
    watch::listen();
}

#[cfg(unix)]
mod watch {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

    use super::LAST_WORD;

    /// One map of a file, in a list that a signal handler can read: entries are only added, and each is used for one map.
    #[derive(Debug)]
    struct Entry {
        /// Address of the first byte; 0 if nothing is mapped here, now or any longer.
        start: AtomicUsize,
        end: usize,
        lost: AtomicBool,
        next: OnceLock<Box<Entry>>,
    }

    static MAPS: Entry = Entry { start: AtomicUsize::new(0), end: 0, lost: AtomicBool::new(false), next: OnceLock::new() };

    /// The watch over one map.
    #[derive(Debug)]
    pub struct Watch(&'static Entry);

    impl Watch {
        /// Watches over the addresses of `bytes` until the watch is dropped.
        pub fn over(bytes: &[u8]) -> Self {
            listen();
            let range = bytes.as_ptr_range();
            let (start, end) = (AtomicUsize::new(range.start.addr()), range.end.addr());
            let mut new = Box::new(Entry { start, end, lost: AtomicBool::new(false), next: OnceLock::new() });
            let mut last = &MAPS;
            loop {
                if let Err(refused) = last.next.set(new) {
                    new = refused;
                } else if let Some(entry) = last.next.get() {
                    return Self(entry);
                } else {
                    unreachable!("it was set just now");
                }
                last = last.next.get().map_or(last, Box::as_ref);
            }
        }

        pub fn is_lost(&self) -> bool {
            self.0.lost.load(Ordering::Acquire)
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            self.0.start.store(0, Ordering::Release);
        }
    }

    impl Entry {
        /// Puts zeros in place of everything from the page of `address` to the end of the map; false if the system refuses.
        fn lose_from(&self, address: usize) -> bool {
            let page = address & !(rustix::param::page_size() - 1);
            self.lost.store(true, Ordering::Release);
            // SAFETY: the addresses are those of a live map, which nobody writes to and whose readers expect no certain bytes
            // once it is marked as lost; a map over a map leaves no moment at which nothing is there.
            #[allow(unsafe_code)]
            let outcome = unsafe {
                mmap_anonymous(
                    std::ptr::without_provenance_mut(page),
                    self.end - page,
                    ProtFlags::READ,
                    MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
                )
            };
            outcome.is_ok()
        }
    }

    /// The map to which `address` belongs.
    fn map_at(address: usize) -> Option<&'static Entry> {
        let entries = std::iter::successors(Some(&MAPS), |entry| entry.next.get().map(Box::as_ref));
        entries.into_iter().find(|entry| {
            let start = entry.start.load(Ordering::Acquire);
            start != 0 && (start..entry.end).contains(&address)
        })
    }

    /// Installs the handler, once. signal-hook would call the handler of Rust's runtime first, which takes every handler away at
    /// the first fault that is not the end of a stack.
    pub fn listen() {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // SAFETY: the structure is filled as sigaction(2) says, and the handler does only what a signal handler may. If it
            // cannot be installed, the system ends the program at such a fault as before.
            #[allow(unsafe_code)]
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = handle as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&raw mut action.sa_mask);
                libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut());
            }
        });
    }

    /// Handles a SIGBUS: it reads atomics, maps memory, calls a function that is bound to the same rule, and ends the program.
    extern "C" fn handle(signal: libc::c_int, fault: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system gives a valid pointer. A signal that a program sent has no address; its code is not positive.
        #[allow(unsafe_code)]
        let address = unsafe { ((*fault).si_code > 0).then(|| (*fault).si_addr().addr()) };
        if address.is_some_and(|address| map_at(address).is_some_and(|map| map.lose_from(address))) {
            return;
        }
        if let Some(last_word) = LAST_WORD.get() {
            last_word();
        }
        // If even that fails, the instruction is tried again and the signal comes again.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
}

#[cfg(not(unix))]
mod watch {
    /// Such systems refuse to make a mapped file shorter.
    #[derive(Debug)]
    pub struct Watch;

    impl Watch {
        pub fn over(_: &[u8]) -> Self {
            Self
        }

        pub fn is_lost(&self) -> bool {
            false
        }
    }

    pub fn listen() {}
}

#[cfg(all(test, unix))]
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

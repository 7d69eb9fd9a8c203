//! The watch over maps of files: a handler of SIGBUS that knows their addresses.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

/// What is called on the thread whose fault ends the program, before it ends; it may do only what a signal handler may.
static LAST_WORD: OnceLock<fn()> = OnceLock::new();

/// Sets what is called before a SIGBUS that no map of a file explains ends the program. Only the first call counts.
pub fn before_a_fatal_fault(last_word: fn()) {
    // A second terminal in one process would be given back by the same function.
    let _ = LAST_WORD.set(last_word);
    listen();
}

/// The place of one map in a list that a signal handler can read: places are added and used again, and never taken away.
#[derive(Debug, Default)]
struct Entry {
    is_taken: AtomicBool,
    /// Address of the first byte; 0 if nothing is mapped here now.
    start: AtomicUsize,
    end: AtomicUsize,
    lost: AtomicBool,
    next: OnceLock<Box<Entry>>,
}

static MAPS: Entry = Entry {
    is_taken: AtomicBool::new(false),
    start: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
    lost: AtomicBool::new(false),
    next: OnceLock::new(),
};

/// The size of a page of memory, which a signal handler must not ask the system for the first time.
static PAGE: AtomicUsize = AtomicUsize::new(1);

/// The watch over one map.
#[derive(Debug)]
pub struct Watch(&'static Entry);

impl Watch {
    /// Watches over the addresses of `bytes` until the watch is dropped.
    pub fn over(bytes: &[u8]) -> Self {
        listen();
        let mut entry = &MAPS;
        while entry.is_taken.swap(true, Ordering::SeqCst) {
            entry = entry.next.get_or_init(Box::default);
        }
        let range = bytes.as_ptr_range();
        entry.lost.store(false, Ordering::SeqCst);
        entry.end.store(range.end.addr(), Ordering::SeqCst);
        entry.start.store(range.start.addr(), Ordering::SeqCst);
        Self(entry)
    }

    /// Whether bytes that the file no longer has were read.
    pub fn is_lost(&self) -> bool {
        self.0.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.start.store(0, Ordering::SeqCst);
        self.0.is_taken.store(false, Ordering::SeqCst);
    }
}

impl Entry {
    /// The end of the map, if `address` is in it. Another thread may be giving the place to another map meanwhile: then the start
    /// is no longer the one that was read first.
    fn end_around(&self, address: usize) -> Option<usize> {
        let start = self.start.load(Ordering::SeqCst);
        let end = self.end.load(Ordering::SeqCst);
        (start != 0 && (start..end).contains(&address) && self.start.load(Ordering::SeqCst) == start).then_some(end)
    }

    /// Puts zeros in place of everything from the page of `address` to the end of the map; false if `address` is not in it or the
    /// system refuses.
    fn lose_from(&self, address: usize) -> bool {
        let Some(end) = self.end_around(address) else { return false };
        let page = address & !(PAGE.load(Ordering::SeqCst) - 1);
        self.lost.store(true, Ordering::SeqCst);
        // SAFETY: the addresses are those of a live map, for the thread that reads it is here. Nobody writes to it, and its
        // readers expect no certain bytes once it is marked as lost; a map over a map leaves no moment at which nothing is there.
        #[allow(unsafe_code)]
        let outcome = unsafe {
            mmap_anonymous(
                std::ptr::without_provenance_mut(page),
                end - page,
                ProtFlags::READ,
                MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
            )
        };
        outcome.is_ok()
    }
}

/// Puts zeros in place of what is lost around `address`; false if no map is there.
fn lose_around(address: usize) -> bool {
    std::iter::successors(Some(&MAPS), |entry| entry.next.get().map(Box::as_ref)).any(|entry| entry.lose_from(address))
}

/// Installs the handler, once. signal-hook would call the handler of Rust's runtime first, which takes every handler away at
/// the first fault that is not the end of a stack.
pub fn listen() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        PAGE.store(rustix::param::page_size(), Ordering::SeqCst);
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
    if address.is_some_and(lose_around) {
        return;
    }
    if let Some(last_word) = LAST_WORD.get() {
        last_word();
    }
    // If even that fails, the instruction is tried again and the signal comes again.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

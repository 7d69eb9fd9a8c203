//! The threads that a computation runs on.

use std::fmt;
use std::num::NonZeroUsize;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::core::problem::{Problem, Result};

/// The name of the threads of a computation, by which a panic hook knows that their faults are already reported.
pub const THREAD: &str = "attribution";

/// The problem that the system starts no more threads.
pub fn no_thread(error: impl fmt::Display) -> Problem {
    let what = format_args!("no thread can be started: {error}");
    Problem::environment("attribution", what, "close some programs, or raise the system's limit (`ulimit -u`)")
}

/// The problem behind a panic for `reason`, if that is a library's own thread which the system did not start.
pub fn refused_thread(reason: &str) -> Option<Problem> {
    // What `std::thread::spawn` says; matrixmultiply calls it.
    reason.strip_prefix("failed to spawn thread: ").map(no_thread)
}

/// The variable with which rayon's users choose a number of threads.
const VARIABLE: &str = "RAYON_NUM_THREADS";

/// Number of cores that this machine lets a computation use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The number of threads that `RAYON_NUM_THREADS` asks for; None if it is not set, or 0, or no number, which rayon reads as not set.
fn of_environment() -> Result<Option<NonZeroUsize>> {
    let asked = std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok()).and_then(NonZeroUsize::new);
    match asked {
        Some(count) if count.get() > cores() => Err(Problem::new(
            format_args!("{VARIABLE} {count}"),
            format_args!("is more than the {} that can compute at once here", cores()),
            "set it to at most that, or unset it: one thread for each core is the default",
        )),
        asked => Ok(asked),
    }
}

/// The threads of one computation. They serve everything that works with rayon: the `native` backend entirely, and burn's on the
/// processor except for the threads that matrixmultiply adds in products of burn-ndarray. Hashing has a thread of its own beside
/// them.
pub struct Threads(ThreadPool);

impl Threads {
    /// `count` threads; if it is None, as many as `RAYON_NUM_THREADS` says, which must be no more than there are cores, else one for
    /// each core. The threads that rayon starts by itself are not used: where the system refuses them, every later use panics.
    ///
    /// # Errors
    /// When the system cannot start them, or the variable asks for more than there are cores.
    pub fn new(count: Option<NonZeroUsize>) -> Result<Self> {
        let count = count.map(Ok).or_else(|| of_environment().transpose()).transpose()?;
        // Named like the thread that waits for them: their panics come back to it and are reported once.
        let pool = ThreadPoolBuilder::new().num_threads(count.map_or(0, NonZeroUsize::get)).thread_name(|_| THREAD.to_owned());
        pool.build().map(Self).map_err(no_thread)
    }

    /// Runs `work` on these threads and returns its result.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }

    /// Number of threads.
    pub fn count(&self) -> usize {
        self.0.current_num_threads()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_a_library_did_not_get_is_no_fault_of_the_program() {
        let problem = refused_thread("failed to spawn thread: Os { code: 11 }").unwrap();
        assert!(problem.is_environment() && problem.what() == "no thread can be started: Os { code: 11 }", "{problem}");
        assert_eq!(refused_thread("index out of bounds"), None);
    }

    #[test]
    fn work_sees_as_many_threads_as_were_asked_for_and_the_next_computation_its_own() {
        for count in [1, 3, 2] {
            let threads = Threads::new(NonZeroUsize::new(count)).unwrap();
            assert_eq!((threads.count(), threads.run(rayon::current_num_threads)), (count, count));
        }
        assert_eq!(Threads::new(None).unwrap().count(), rayon::current_num_threads());
    }
}

//! The threads that a computation runs on.

use std::any::Any;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// The name of the threads whose panics come back to the thread that waits for them as problems, by [`fault`]: a panic hook says nothing of
/// these.
pub const THREAD: &str = "worker";

/// The problem that the system starts no more threads.
pub fn no_thread(error: impl fmt::Display) -> Problem {
    let what = format_args!("no thread can be started: {error}");
    Problem::environment("system", what, "close some programs, or raise the system's limit (`ulimit -u`)")
}

/// The problem behind a panic for `reason`, if that is a library's own thread which the system did not start.
pub fn refused_thread(reason: &str) -> Option<Problem> {
    // What `std::thread::spawn` says; matrixmultiply calls it.
    let error = reason.strip_prefix("failed to spawn thread: ")?;
    // The error stands there as Rust's debug format shows it; its message says it to a reader.
    let message = error.split_once("message: \"").and_then(|(_, rest)| Some(rest.split_once('"')?.0));
    Some(no_thread(message.unwrap_or(error)))
}

/// The problem that a panic stopped the work that messages call `place`.
pub fn fault(place: &str, panic: &(dyn Any + Send)) -> Problem {
    let reason = reason(panic);
    reason.and_then(refused_thread).unwrap_or_else(|| {
        let what = format!("stopped at a fault of the program: {}", excerpt(reason.unwrap_or("no reason given"), 200));
        Problem::new(place, what, "report it with the log or the command line")
    })
}

/// The text of a panic, if it has one.
pub fn reason(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied())
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
        let pool = ThreadPoolBuilder::new().num_threads(count.map_or(0, NonZeroUsize::get)).thread_name(|_| THREAD.to_owned());
        pool.build().map(Self).map_err(no_thread)
    }

    /// Runs `work` on these threads and returns its result.
    ///
    /// # Errors
    /// Those of `work`, and that it panicked.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.0.install(work)));
        outcome.unwrap_or_else(|panic| Err(fault("computation", &*panic)))
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
        let said = r#"failed to spawn thread: Os { code: 11, kind: WouldBlock, message: "Resource temporarily unavailable" }"#;
        assert_eq!(refused_thread(said).unwrap().what(), "no thread can be started: Resource temporarily unavailable");
        assert_eq!(refused_thread("index out of bounds"), None);
    }

    #[test]
    fn a_panic_of_any_of_them_is_a_problem_with_its_reason() {
        let threads = Threads::new(NonZeroUsize::new(2)).unwrap();
        let failed = |reason: &'static str| {
            let work = || -> Result<()> {
                rayon::join(|| panic!("{reason}"), || ());
                Ok(())
            };
            threads.run(work).unwrap_err()
        };
        let refused = failed("failed to spawn thread: Os { code: 11 }");
        assert!(refused.is_environment() && refused.to_string().contains("no thread can be started"), "{refused}");
        assert!(failed("amiss").what().ends_with("fault of the program: amiss"));
    }

    #[test]
    fn work_sees_as_many_threads_as_were_asked_for_and_the_next_computation_its_own() {
        for count in [1, 3, 2] {
            let threads = Threads::new(NonZeroUsize::new(count)).unwrap();
            assert_eq!((threads.count(), threads.run(|| Ok(rayon::current_num_threads())).unwrap()), (count, count));
        }
        assert_eq!(Threads::new(None).unwrap().count(), rayon::current_num_threads());
    }
}

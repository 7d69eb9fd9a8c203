//! The threads that a computation runs on.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::{ThreadPool, ThreadPoolBuilder};

pub use crate::core::fault::{THREAD, fault, no_thread, reason, refused_thread};
use crate::core::problem::{Problem, Result};

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

/// The threads of one computation. They serve everything that works with rayon, which is all arithmetic on the processor. Hashing has a thread of its own beside
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

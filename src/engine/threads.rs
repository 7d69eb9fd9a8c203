//! The threads that a computation runs on.

use std::num::NonZeroUsize;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::core::problem::{Problem, Result};

/// The name of the threads of a computation, by which a panic hook knows that their faults are already reported.
pub const THREAD: &str = "attribution";

/// The problem that the system starts no more threads.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub fn no_thread(error: std::io::Error) -> Problem {
    Problem::new("attribution", format_args!("no thread can be started: {error}"), "close some programs")
}

/// Number of cores that this machine lets a computation use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The threads of one computation. They serve everything that works with rayon: the `native` backend entirely, and burn's on the
/// processor except for the threads that matrixmultiply adds in products of burn-ndarray. Hashing has a thread of its own beside
/// them.
pub struct Threads(Option<ThreadPool>);

impl Threads {
    /// `count` threads that are started now; if `count` is None, the threads that the whole process shares, one for each core.
    ///
    /// # Errors
    /// When the system cannot start them.
    pub fn new(count: Option<NonZeroUsize>) -> Result<Self> {
        let start = |count: NonZeroUsize| {
            // Named like the thread that waits for them: their panics come back to it and are reported once.
            let pool = ThreadPoolBuilder::new().num_threads(count.get()).thread_name(|_| THREAD.to_owned()).build();
            pool.map_err(|error| {
                let what = format_args!("no {count} threads can be started: {error}");
                Problem::new(format_args!("--threads {count}"), what, "leave it out to use all cores")
            })
        };
        Ok(Self(count.map(start).transpose()?))
    }

    /// Runs `work` on these threads and returns its result.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Number of threads.
    pub fn count(&self) -> usize {
        self.0.as_ref().map_or_else(rayon::current_num_threads, ThreadPool::current_num_threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_sees_as_many_threads_as_were_asked_for_and_the_next_computation_its_own() {
        for count in [1, 3, 2] {
            let threads = Threads::new(NonZeroUsize::new(count)).unwrap();
            assert_eq!((threads.count(), threads.run(rayon::current_num_threads)), (count, count));
        }
        let shared = Threads::new(None).unwrap();
        assert_eq!(shared.count(), shared.run(rayon::current_num_threads));
    }
}

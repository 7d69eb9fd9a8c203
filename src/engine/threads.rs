//! How many cores computing takes.

use rayon::ThreadPoolBuilder;

use crate::core::problem::{Problem, Result};
use crate::engine::worker::THREAD;

/// Lets computing use `count` threads instead of one for each core. To be called once, before anything is computed.
///
/// It holds for everything that works with rayon: the `native` backend wholly, burn's on the processor but for what matrixmultiply adds
/// in products of burn-ndarray. Hashing has a thread of its own beside these.
///
/// # Errors
/// When the system starts no threads, or computing has begun.
pub fn limit(count: usize) -> Result<()> {
    // Named as the thread that waits for them: their panics come back to it and are reported once.
    let pool = ThreadPoolBuilder::new().num_threads(count).thread_name(|_| THREAD.to_owned()).build_global();
    pool.map_err(|error| {
        Problem::new(format_args!("--threads {count}"), format_args!("cannot be set: {error}"), "leave it out to use all cores")
    })
}

/// How many threads compute.
pub fn count() -> usize {
    rayon::current_num_threads()
}

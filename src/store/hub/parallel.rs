//! Does one kind of work on many items, several at a time; the first failure stops all threads.

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Builder};
use std::time::Duration;

use super::client::{Stop, cancelled};
use crate::core::problem::{Problem, Result};

/// Interval between reports of progress.
const GLANCE: Duration = Duration::from_millis(20);

/// Does `work` on every item, on `threads` threads, and meanwhile calls `watch` on this thread.
///
/// # Errors
/// The first failure, or a cancellation if `stop` returned true.
pub fn in_parallel<T: Sync>(
    items: &[T],
    threads: usize,
    stop: Stop<'_>,
    work: impl Fn(&T, Stop<'_>) -> Result<()> + Sync,
    mut watch: impl FnMut(),
) -> Result<()> {
    let (next, failed, first) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None));
    let stops = || stop() || failed.load(Ordering::Relaxed);
    let fail = |problem: Problem| {
        failed.store(true, Ordering::Relaxed);
        if let Ok(mut first) = first.lock() {
            first.get_or_insert(problem);
        }
    };
    let run = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| !stops()) {
            if let Err(problem) = work(item, &stops) {
                fail(problem);
            }
        }
    };
    thread::scope(|scope| {
        let mut handles = Vec::new();
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            match Builder::new().name("download".to_owned()).spawn_scoped(scope, run) {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    let what = format_args!("no thread can be started: {error}");
                    fail(Problem::environment("download", what, "close some programs"));
                }
            }
        }
        while handles.iter().any(|handle| !handle.is_finished()) {
            watch();
            thread::sleep(GLANCE);
        }
        watch();
        handles.into_iter().for_each(|handle| handle.join().unwrap_or_else(|panic| resume_unwind(panic)));
    });
    match first.into_inner().ok().flatten() {
        Some(problem) => Err(problem),
        None if stop() => Err(cancelled()),
        None => Ok(()),
    }
}

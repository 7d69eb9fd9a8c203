//! Does one kind of work on many items, several at a time; a failure stops the work on all later items.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};
use std::time::Duration;

use super::client::{Stop, cancelled};
use crate::core::fault::{THREAD, fault, no_thread};
use crate::core::problem::{Problem, Result};

/// Interval between reports of progress.
const GLANCE: Duration = Duration::from_millis(20);

/// Does `work` on every item, on at most `threads` threads, and meanwhile calls `watch` on this thread.
///
/// # Errors
/// The failure of the first item in the list that fails, so that each run reports the same one, or a cancellation if `stop` returned true.
pub fn in_parallel<T: Sync>(
    items: &[T],
    threads: usize,
    stop: Stop<'_>,
    work: impl Fn(&T, Stop<'_>) -> Result<()> + Sync,
    mut watch: impl FnMut(),
) -> Result<()> {
    let (next, failed, first) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX), Mutex::new(None));
    let fail = |place: usize, problem: Problem| {
        failed.fetch_min(place, Ordering::Relaxed);
        if let Ok(mut first) = first.lock()
            && first.as_ref().is_none_or(|(other, _)| place < *other)
        {
            *first = Some((place, problem));
        }
    };
    let run = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            // Earlier items go on: one of them may fail, too.
            let stops = || stop() || failed.load(Ordering::Relaxed) < place;
            let Some(item) = items.get(place).filter(|_| !stops()) else { return };
            let outcome = catch_unwind(AssertUnwindSafe(|| work(item, &stops)));
            if let Err(problem) = outcome.unwrap_or_else(|panic| Err(fault("download", &*panic))) {
                fail(place, problem);
            }
        }
    };
    thread::scope(|scope| {
        let mut handles = Vec::new();
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            match Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, run) {
                Ok(handle) => handles.push(handle),
                // Fewer threads do the same work.
                Err(_) if !handles.is_empty() => break,
                Err(error) => fail(0, no_thread(error)),
            }
        }
        while handles.iter().any(|handle| !handle.is_finished()) {
            watch();
            thread::sleep(GLANCE);
        }
        watch();
    });
    match first.into_inner().ok().flatten() {
        Some((_, problem)) => Err(problem),
        None if stop() => Err(cancelled()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(items: &[usize], threads: usize, work: impl Fn(&usize, Stop<'_>) -> Result<()> + Sync) -> String {
        in_parallel(items, threads, &|| false, work, || ()).unwrap_err().to_string()
    }

    #[test]
    fn the_first_failure_of_the_list_is_reported_whichever_comes_first() {
        let late = |item: &usize, _: Stop<'_>| {
            thread::sleep(Duration::from_millis(60 - 20 * *item as u64));
            Err(Problem::new(format_args!("item {item}"), "is amiss", "mend it"))
        };
        assert!(failed(&[0, 1, 2], 3, late).starts_with("item 0: "));
    }

    #[test]
    fn a_panic_is_a_failure_and_stops_what_comes_later() {
        let done = AtomicUsize::new(0);
        let work = |item: &usize, _: Stop<'_>| {
            assert!(*item != 1, "failed to spawn thread: Os {{ code: 11 }}");
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        let said = failed(&[0, 1, 2, 3], 1, work);
        assert!(said.contains("no thread can be started"), "{said}");
        assert_eq!(done.into_inner(), 1);
    }
}

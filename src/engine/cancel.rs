//! How a running computation learns that its result is no longer wanted: a flag that the waiting side raises and the computation
//! checks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::core::problem::{Problem, Result};

/// A flag that stays raised once it was raised. Clones share it; a fresh one is `Cancel::default()`.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    /// The flag of the work of which this is a part.
    whole: Option<Arc<Self>>,
}

impl Cancel {
    /// Raises the flag: asks every holder of a clone to stop.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether the flag was raised, or that of the whole work.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed) || self.whole.as_ref().is_some_and(|whole| whole.is_cancelled())
    }

    /// A flag for a part of the work, which ends with the whole and can be stopped alone: so threads that need each other's results stop
    /// each other, and this one still says whether anybody else asked for that.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { flag: Arc::default(), whole: Some(Arc::new(self.clone())) }
    }

    /// Returns an error once cancelled. To be called wherever stopping leaves nothing half done; the check costs almost nothing.
    ///
    /// # Errors
    /// Once the flag was raised; the problem says so.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Problem::cancelled("attribution", "start it again to have the whole result"));
        }
        Ok(())
    }

    /// Does `work`, and cancels if it fails or panics. This is for threads that need each other's results, so that a caller that
    /// waits for all of them does not wait longer than it must.
    pub fn unless_finished<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut guard = Guard { cancel: self, finished: false };
        let outcome = work();
        guard.finished = outcome.is_ok();
        outcome
    }
}

/// Cancels when it is dropped before `finished` is set, which happens on a panic, too.
struct Guard<'a> {
    cancel: &'a Cancel,
    finished: bool,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.cancel.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn clones_share_the_flag() {
        let cancel = Cancel::default();
        let other = cancel.clone();
        assert!(other.check().is_ok());
        cancel.cancel();
        assert!(other.check().unwrap_err().is_cancelled());
    }

    #[test]
    fn a_part_is_stopped_alone_and_with_the_whole() {
        let whole = Cancel::default();
        let (one, other) = (whole.part(), whole.part());
        one.cancel();
        assert!(one.is_cancelled() && !other.is_cancelled() && !whole.is_cancelled());
        whole.cancel();
        assert!(other.is_cancelled());
    }

    #[test]
    fn work_that_fails_or_panics_cancels_and_work_that_ends_does_not() {
        let cancel = Cancel::default();
        assert_eq!(cancel.unless_finished(|| Ok(1)), Ok(1));
        assert!(!cancel.is_cancelled());
        assert!(cancel.unless_finished(|| Err::<(), _>(Problem::new("a", "b", "c"))).is_err());
        assert!(cancel.is_cancelled());
        let cancel = Cancel::default();
        let panics = || -> Result<()> { cancel.unless_finished(|| std::panic::resume_unwind(Box::new(()))) };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert!(cancel.is_cancelled());
    }
}

//! How a running computation learns that its result is no longer wanted: a flag that the waiting side raises and the computation
//! checks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::core::problem::{Problem, Result};

/// A flag that stays raised once it was raised. Clones share it; a fresh one is `Cancel::default()`.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    /// The flag whose raising counts as that of this one.
    above: Option<Arc<Self>>,
}

impl Cancel {
    /// A flag that is raised with this one, and can be raised without it: so threads that need each other's results stop each other, and
    /// this one still says whether anybody else asked for that.
    pub fn below(&self) -> Self {
        Self { flag: Arc::default(), above: Some(Arc::new(self.clone())) }
    }

    /// Raises the flag: asks every holder of a clone to stop.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether the flag was raised.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed) || self.above.as_ref().is_some_and(|above| above.is_cancelled())
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
    fn a_flag_below_is_raised_with_the_one_above_and_not_the_other_way_round() {
        let above = Cancel::default();
        let (one, other) = (above.below(), above.below().below());
        one.cancel();
        assert!(one.is_cancelled() && !above.is_cancelled() && !other.is_cancelled());
        above.cancel();
        assert!(other.check().unwrap_err().is_cancelled());
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

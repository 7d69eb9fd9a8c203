//! Buffers that outlive the task that filled them: fresh large allocations cost a page fault for every four kilobytes.

use std::sync::{Mutex, PoisonError};

/// Values that are not in use. At most as many exist as tasks ever ran at once.
#[derive(Default)]
pub struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    /// One that was given back, or a new one.
    pub fn take(&self) -> T {
        // A task that panicked held none of these: what is in the list is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Gives one back.
    pub fn give(&self, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }
}

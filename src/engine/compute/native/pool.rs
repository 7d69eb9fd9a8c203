//! Buffers that outlive the task that filled them: a fresh large allocation costs a page fault for every four kilobytes.

use std::sync::{Mutex, PoisonError};

/// Values that are not in use. There are never more than tasks that ran at once.
#[derive(Default)]
pub struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    /// A value that was given back, or a new one.
    pub fn take(&self) -> T {
        // The list is whole after a panic: a value that a panicking task held is not in it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Gives a value back for the next task.
    pub fn give(&self, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }
}

//! How far a computation is, for whoever shows it.

use std::ops::ControlFlow;

/// One step forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being done now, for example `resid_3, male`.
    pub stage: String,
    /// Units done so far.
    pub done: u64,
    /// Units in all.
    pub total: u64,
}

/// Told of every step; breaking cancels the computation.
pub type Observer<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

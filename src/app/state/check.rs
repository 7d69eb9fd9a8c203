//! The running causal check, and the window in which a check is read.

use std::sync::Arc;
use std::time::Duration;

use super::job::Pace;
use crate::core::causal::check::{Check, Found, What};
use crate::core::findings::Findings;
use crate::core::progress::Progress;

/// The running check.
#[derive(Debug, Clone)]
pub struct Checking {
    /// Number of the check; news of any other number is stale.
    pub number: u64,
    /// What is asked.
    pub check: Check,
    /// The run that is checked; another one may be on the screen meanwhile.
    pub findings: Arc<Findings>,
    /// Whether the result is to be kept with the run.
    pub keeps: bool,
    /// The latest progress; None before the first.
    pub progress: Option<Progress>,
    /// Time of the first progress of this stage, and the steps that were done then.
    first: Option<(Duration, u64)>,
    /// What was found so far.
    pub partial: Option<Found>,
    /// Whether that is the whole result, and only its side effects are measured yet.
    pub is_whole: bool,
}

impl Checking {
    /// A check without progress yet.
    pub fn new(number: u64, check: Check, findings: Arc<Findings>, keeps: bool) -> Self {
        Self { number, check, findings, keeps, progress: None, first: None, partial: None, is_whole: false }
    }

    /// Records the progress at `now`.
    pub fn advance(&mut self, progress: Progress, now: Duration) {
        if self.progress.as_ref().is_none_or(|before| progress.done < before.done || progress.total != before.total) {
            self.first = None;
        }
        self.first.get_or_insert((now, progress.done));
        self.progress = Some(progress);
    }

    /// Speed of the present stage; None until there is enough progress to measure it.
    pub fn pace(&self, now: Duration) -> Option<Pace> {
        Pace::since(self.first?, self.progress.as_ref()?, now)
    }
}

/// The window on one check.
#[derive(Debug, Clone)]
pub struct Window {
    /// The check whose result is read, running or known.
    pub check: Check,
    /// The line at the cursor, or where there is none the first visible line.
    pub at: usize,
    /// The order of single features.
    pub order: Order,
    /// Whether the order is the other way round.
    pub reversed: bool,
}

impl Window {
    /// The window on `check`, at its top.
    pub fn on(check: Check) -> Self {
        Self { check, at: 0, order: Order::Effect, reversed: false }
    }

    /// Whether it lists single features, which can be ordered and gone to.
    pub fn has_rows(&self) -> bool {
        matches!(self.check.what, What::Each { .. })
    }
}

/// The column by which single features are ordered, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By |effect|.
    Effect,
    /// By name: kind, layer and index, ascending.
    Feature,
    /// By the pairs in whose clean prompt the feature is active.
    Clean,
    /// By the pairs in whose patch prompt it is active.
    Patch,
    /// By the share that zero removes.
    Zero,
    /// By the share that resample removes.
    Resample,
}

impl Order {
    /// All orders, as a key steps through them.
    pub const ALL: [Self; 6] = [Self::Effect, Self::Zero, Self::Resample, Self::Clean, Self::Patch, Self::Feature];

    /// The order after this one.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|order| *order == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

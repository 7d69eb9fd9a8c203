//! The events that a computation reports while it runs.

use std::sync::Arc;

use super::dictionary_report::{DictionaryReport, FitSums};
use super::inspection::Inspection;
use super::problem::Result;
use super::ranking::Ranked;
use super::run::{Opened, Run};
use super::submodule::Submodule;
use super::tags::Subject;
use super::view::View;

/// The state of the work after one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The current stage, for example `resid_3, male`.
    pub stage: String,
    /// Units of work done so far.
    pub done: u64,
    /// Units of work in all.
    pub total: u64,
}

/// An event during the computation.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The work advanced.
    Progress(Progress),
    /// One submodule of one view is finished; the numbers are final.
    Found(View, Arc<Ranked>),
    /// One dictionary has encoded all tokens; the report of these sums says how well it fits.
    Fitted(Submodule, FitSums),
    /// One dictionary has encoded enough tokens to judge how well it fits; the report is of these. It comes before any effect at the
    /// submodule, and once.
    Measured(Submodule, DictionaryReport),
    /// A dictionary does not fit as it should, and the site finder looked for the reason.
    Inspected(Box<Inspection>),
}

/// The events of a job, in this order: at most one `Opened`, then any number of `Step` with at most one `Identified` somewhere
/// between or beside them, then exactly one `Ended`. A job that ends with a run has sent all four.
///
/// `Whole` is the form in which the receiver gets the complete run.
#[derive(Debug, Clone)]
pub enum Event<Whole = Box<Run>> {
    /// The inputs are open, and the computation on them begins.
    Opened(Box<Opened>),
    /// The computation made a step.
    Step(Step),
    /// The dictionaries are hashed, so the subject that tags belong to is known; the run will have the same subject.
    Identified(Subject),
    /// The job is over: it ends with the complete run, or with the reason why there is no run (cancelling is one).
    Ended(Result<Whole>),
}

impl<Whole> Event<Whole> {
    /// Converts the complete run with `whole` and leaves other events as they are.
    pub fn map<Other>(self, whole: impl FnOnce(Whole) -> Other) -> Event<Other> {
        match self {
            Self::Opened(opened) => Event::Opened(opened),
            Self::Step(step) => Event::Step(step),
            Self::Identified(subject) => Event::Identified(subject),
            Self::Ended(outcome) => Event::Ended(outcome.map(whole)),
        }
    }
}

/// A callback that receives every step.
pub type Observer<'a> = &'a mut dyn FnMut(Step);

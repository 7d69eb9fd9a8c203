//! What a computation tells while it runs, for whoever shows it.

use std::sync::Arc;

use super::dictionary_report::DictionaryReport;
use super::problem::Result;
use super::ranking::Ranked;
use super::run::{Opened, Run};
use super::submodule::Submodule;
use super::tags::Subject;
use super::view::View;

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

/// Something that happened on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Work went on.
    Progress(Progress),
    /// One submodule of one view is finished: these are its final numbers.
    Found(View, Arc<Ranked>),
    /// One dictionary has seen all tokens: how well it fits.
    Fitted(Submodule, DictionaryReport),
}

/// What a job tells, in this order: at most one `Opened`, then any number of `Step` with at most one `Identified` somewhere between or
/// beside them, exactly one `Ended`. A job that ends with a run has told all four.
///
/// `Whole` is what a whole run is to those who hear of it.
#[derive(Debug, Clone)]
pub enum Event<Whole = Box<Run>> {
    /// The inputs are open and will be computed on.
    Opened(Box<Opened>),
    /// It went on.
    Step(Step),
    /// The dictionaries are hashed: what tags hang on is known, and the run will say the same.
    Identified(Subject),
    /// It is over: with the whole run, or with the reason why there is none (cancelling is one).
    Ended(Result<Whole>),
}

impl<Whole> Event<Whole> {
    /// The same with another form of the whole run.
    pub fn map<Other>(self, whole: impl FnOnce(Whole) -> Other) -> Event<Other> {
        match self {
            Self::Opened(opened) => Event::Opened(opened),
            Self::Step(step) => Event::Step(step),
            Self::Identified(subject) => Event::Identified(subject),
            Self::Ended(outcome) => Event::Ended(outcome.map(whole)),
        }
    }
}

/// Told of every step.
pub type Observer<'a> = &'a mut dyn FnMut(Step);

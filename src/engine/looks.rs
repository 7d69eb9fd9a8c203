//! The second look at dictionaries that do not fit a study's prompts as they should: the site finder, by itself.

use std::sync::{Mutex, PoisonError};

use super::cancel::Cancel;
use super::dictionary::Dictionary;
use super::dictionary::place::Place;
use super::inspect::{Set, candidates};
use super::loaded::Loaded;
use crate::core::declared::Agreement;
use crate::core::dictionary_report::DictionaryReport;
use crate::core::inspection::{Inspection, verdict};
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::submodule::Submodule;

/// Most tokens of the prompts that the site finder is given: it compares set-ups on these, and says nothing about other texts.
const MOST_TOKENS: usize = 512;

/// Looks at the dictionaries of one computation.
pub struct Looks<'a> {
    loaded: &'a Loaded,
    /// Prompts as token ids, without BOS.
    prompts: Vec<Vec<u32>>,
    /// Whether the study's prompts begin with BOS.
    begins_with_bos: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failure: Option<Problem>,
    /// Whether a dictionary of which nothing is declared was looked at: one is enough, since what is wrong with all of a release shows
    /// at each, and what was never trained would cost a look at each.
    looked_at_undeclared: bool,
    /// Whether one was looked at of which only its release declares something, for the same reason.
    looked_at_released: bool,
}

impl<'a> Looks<'a> {
    /// Looks on `prompts`, which begin with BOS if `begins_with_bos` is set; a prompt may come several times.
    pub fn new(loaded: &'a Loaded, prompts: impl Iterator<Item = &'a [u32]>, begins_with_bos: bool) -> Self {
        let mut kept: Vec<Vec<u32>> = Vec::new();
        let mut tokens = 0;
        for prompt in prompts {
            let prompt = &prompt[usize::from(begins_with_bos).min(prompt.len())..];
            if tokens < MOST_TOKENS && !prompt.is_empty() && !kept.iter().any(|other| other == prompt) {
                tokens += prompt.len();
                kept.push(prompt.to_vec());
            }
        }
        Self { loaded, prompts: kept, begins_with_bos, state: Mutex::default() }
    }

    /// Judges the dictionary of `submodule` by `report`; if it does not fit, looks for a set-up in which it does, tells what was found,
    /// and raises `cancel` if the study's set-up is wrong.
    pub fn at(&self, submodule: Submodule, report: DictionaryReport, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) {
        let Some(dictionary) = self.loaded.dictionaries.iter().find(|one| one.submodule() == submodule) else { return };
        if !self.is_worth_a_look(dictionary, report) {
            return;
        }
        match self.inspect(dictionary, report, cancel) {
            Ok(inspection) => {
                let stops = inspection.is_wrong_set_up();
                tell(Event::Step(Step::Inspected(Box::new(inspection))));
                if stops {
                    cancel.cancel();
                }
            }
            Err(problem) => {
                self.lock().failure = Some(problem);
                cancel.cancel();
            }
        }
    }

    /// The failure of a look, if one failed.
    pub fn outcome(&self) -> Result<()> {
        self.lock().failure.take().map_or(Ok(()), Err)
    }

    fn is_worth_a_look(&self, dictionary: &Dictionary, report: DictionaryReport) -> bool {
        let first = |looked_at: &mut bool| !std::mem::replace(looked_at, true);
        match dictionary.stated().declared().against(report) {
            Agreement::NothingDeclared => report.is_suspect() && first(&mut self.lock().looked_at_undeclared),
            agreement if dictionary.stated().declared_by_release => {
                agreement.is_bad() && first(&mut self.lock().looked_at_released)
            }
            agreement => agreement.is_bad(),
        }
    }

    fn inspect(&self, dictionary: &Dictionary, report: DictionaryReport, cancel: &Cancel) -> Result<Inspection> {
        let used = Place::Output(dictionary.submodule());
        let is_known = dictionary.reads().is_said() && !matches!(dictionary.reads(), Place::Unknown(_));
        let compute = self.loaded.compute.as_ref();
        let set = Set {
            compute,
            weights: &self.loaded.weights,
            dictionary,
            place: if is_known { dictionary.reads() } else { &used },
            bos: Some(self.begins_with_bos),
        };
        let candidates = candidates(&set, &self.prompts, compute.config().bos, cancel)?;
        Ok(Inspection {
            submodule: dictionary.submodule(),
            source: dictionary.name().to_owned(),
            declared: dictionary.stated().declared(),
            of_release: dictionary.stated().declared_by_release,
            report,
            verdict: verdict(&candidates),
            candidates,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Every change is whole, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The second look at dictionaries that do not fit a study's prompts as they should: the site finder, by itself.

use std::sync::{Arc, Mutex, PoisonError};

use super::activation::Trace;
use super::cancel::Cancel;
use super::dictionary::Dictionary;
use super::dictionary::place::Place;
use super::inspect::{Set, candidates, near_candidates, traces};
use super::loaded::Loaded;
use crate::core::declared::Agreement;
use crate::core::dictionary_report::DictionaryReport;
use crate::core::inspection::{Candidate, Inspection, Verdict, verdict};
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::submodule::Submodule;

/// Most tokens of the prompts that the site finder is given: it compares set-ups on these, and says nothing about other texts.
pub const MOST_TOKENS: usize = 512;

/// A dictionary of which nothing is declared, and that explains less than this share of the variance, is compared with its neighbours: one
/// that is used a block early often explains more than half.
const LOW: f64 = 0.8;

/// How much of what could be tried is tried.
enum Extent {
    None,
    Neighbours,
    All,
}

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
    /// Number of dictionaries that were judged.
    judged: usize,
    /// The plain runs of the prompts as the study has them, once a look at neighbours asked for them: they serve the looks at all
    /// dictionaries, and go when the last one was judged, in the first batches of a study. For each of about [`MOST_TOKENS`] tokens
    /// they hold `(1 + 3 * layers) * width` numbers of 32 bits: 20 MB of pythia-70m, 370 MB of Gemma 2 2B.
    traces: Option<Arc<Vec<Trace>>>,
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

    /// Judges the dictionary of `submodule` by `report`; if it does not fit, or could fit better in the next layer, looks for a set-up in which it does, tells what was found,
    /// and raises `cancel` if the study's set-up is wrong.
    pub fn at(&self, submodule: Submodule, report: DictionaryReport, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) {
        self.judge(submodule, report, tell, cancel);
        let mut state = self.lock();
        state.judged += 1;
        if state.judged >= self.loaded.dictionaries.len() {
            state.traces = None;
        }
    }

    fn judge(&self, submodule: Submodule, report: DictionaryReport, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) {
        let Some(dictionary) = self.loaded.dictionaries.iter().find(|one| one.submodule() == submodule) else { return };
        let inspection = match self.extent(dictionary, report) {
            Extent::None => return,
            Extent::All => self.inspect(dictionary, report, cancel).map(Some),
            // Only what is clearly elsewhere is said of a dictionary that fits tolerably.
            Extent::Neighbours => self
                .near(dictionary, report, cancel)
                .map(|inspection| Some(inspection).filter(|inspection| matches!(inspection.verdict, Verdict::Elsewhere { .. }))),
        };
        match inspection {
            Ok(None) => {}
            Ok(Some(inspection)) => {
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

    fn extent(&self, dictionary: &Dictionary, report: DictionaryReport) -> Extent {
        let first = |looked_at: &mut bool| !std::mem::replace(looked_at, true);
        let all = match dictionary.stated().declared().against(report) {
            Agreement::NothingDeclared => {
                if !report.explained.is_some_and(|explained| explained < LOW) {
                    return Extent::None;
                }
                let all = report.is_suspect() && first(&mut self.lock().looked_at_undeclared);
                return if all { Extent::All } else { Extent::Neighbours };
            }
            agreement if dictionary.stated().declared_by_release => {
                agreement.is_bad() && first(&mut self.lock().looked_at_released)
            }
            agreement => agreement.is_bad(),
        };
        if all { Extent::All } else { Extent::None }
    }

    fn inspect(&self, dictionary: &Dictionary, report: DictionaryReport, cancel: &Cancel) -> Result<Inspection> {
        let used = Place::Output(dictionary.submodule());
        let bos = self.loaded.compute.config().bos;
        Ok(of(dictionary, report, candidates(&self.set(dictionary, &used), &self.prompts, bos, cancel)?))
    }

    /// A look at the same place in the layers before and after alone.
    fn near(&self, dictionary: &Dictionary, report: DictionaryReport, cancel: &Cancel) -> Result<Inspection> {
        let used = Place::Output(dictionary.submodule());
        let traces = || self.traces(cancel);
        Ok(of(dictionary, report, near_candidates(&self.set(dictionary, &used), traces, cancel)?))
    }

    /// The plain runs of the prompts as the study has them.
    fn traces(&self, cancel: &Cancel) -> Result<Arc<Vec<Trace>>> {
        let known = self.lock().traces.clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let bos = self.loaded.compute.config().bos.filter(|_| self.begins_with_bos);
        let with_bos = |prompt: &Vec<u32>| bos.into_iter().chain(prompt.iter().copied()).collect();
        let prompts: Vec<Vec<u32>> = self.prompts.iter().map(with_bos).collect();
        let traces = Arc::new(traces(self.loaded.compute.as_ref(), &prompts, cancel)?);
        self.lock().traces = Some(Arc::clone(&traces));
        Ok(traces)
    }

    fn set<'s>(&'s self, dictionary: &'s Dictionary, used: &'s Place) -> Set<'s> {
        let is_known = dictionary.reads().is_said() && !matches!(dictionary.reads(), Place::Unknown(_));
        Set {
            compute: self.loaded.compute.as_ref(),
            weights: &self.loaded.weights,
            dictionary,
            place: if is_known { dictionary.reads() } else { used },
            bos: Some(self.begins_with_bos),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Every change is whole, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What `candidates` say of `dictionary`.
fn of(dictionary: &Dictionary, report: DictionaryReport, candidates: Vec<Candidate>) -> Inspection {
    Inspection {
        submodule: dictionary.submodule(),
        source: dictionary.name().to_owned(),
        declared: dictionary.stated().declared(),
        of_release: dictionary.stated().declared_by_release,
        report,
        verdict: verdict(&candidates),
        candidates,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::request::ModelSource;
    use crate::engine::memory::Bounds;

    #[test]
    fn prompts_run_once_for_the_looks_at_all_dictionaries_and_are_let_go_of_after_the_last() {
        let cancel = Cancel::default();
        let loaded = Loaded::open(&ModelSource::Demo, None, Bounds::NONE, &cancel).unwrap();
        let prompts: [&[u32]; 3] = [&[1, 2, 3], &[4, 5], &[1, 2, 3]];
        let looks = Looks::new(&loaded, prompts.into_iter(), false);
        // Nothing is looked at before somebody asks.
        let kept = || looks.lock().traces.clone();
        assert!(kept().is_none());
        let report = DictionaryReport { explained: Some(0.1), active: 1.0 };
        let mut first = None;
        for dictionary in &loaded.dictionaries {
            let near = looks.near(dictionary, report, &cancel).unwrap();
            assert!(!near.candidates.is_empty(), "{}", dictionary.name());
            let traces = kept().unwrap();
            assert_eq!(traces.len(), 2);
            assert!(Arc::ptr_eq(first.get_or_insert_with(|| Arc::clone(&traces)), &traces));
        }
        for dictionary in &loaded.dictionaries {
            assert!(kept().is_some());
            let fits = DictionaryReport { explained: Some(0.99), ..report };
            looks.at(dictionary.submodule(), fits, &|_| {}, &cancel);
        }
        assert!(kept().is_none());
    }
}

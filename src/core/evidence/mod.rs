//! What the pairs of a view show about one feature: where it is active in either prompt, and what effect that has.

mod sentence;

pub use sentence::sentence;

use super::detail_index::Entry;
use super::findings::{Findings, Source};
use super::firing::Firing;
use super::run::ExampleRecord;
use super::sides::{self, Side};
use super::study::ViewSpec;
use super::submodule::FeatureId;
use super::view::View;

/// The pairs of a view, with what was kept of one feature in each of them.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    view: &'a ViewSpec,
    examples: &'a [ExampleRecord],
    /// Sorted by pair, then by position.
    entries: Vec<Entry>,
    /// The effect in each pair, summed over its tokens; 0 where the feature did not differ.
    pub totals: Vec<f64>,
    /// The pairs in which the feature differed, those of the largest |effect| first.
    pub order: Vec<usize>,
    /// The largest size of an activation in either prompt.
    pub largest: f64,
}

impl<'a> Pairs<'a> {
    /// What was kept of `feature` in `view`; None if nothing was, see [`missing`].
    pub fn find(findings: &'a Findings, view: View, feature: FeatureId) -> Option<Self> {
        let entries = findings.detail(view).entries(feature)?;
        let examples = &findings.data(view)?.examples;
        Some(Self::new(findings.study.view(view), examples, entries.collect()))
    }

    /// Groups `entries`, which are sorted by pair and position, by the pairs of `examples`; entries of other pairs are left out.
    pub fn new(view: &'a ViewSpec, examples: &'a [ExampleRecord], mut entries: Vec<Entry>) -> Self {
        entries.retain(|entry| entry.example < examples.len());
        let (mut totals, mut order, mut largest) = (vec![0.0; examples.len()], Vec::new(), 0.0_f64);
        for entry in &entries {
            totals[entry.example] += f64::from(entry.effect);
            largest = largest.max(f64::from(entry.clean.abs())).max(f64::from(entry.patch.abs()));
            if order.last() != Some(&entry.example) {
                order.push(entry.example);
            }
        }
        order.sort_by(|left, right| totals[*right].abs().total_cmp(&totals[*left].abs()));
        Self { view, examples, entries, totals, order, largest }
    }

    /// The number of pairs of the view.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether the view has no pairs.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// The tokens of `pair` at which the activation differed.
    pub fn of(&self, pair: usize) -> &[Entry] {
        let from = self.entries.partition_point(|entry| entry.example < pair);
        let to = self.entries.partition_point(|entry| entry.example <= pair);
        &self.entries[from..to]
    }

    /// All tokens at which the activation differed.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The clean and the patch prompt of `pair`.
    ///
    /// # Panics
    /// If there is no such pair: a fault of the caller.
    pub fn sides(&self, pair: usize) -> [Side<'a>; 2] {
        sides::sides(&self.examples[pair], self.view.direction)
    }

    /// The line of `pair` in the file of the pair list, from 1. Panics like [`Pairs::sides`].
    pub fn line(&self, pair: usize) -> usize {
        self.examples[pair].line
    }

    /// The number of pairs whose effect has the sign of `effect`.
    pub fn agreeing(&self, effect: f32) -> usize {
        self.totals.iter().filter(|total| **total * f64::from(effect) > 0.0).count()
    }

    /// The prompt on which the feature fires; None if its activation never differed.
    pub fn firing(&self) -> Option<Firing> {
        let sum = |activation: fn(&Entry) -> f32| self.entries.iter().map(|entry| f64::from(activation(entry))).sum();
        // A signed code (absolute TopK) fires with either sign.
        Firing::of(sum(|entry| entry.clean.abs()), sum(|entry| entry.patch.abs()))
    }
}

/// The reason why activations of a feature are not known in `view`; `is_computing` says whether the run still goes on.
pub fn missing(findings: &Findings, view: View, is_computing: bool) -> String {
    match &findings.source {
        Source::Published { .. } => return "the study printed no activations".to_owned(),
        Source::Live { .. } if is_computing => return "activations arrive when the run is whole".to_owned(),
        Source::Live { .. } => return "the computation ended before activations were kept".to_owned(),
        Source::Run { .. } => {}
    }
    let detail = findings.detail(view).detail();
    match (detail.features.len(), detail.incomplete) {
        (0, 0) => "the run kept no activations".to_owned(),
        (kept, 0) => format!("the run kept activations of the {kept} strongest features only"),
        (kept, lost) => format!("the run kept activations of only {kept} of the {} strongest features", kept + lost),
    }
}

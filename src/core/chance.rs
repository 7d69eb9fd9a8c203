//! What a list would hold by chance: the exchange of clean and patch prompt within pairs, for every feature of a view.
//!
//! An exchanged pair has the effect that the reversed view found in it, with its sign turned, since that view exchanges the answers, too.
//! Where no view of the study is the reverse of this one, or it did not keep a feature's effects in single pairs, the effect's own sign is turned
//! instead (sign flip), and [`Tested::exchanged`] says so. Both agree nearly at residual streams, where the reversed path is the same path.

use super::findings::Findings;
use super::selection::{Selected, Selection};
use super::statistics::SEED;
use super::statistics::discovery::benjamini_hochberg;
use super::statistics::exchange::{Patterns, turned};
use super::submodule::FeatureId;
use super::view::{Direction, View};
use super::view_findings::ViewFindings;

pub use super::tested::{Chance, Exchanged, Tested};

/// How many features a list would hold by chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The mean over exchanges of the number of features with a larger |effect| than the threshold.
    pub features: f64,
    /// Number of features that the list holds.
    pub selected: usize,
    /// Number of features, among those with an effect, whose effects in single pairs were not kept. Their part is that of a normal distribution with
    /// the variance that a sign flip has.
    pub approximated: usize,
}

impl Chance {
    /// Tests every feature of `view`; do not call it on a drawing thread.
    ///
    /// # Errors
    /// Why nothing can be tested, for the end of a sentence.
    pub fn of(findings: &Findings, view: View) -> Result<Self, String> {
        let found = findings.view(view);
        let patterns = Patterns::new(examples(found)?, SEED);
        let nonzero: Vec<FeatureId> = nonzero(found).collect();
        let test = |feature: &FeatureId| {
            let (kept, exchanged, from) = effects(findings, view, *feature)?;
            Some((patterns.p(&kept, &exchanged), from))
        };
        let tests: Vec<Option<(f64, Exchanged)>> = nonzero.iter().map(test).collect();
        let p: Vec<f64> = tests.iter().map(|test| test.map_or(1.0, |(p, _)| p)).collect();
        let q = benjamini_hochberg(&p);
        let tested = nonzero.iter().zip(tests).zip(q).filter_map(|((feature, test), q)| {
            let (p, exchanged) = test?;
            Some((*feature, Tested { p, q, exchanged }))
        });
        Ok(Self { nonzero: nonzero.len(), tested: tested.collect(), patterns })
    }
}

/// The tests of all features of `view`, or why there are none. They are computed when they are first asked for, so do not call it on a
/// drawing thread.
pub fn tests(findings: &Findings, view: View) -> Result<&Chance, &String> {
    findings.tests(view).or_compute(|| Chance::of(findings, view))
}

/// The test of `feature` in `view`, computed as in [`tests`]; None if there is none.
pub fn tested(findings: &Findings, view: View, feature: FeatureId) -> Option<Tested> {
    tests(findings, view).ok()?.tested.get(&feature).copied()
}

impl Expected {
    /// How many features of `view` `selection` would list by chance. Of a list of the strongest, the weakest of them is the threshold. Do not
    /// call it on a drawing thread.
    ///
    /// # Errors
    /// Why it is not known, for the end of a sentence.
    pub fn of(findings: &Findings, view: View, selection: Selection) -> Result<Self, String> {
        let found = findings.view(view);
        let patterns = Patterns::new(examples(found)?, SEED);
        let selected = found.select(selection).features;
        let threshold = threshold(selection, &selected);
        let threshold = f64::from(threshold);
        let mut expected = Self { features: 0.0, selected: selected.len(), approximated: 0 };
        for feature in nonzero(found) {
            expected.features += if let Some((kept, exchanged, _)) = effects(findings, view, feature) {
                patterns.above(&kept, &exchanged, threshold)
            } else {
                expected.approximated += 1;
                normal_share(found, feature, threshold)
            };
        }
        Ok(expected)
    }
}

/// The size beyond which `selection` lists a feature: of a list of the strongest, `selected`, just below the weakest of them.
pub fn threshold(selection: Selection, selected: &[Selected]) -> f32 {
    match selection {
        Selection::Threshold(threshold) => threshold,
        Selection::TopK(_) => selected.last().map_or(f32::INFINITY, |weakest| weakest.effect.abs().next_down()),
    }
}

/// The number of examples of a view whose effects in single pairs were kept.
fn examples(found: &ViewFindings) -> Result<usize, String> {
    let examples = found.summary.examples.filter(|examples| *examples > 1);
    let examples = examples.ok_or("chance needs at least two computed pairs")?;
    if found.metrics.is_none() {
        return Err("chance is known when the view is whole".to_owned());
    }
    if !found.keeps_pairs() {
        return Err("the run kept no effects in single pairs: compute it again".to_owned());
    }
    Ok(examples)
}

/// The features of a view with an effect, ascending.
fn nonzero(found: &ViewFindings) -> impl Iterator<Item = FeatureId> {
    found.submodules().flat_map(|ranked| {
        let effects = ranked.effects();
        let has_effect = effects.features.iter().zip(&effects.effects).filter(|(_, effect)| **effect != 0.0);
        has_effect.map(|(index, _)| FeatureId { submodule: effects.submodule, index: *index })
    })
}

/// The effects of `feature` in each pair, as it is and exchanged; None if they were not kept.
fn effects(findings: &Findings, view: View, feature: FeatureId) -> Option<(Vec<f64>, Vec<f64>, Exchanged)> {
    let kept = findings.view(view).by_example(feature)?;
    let reversed = reversed(findings, view).and_then(|reversed| findings.view(reversed).by_example(feature));
    match reversed.filter(|reversed| reversed.len() == kept.len()) {
        Some(reversed) => Some((kept, turned(&reversed), Exchanged::Reversed)),
        None => Some((kept.clone(), turned(&kept), Exchanged::SignFlip)),
    }
}

/// The view of the same pairs in the other direction.
pub fn reversed(findings: &Findings, view: View) -> Option<View> {
    let of = |view: View| {
        let spec = findings.study.view(view);
        (spec.pairs, spec.direction == Direction::Forward)
    };
    let (pairs, is_forward) = of(view);
    findings.study.all().find(|other| of(*other) == (pairs, !is_forward))
}

/// The share of sign flips that give `feature` a larger |mean| than `threshold`, by the normal distribution: the mean of n effects with
/// random signs has the variance `sum x^2 / n^2`, which follows from mean and standard error.
fn normal_share(found: &ViewFindings, feature: FeatureId, threshold: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    let (Some(mean), Some(error), Some(examples)) =
        (found.effect(feature), found.standard_error(feature), found.summary.examples)
    else {
        return 0.0;
    };
    let (mean, error, count) = (f64::from(mean), f64::from(error), examples as f64);
    let variance = ((count - 1.0) * error * error + mean * mean) / count;
    if variance > 0.0 { 2.0 * Normal::standard().sf(threshold / variance.sqrt()) } else { 0.0 }
}

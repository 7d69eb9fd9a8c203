//! Curves: the scores of the strongest features against their number, beside control sets of the same sizes.

use serde::{Deserialize, Serialize};

use super::bootstrap::{LEVELS, Resamples, quantile};
use super::controls::Sampler;
use super::dose::Dose;
use super::scores::{AblatedSet, Ablation, Denominator, Score, Scores, SetScores};
use super::side_effects::Damage;
use super::way::{ErrorTreatment, Way};
use super::words::doubt;
use crate::core::text::{counted, printable};

/// Control sets of each size and sampler, unless others are asked for.
pub const CONTROLS: usize = 20;

/// Seed of the controls, unless another is asked for: that of the study.
pub const SEED: u64 = 12;

/// The sizes of a curve's sets: 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150 and so on below `most`, and `most`.
pub fn ladder(most: usize) -> Vec<usize> {
    let decades = std::iter::successors(Some(1_usize), |decade| decade.checked_mul(10));
    // One and a half is no number of features; the whole part of it is 1, which is there already.
    let rungs = decades.flat_map(|decade| [decade, decade + decade / 2, 2 * decade, 3 * decade, 5 * decade, 7 * decade]);
    let mut sizes: Vec<usize> = rungs.take_while(|size| *size < most).collect();
    sizes.dedup();
    sizes.push(most);
    sizes
}

/// A curve with its controls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The value that ablated features take.
    pub way: Way,
    /// What becomes of the error terms.
    pub error: ErrorTreatment,
    /// `F(M)`.
    pub all: Score,
    /// `F(empty)`.
    pub empty: Score,
    /// `F(M) - F(empty)`, below faithfulness and completeness.
    pub span: Denominator,
    /// `F(M)`, below bias.
    pub bias: Denominator,
    /// Number of features that control sets are drawn from.
    pub pool: usize,
    /// Number of control sets of each size and sampler.
    pub controls: usize,
    /// The seed of the controls.
    pub seed: u64,
    /// Why the damage on neutral text was not measured, at all or from some size on; None if it was, or was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmeasured: Option<String>,
    /// Whether the machine or another program prevented it: the same, asked for again, may measure it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub broken_off: bool,
    /// One for each size, ascending.
    pub rungs: Vec<Rung>,
}

/// The sets of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Number of features.
    pub size: usize,
    /// The scores of that many of the strongest features.
    pub strongest: SetScores,
    /// What they do to the prediction of text, if that was measured.
    pub damage: Option<Damage>,
    /// The scores of the control sets, in the order of [`Sampler::ALL`].
    pub controls: Vec<Controls>,
}

/// The scores of the control sets of one size and sampler. A score is None where its denominator is rounding, or without controls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Controls {
    /// How the sets were drawn.
    pub sampler: Sampler,
    /// Their faithfulness.
    pub faithfulness: Option<Spread>,
    /// Their completeness.
    pub completeness: Option<Spread>,
    /// Their bias.
    pub bias: Option<Spread>,
    /// Their Kullback-Leibler divergence on text, if that was measured and is finite for all.
    pub divergence: Option<Spread>,
    /// Number of sets whose divergence is not finite.
    #[serde(default)]
    pub broken: usize,
}

/// A number of each of some sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// One for each set, in the order in which they were drawn.
    pub values: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their quantiles 0.025 and 0.975, linear between order statistics: where the numbers of 95 % of such sets lie.
    pub interval: [f64; 2],
}

impl Spread {
    /// The spread of `values`; None of no values, or if one is None.
    pub fn of(values: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        let values: Vec<f64> = values.collect::<Option<_>>()?;
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        if sorted.is_empty() {
            return None;
        }
        Some(Self {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            interval: LEVELS.map(|level| quantile(&sorted, level)),
            values,
        })
    }

    /// Number of sets whose value is at least `value`.
    pub fn at_least(&self, value: f64) -> usize {
        self.values.iter().filter(|other| **other >= value).count()
    }

    /// `count` of all sets, as `3/20`.
    pub fn share(&self, count: usize) -> String {
        format!("{count}/{}", self.values.len())
    }

    /// Number of sets whose value is at most `value`.
    pub fn at_most(&self, value: f64) -> usize {
        self.values.iter().filter(|other| **other <= value).count()
    }
}

impl Curve {
    /// What was not measured on neutral text, and why: a sentence; None if nothing is missing that was asked for.
    pub fn not_measured(&self) -> Option<String> {
        let why = printable(self.unmeasured.as_ref()?);
        Some(format!("Neutral text: not measured{}, since {why}.", self.unmeasured_from()))
    }

    /// The size from which on the damage was not measured, as ` from 5 features on`; empty if it was measured for none or for all.
    pub fn unmeasured_from(&self) -> String {
        let first = self.rungs.iter().find(|rung| rung.damage.is_none());
        let first = first.filter(|_| self.rungs.iter().any(|rung| rung.damage.is_some()));
        first.map_or_else(String::new, |rung| format!(" from {} on", counted(rung.size, "feature")))
    }

    /// The dose curve: the bias that each rung removes against the divergence that it does on text.
    ///
    /// # Errors
    /// Why there is none: the bias says nothing, the damage was not measured, or one of the two does not grow.
    pub fn dose(&self) -> Result<Dose, String> {
        if let Some(doubt) = doubt("F(M)", self.bias) {
            return Err(doubt);
        }
        let point = |rung: &Rung| {
            let damage = rung.damage.as_ref().ok_or("the damage is not measured for every size")?;
            let damage = damage.divergence.mean.ok_or("the damage is not a finite number for every size")?;
            Ok((damage, rung.strongest.bias.mean.ok_or("F(M) is no more than rounding")?))
        };
        let points = self.rungs.iter().map(point).collect::<Result<Vec<_>, &str>>()?;
        Ok(Dose::of(&points)?)
    }
}

impl Rung {
    /// The rung of `size` features. `ablation` holds the set of the strongest ones, then the control sets of each sampler,
    /// `controls` each; `damage` that of each set, or nothing.
    pub fn new(size: usize, ablation: &Ablation, damage: &[Damage], controls: usize) -> Self {
        let part = |sets: &[AblatedSet]| {
            let (all, empty) = (ablation.all.clone(), ablation.empty.clone());
            Ablation { way: ablation.way, error: ablation.error, all, empty, sets: sets.to_vec() }
        };
        let (strongest, drawn) = ablation.sets.split_at(1);
        let strongest = Scores::of(&part(strongest)).sets.remove(0);
        // The spread over sets is what a control is for, so single sets get no interval over examples.
        let drawn = Scores::with(&part(drawn), &Resamples::none()).sets;
        let of_sampler = |(place, sampler): (usize, Sampler)| {
            let range = place * controls..(place + 1) * controls;
            let sets = &drawn[range.clone()];
            let of_sets = damage.get(1..).and_then(|damage| damage.get(range)).unwrap_or_default();
            let spread = |score: fn(&SetScores) -> &Score| Spread::of(sets.iter().map(|set| score(set).mean));
            Controls {
                sampler,
                faithfulness: spread(|set| &set.faithfulness),
                completeness: spread(|set| &set.completeness),
                bias: spread(|set| &set.bias),
                divergence: Spread::of(of_sets.iter().map(|damage| damage.divergence.mean)),
                broken: of_sets.iter().filter(|damage| damage.divergence.mean.is_none()).count(),
            }
        };
        let damage_of_strongest = damage.first().cloned();
        Self {
            size,
            strongest,
            damage: damage_of_strongest,
            controls: Sampler::ALL.into_iter().enumerate().map(of_sampler).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::scores::resamples;
    use crate::core::causal::side_effects::TextSums;

    #[test]
    fn the_ladder_ends_at_the_whole_list() {
        assert_eq!(ladder(1), [1]);
        assert_eq!(ladder(4), [1, 2, 3, 4]);
        assert_eq!(ladder(30), [1, 2, 3, 5, 7, 10, 15, 20, 30]);
        assert_eq!(ladder(180), [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 180]);
    }

    #[test]
    fn a_spread_has_all_values_or_is_none() {
        let spread = Spread::of([Some(1.0), Some(3.0), Some(2.0)].into_iter()).unwrap();
        assert_eq!((spread.mean, spread.at_least(2.0), spread.at_most(2.5)), (2.0, 2, 2));
        assert!((spread.interval[0] - 1.05).abs() < 1e-12 && (spread.interval[1] - 2.95).abs() < 1e-12);
        assert_eq!(Spread::of([Some(1.0), None].into_iter()), None);
        assert_eq!(Spread::of(std::iter::empty()), None);
    }

    #[test]
    fn what_was_not_measured_is_named_with_the_size_that_it_begins_at() {
        let ablation = Ablation {
            way: Way::Zero,
            error: ErrorTreatment::Recomputed,
            all: vec![4.0],
            empty: vec![0.0],
            sets: vec![AblatedSet { name: String::new(), members: Vec::new(), kept: vec![1.0], removed: vec![1.0] }],
        };
        let sums = TextSums { tokens: 1, loss_before: 1.0, loss_after: 1.0, divergence: 0.1 };
        let damage = [Damage::of(&[sums], &resamples(1))];
        let rung = |size: usize, measured: bool| Rung::new(size, &ablation, if measured { &damage } else { &[] }, 0);
        let Scores { all, empty, span, bias, .. } = Scores::of(&ablation);
        let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
        let curve = |unmeasured: Option<&str>, measured: [bool; 3]| {
            let rungs = [1, 2, 3].into_iter().zip(measured).map(|(size, measured)| rung(size, measured)).collect();
            let (all, empty, unmeasured) = (all.clone(), empty.clone(), unmeasured.map(str::to_owned));
            Curve { way, error, all, empty, span, bias, pool: 3, controls: 0, seed: 12, unmeasured, broken_off: false, rungs }
        };
        let said = |measured| curve(Some("x"), measured).not_measured().unwrap();
        assert_eq!(said([false; 3]), "Neutral text: not measured, since x.");
        assert_eq!(said([true, false, false]), "Neutral text: not measured from 2 features on, since x.");
        assert_eq!(curve(None, [true; 3]).not_measured(), None);
    }

    #[test]
    fn the_first_set_is_the_strongest_and_the_others_are_controls() {
        let set = |removed: f32| AblatedSet {
            name: String::new(),
            members: Vec::new(),
            kept: vec![1.0, 1.0],
            removed: vec![removed, removed],
        };
        let ablation = Ablation {
            way: Way::Zero,
            error: ErrorTreatment::Recomputed,
            all: vec![4.0, 4.0],
            empty: vec![0.0, 0.0],
            sets: [1.0, 3.0, 2.0, 4.0, 4.0].map(set).to_vec(),
        };
        let rung = Rung::new(3, &ablation, &[], 2);
        assert_eq!(rung.strongest.bias.mean, Some(0.75));
        let bias = |place: usize| rung.controls[place].bias.clone().unwrap().values;
        assert_eq!((bias(0), bias(1)), (vec![0.25, 0.5], vec![0.0, 0.0]));
        assert_eq!(Rung::new(3, &ablation, &[], 0).controls[0].bias, None);
    }
}

//! Steering: `x + coefficient * W_dec[j]` in place of a submodule's output. The decoder row is taken as stored, not normalised. A dictionary
//! that scales each token writes its rows times the scale of the token that is written, `factor(x)`, and so does steering: the coefficient is
//! then added to the feature's activation in every dictionary.

use std::ops::Range;

use super::ablation::Told;
use super::plain::{Group, Plain};
use super::tracing::decoder_row;
use crate::core::causal::set::{Member, expect_member};
use crate::core::causal::steering::{Dose, Flips, Positions, SCAN_END, SCAN_STEP};
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::submodule::{FeatureId, Submodule};
use crate::core::text::counted;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Edit, TOKENS_AT_ONCE};
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::arithmetic::Scale;

/// What is shown of a run: the coefficient's place, the group, the pair's place, the stream at the last position, the metric.
type Each<'a> = dyn FnMut(usize, &Group, usize, &[f32], f32) + 'a;

/// Multiples of a decoder row that are added to a submodule's output.
pub struct Adding<'a> {
    /// The dictionary of the submodule.
    pub dictionary: &'a Dictionary,
    /// The row, `[width]`.
    pub row: &'a [f32],
    /// For each sequence the factor at each position.
    pub factors: &'a [Vec<f32>],
}

impl Edit for Adding<'_> {
    fn touches(&self, submodule: Submodule) -> bool {
        self.dictionary.submodule() == submodule
    }

    fn apply(&self, _: Submodule, sequences: Range<usize>, outputs: &mut [f32]) -> Result<()> {
        let factors = self.factors[sequences].iter().flatten();
        for (output, factor) in outputs.chunks_exact_mut(self.row.len()).zip(factors).filter(|(_, factor)| **factor != 0.0) {
            let factor = factor * self.dictionary.written(output).factor;
            output.iter_mut().zip(self.row).for_each(|(value, weight)| *value += factor * weight);
        }
        Ok(())
    }
}

/// A feature that is steered with.
pub struct Steering<'a> {
    /// The model with its plain runs.
    pub plain: &'a Plain<'a>,
    /// The feature.
    pub feature: FeatureId,
    /// Its dictionary.
    pub dictionary: &'a Dictionary,
    /// Its decoder row, `[width]`.
    pub row: Vec<f32>,
}

impl<'a> Steering<'a> {
    /// Reads the decoder row of `feature`.
    ///
    /// # Errors
    /// When the dictionaries do not have the feature.
    pub fn new(plain: &'a Plain<'a>, feature: FeatureId) -> Result<Self> {
        expect_member(Member::Feature(feature), feature, &plain.sizes())?;
        let Some(place) = plain.dictionary(feature.submodule) else { unreachable!("the feature was checked") };
        let dictionary = &plain.dictionaries[place];
        let row = decoder_row(dictionary, feature.index.0)?;
        Ok(Self { plain, feature, dictionary, row })
    }

    /// Whether the row is multiplied by the scale of each token.
    pub fn is_scaled(&self) -> bool {
        self.dictionary.arithmetic().scale != Scale::None
    }

    /// The length of the decoder row.
    pub fn decoder_norm(&self) -> f64 {
        self.row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
    }

    /// The feature's mean activation over the tokens of the clean and of the patch prompts at which it is active; None where it never is.
    /// The plain runs hold both sides.
    pub fn mean_activations(&self) -> [Option<f64>; 2] {
        let Some(dictionary) = self.plain.dictionary(self.feature.submodule) else { return [None; 2] };
        [Group::clean, Group::patch].map(|side| {
            let codes = self.plain.groups.iter().flat_map(|group| side(group, dictionary));
            let values: Vec<f64> = codes
                .filter_map(|codes| codes.iter().find(|(feature, _)| *feature == self.feature.index.0))
                .map(|(_, value)| f64::from(*value))
                .collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        })
    }

    fn expect_positions(&self, positions: Positions) -> Result<()> {
        let shortest = self.plain.groups.iter().map(|group| group.positions).min().unwrap_or(0);
        match positions {
            Positions::At(position) if position >= shortest => Err(Problem::new(
                format_args!("position {position}"),
                format_args!("there are prompts of {}", counted(shortest, "token")),
                format_args!("use a position from 0 to {}, or last", shortest.saturating_sub(1)),
            )),
            _ => Ok(()),
        }
    }

    /// Shows `each` the metric and the stream at the last position of every pair under every coefficient: the coefficient's place, the
    /// pair's place, the stream, the metric.
    fn run(&self, coefficients: &[f32], positions: Positions, each: &mut Each<'_>, cancel: &Cancel) -> Result<()> {
        self.expect_positions(positions)?;
        let (first, width) = (self.feature.submodule.layer.0, self.row.len());
        for group in &self.plain.groups {
            let length = group.positions;
            let sequences: Vec<(usize, usize)> =
                (0..coefficients.len()).flat_map(|place| (0..group.places.len()).map(move |pair| (place, pair))).collect();
            for sequences in sequences.chunks((TOKENS_AT_ONCE / length).max(1)) {
                let streams: Vec<&[f32]> = sequences.iter().map(|(_, pair)| group.traces[0][*pair].entering(first)).collect();
                let factors = |(place, _): &(usize, usize)| {
                    let at = |position| if positions.holds(position, length) { coefficients[*place] } else { 0.0 };
                    (0..length).map(at).collect()
                };
                let factors: Vec<Vec<f32>> = sequences.iter().map(factors).collect();
                let edit = Adding { dictionary: self.dictionary, row: &self.row, factors: &factors };
                let ends = self.plain.compute.run_edited(first, &streams, &edit, cancel)?;
                let ends: Vec<&[f32]> = ends.iter().map(Vec::as_slice).collect();
                let answers: Vec<_> = sequences.iter().map(|(_, pair)| group.answers[*pair]).collect();
                let metrics = self.plain.metrics_of(&ends, &answers, cancel)?;
                for (((place, pair), end), metric) in sequences.iter().zip(ends).zip(metrics) {
                    each(*place, group, *pair, &end[end.len() - width..], metric);
                }
            }
        }
        Ok(())
    }

    /// What leaves the last layer of each of these texts of `group` with `coefficient` at every position: `[positions, width]` each.
    pub fn ends_of_texts(&self, coefficient: f32, group: &Group, texts: &[usize], cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let first = self.feature.submodule.layer.0;
        let streams: Vec<&[f32]> = texts.iter().map(|text| group.traces[0][*text].entering(first)).collect();
        let factors = vec![vec![coefficient; group.positions]; texts.len()];
        let edit = Adding { dictionary: self.dictionary, row: &self.row, factors: &factors };
        self.plain.compute.run_edited(first, &streams, &edit, cancel)
    }

    /// The metric of each pair under each of `coefficients`. A coefficient that leads to numbers that are not finite spoils no other.
    ///
    /// # Errors
    /// When a position is beyond a prompt, or `cancel` is raised.
    pub fn metrics(&self, coefficients: &[f32], positions: Positions, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let mut metrics = vec![vec![0.0; self.plain.pairs]; coefficients.len()];
        let mut keep = |place: usize, group: &Group, pair: usize, _: &[f32], metric| metrics[place][group.places[pair]] = metric;
        self.run(coefficients, positions, &mut keep, cancel)?;
        Ok(metrics)
    }

    /// Metric and probabilities under each of `coefficients`.
    ///
    /// # Errors
    /// When a position is beyond a prompt, a number is not finite, or `cancel` is raised.
    pub fn dose(&self, coefficients: &[f32], positions: Positions, told: Told<'_>, cancel: &Cancel) -> Result<Vec<Dose>> {
        let pairs = self.plain.pairs;
        let mut doses = Vec::with_capacity(coefficients.len());
        for (done, coefficient) in coefficients.iter().enumerate() {
            let stage = format!("dose {coefficient}");
            told(Progress { stage, done: done as u64, total: coefficients.len() as u64 });
            let mut metrics = vec![0.0; pairs];
            let mut ends = Vec::with_capacity(pairs);
            let mut keep = |_, group: &Group, pair: usize, end: &[f32], metric| {
                metrics[group.places[pair]] = metric;
                ends.push((group.places[pair], group.answers[pair], end.to_vec()));
            };
            self.run(&[*coefficient], positions, &mut keep, cancel)?;
            if !are_finite(&metrics) {
                let what = format_args!("a metric is not a finite number with the coefficient {coefficient:e}");
                return Err(Problem::new("steering", what, "use smaller coefficients"));
            }
            let streams: Vec<&[f32]> = ends.iter().map(|(_, _, end)| end.as_slice()).collect();
            let logits = self.plain.compute.end_logits(&streams, cancel)?;
            let (mut clean, mut patch) = (vec![0.0; pairs], vec![0.0; pairs]);
            for ((place, answers, _), logits) in ends.iter().zip(logits.chunks_exact(self.plain.compute.config().vocabulary)) {
                [clean[*place], patch[*place]] = probabilities(logits, [answers.clean, answers.patch]);
            }
            doses.push(Dose { coefficient: *coefficient, metrics, clean, patch });
        }
        Ok(doses)
    }

    /// The first flips of a scan upwards from 0, or downwards if `down`; the scan ends where nothing is left to be found, or a metric is
    /// not finite.
    ///
    /// # Errors
    /// As for [`Steering::metrics`].
    pub fn flips(&self, positions: Positions, down: bool, told: Told<'_>, cancel: &Cancel) -> Result<Flips> {
        /// Coefficients that are run together.
        const AT_ONCE: usize = 10;
        let steps = (SCAN_END / SCAN_STEP) as usize;
        let sign = if down { -1.0 } else { 1.0 };
        let zero = self.plain.metrics(cancel)?;
        let (mut flips, mut before) = (Flips::none(self.plain.pairs), zero.clone());
        for first in (1..=steps).step_by(AT_ONCE) {
            let coefficients: Vec<f32> =
                (first..=steps.min(first + AT_ONCE - 1)).map(|step| sign * SCAN_STEP * step as f32).collect();
            let stage = format!("scan {}", coefficients[0]);
            told(Progress { stage, done: first as u64 - 1, total: steps as u64 });
            let metrics = self.metrics(&coefficients, positions, cancel)?;
            for (coefficient, metrics) in coefficients.into_iter().zip(metrics) {
                if !are_finite(&metrics) {
                    flips.ended = Some(coefficient);
                    return Ok(flips);
                }
                flips.add(coefficient, &zero, &before, &metrics);
                before = metrics;
            }
            if flips.is_complete() {
                break;
            }
        }
        Ok(flips)
    }
}

fn are_finite(metrics: &[f32]) -> bool {
    metrics.iter().all(|metric| metric.is_finite())
}

/// The probabilities of some tokens: softmax over the whole vocabulary.
fn probabilities<const N: usize>(logits: &[f32], tokens: [u32; N]) -> [f64; N] {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let weight = |logit: f32| (f64::from(logit) - largest).exp();
    let sum: f64 = logits.iter().map(|logit| weight(*logit)).sum();
    tokens.map(|token| weight(logits[token as usize]) / sum)
}

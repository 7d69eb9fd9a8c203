//! What edges are made of: the gradient of the metric at a node, the gradient of a node at the outputs before it, and measured changes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::plain::{Group, Plain};
use crate::core::problem::{Problem, Result};
use crate::core::quadrature::Point;
use crate::core::submodule::Submodule;
use crate::engine::activation::Array;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Edit, Entry, Segment, TOKENS_AT_ONCE};
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::arithmetic::Scale;
use crate::engine::dictionary::codes::{DecoderRows, TokenCodes, active_features, reconstruction_errors};
use crate::engine::dictionary::rule::Rule;
use crate::engine::lanes::dot;

/// The outputs of submodules in each of some runs, `[positions, width]`.
pub type Seen = HashMap<Submodule, Vec<Vec<f32>>>;

/// What an edge ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A feature of the submodule's dictionary.
    Feature(u32),
    /// The error term along the gradient of the metric: `<G, error>`.
    Error,
}

/// The activation of `feature` in `codes`.
pub fn activation(codes: &TokenCodes, feature: u32) -> f32 {
    codes.binary_search_by_key(&feature, |(index, _)| *index).map_or(0.0, |slot| codes[slot].1)
}

/// The decoder row of `feature`, `[width]`.
pub fn decoder_row(dictionary: &Dictionary, feature: u32) -> Result<Vec<f32>> {
    let mut row = vec![0.0; dictionary.width()];
    dictionary.read_decoder_row(feature, &mut row)?;
    Ok(row)
}

/// The gradient of what `feature`, whose activation is `activation`, writes at a token with respect to the output `x` there, `[width]`.
fn written_gradient(dictionary: &Dictionary, feature: u32, x: &[f32], activation: f32) -> Result<Vec<f32>> {
    // The derivative of another rule is another one.
    if dictionary.arithmetic().rule != Rule::Relu {
        let what = format_args!("computes {}, whose edges are not traced", dictionary.arithmetic().in_words());
        return Err(Problem::new(dictionary.name(), what, "trace edges between features of ReLU dictionaries"));
    }
    let column = dictionary.encoder(feature as usize..feature as usize + 1)?;
    Ok(dictionary.arithmetic().written_gradient(x, &column, activation))
}

/// What `codes` write in decoder rows: each multiplied by the scale of its token, whose output is that of `outputs`, `[width]` each.
fn written<'x>(dictionary: &Dictionary, outputs: impl Iterator<Item = &'x [f32]>, codes: &[TokenCodes]) -> Vec<TokenCodes> {
    let scaled = |(x, codes): (&[f32], &TokenCodes)| {
        let factor = dictionary.written(x).factor;
        codes.iter().map(|(feature, activation)| (*feature, factor * activation)).collect()
    };
    if dictionary.arithmetic().scale == Scale::None { codes.to_vec() } else { outputs.zip(codes).map(scaled).collect() }
}

impl Plain<'_> {
    /// The mean of the metric's gradients at `steps` left points on the way of `submodule` from the clean to the patch prompt: per pair of
    /// `group` `[positions, width]`.
    pub fn metric_gradients(&self, group: &Group, submodule: Submodule, steps: usize, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let weight = 1.0 / steps as f32;
        let points: Vec<Point> = (0..steps).map(|step| Point { alpha: step as f32 / steps as f32, weight }).collect();
        self.gradients_at(group, submodule, &points, cancel)
    }

    /// The weighted sum of the metric's gradients at `points` on the way of `submodule` from the clean to the patch prompt: per pair of
    /// `group` `[positions, width]`.
    pub fn gradients_at(&self, group: &Group, submodule: Submodule, points: &[Point], cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let config = self.compute.config();
        let entry = Entry::after(submodule, config);
        let segment = |pair: usize| {
            let [clean, patch] = [&group.traces[0][pair], &group.traces[1][pair]];
            Segment {
                stream: entry.stream(clean, config),
                from: entry.reaching(clean.output(submodule), config),
                to: entry.reaching(patch.output(submodule), config),
                metrics: vec![group.answers[pair]],
            }
        };
        let pairs: Vec<usize> = (0..group.places.len()).collect();
        let mut found = Vec::with_capacity(pairs.len());
        for pairs in pairs.chunks((TOKENS_AT_ONCE / group.positions).max(1)) {
            let segments: Vec<Segment<'_>> = pairs.iter().map(|pair| segment(*pair)).collect();
            for sums in self.compute.gradient_sums(entry, &segments, points, cancel)? {
                // Positions that the metric does not depend on have no gradient.
                let mut gradient = vec![0.0; group.positions * config.width - sums[0].len()];
                gradient.extend(sums[0].iter());
                found.push(gradient);
            }
        }
        Ok(found)
    }

    /// The derivative of `target` at one token of the clean prompt with respect to the submodule's output `x` there, `[width]`, and the factor
    /// `left` of the edge: the metric's gradient along the target. `codes` are those of the token, `gradient` is the metric's gradient at
    /// it.
    ///
    /// A feature's value is what it writes in decoder rows: in a dictionary that scales each token its activation times the scale, whose
    /// own derivative is a part of this one.
    ///
    /// # Errors
    /// When the rule is another than ReLU, or the target is the error of a dictionary that scales each token.
    pub fn target_derivative(
        &self,
        dictionary: usize,
        target: Target,
        (x, codes): (&[f32], &TokenCodes),
        gradient: &[f32],
    ) -> Result<(Vec<f32>, f32)> {
        let dictionary = &self.dictionaries[dictionary];
        match target {
            Target::Feature(feature) => {
                let left = dot(gradient, &decoder_row(dictionary, feature)?);
                let activation = activation(codes, feature);
                let is_active = activation > 0.0;
                let silent = || Ok(vec![0.0; x.len()]);
                let derivative = if is_active { written_gradient(dictionary, feature, x, activation) } else { silent() };
                Ok((derivative?, left))
            }
            Target::Error => {
                if dictionary.arithmetic().is_per_token() {
                    let what =
                        format_args!("scales each token ({}), whose error is not traced", dictionary.arithmetic().in_words());
                    return Err(Problem::new(dictionary.name(), what, "trace edges between its features"));
                }
                let mut derivative = gradient.to_vec();
                for (feature, activation) in codes.iter() {
                    let along = dot(gradient, &decoder_row(dictionary, *feature)?);
                    let column = written_gradient(dictionary, *feature, x, *activation)?;
                    derivative.iter_mut().zip(column).for_each(|(value, weight)| *value -= along * weight);
                }
                Ok((derivative, 1.0))
            }
        }
    }

    /// The gradients of `<upstream, output of later>` at the clean prompts of `group`: per pair the blocks of a trace,
    /// `[1 + outputs, positions, width]`.
    pub fn pulled_back(&self, group: &Group, later: Submodule, upstream: &[Vec<f32>], cancel: &Cancel) -> Result<Vec<Array>> {
        let prompts: Vec<&[u32]> = group.prompts[0].iter().map(Vec::as_slice).collect();
        let upstream: Vec<&[f32]> = upstream.iter().map(Vec::as_slice).collect();
        let at_once = (TOKENS_AT_ONCE / group.positions).max(1);
        let mut found = Vec::with_capacity(prompts.len());
        for (prompts, upstream) in prompts.chunks(at_once).zip(upstream.chunks(at_once)) {
            found.extend(self.compute.output_gradients(later, prompts, upstream, cancel)?);
        }
        Ok(found)
    }

    /// Runs the clean prompt of each of `moves`, the pair's place and what is added to the output of `submodule`, `[positions, width]`.
    /// Returns each metric, and for each of `watched` the outputs of each run, `[positions, width]`.
    pub fn moved(
        &self,
        group: &Group,
        submodule: Submodule,
        moves: &[(usize, Vec<f32>)],
        watched: &[Submodule],
        cancel: &Cancel,
    ) -> Result<(Vec<f32>, Seen)> {
        let first = submodule.layer.0;
        let mut metrics = Vec::with_capacity(moves.len());
        let mut seen: Seen = HashMap::new();
        for moves in moves.chunks((TOKENS_AT_ONCE / group.positions).max(1)) {
            let streams: Vec<&[f32]> = moves.iter().map(|(pair, _)| group.traces[0][*pair].entering(first)).collect();
            let empty = |submodule: &Submodule| (*submodule, vec![Vec::new(); moves.len()]);
            let edit = Moving { submodule, moves, seen: Mutex::new(watched.iter().map(empty).collect()) };
            let ends = self.compute.run_edited(first, &streams, &edit, cancel)?;
            let ends: Vec<&[f32]> = ends.iter().map(Vec::as_slice).collect();
            let answers: Vec<_> = moves.iter().map(|(pair, _)| group.answers[*pair]).collect();
            metrics.extend(self.metrics_of(&ends, &answers, cancel)?);
            let outputs = edit.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
            outputs.into_iter().for_each(|(submodule, outputs)| seen.entry(submodule).or_default().extend(outputs));
        }
        Ok((metrics, seen))
    }

    /// The codes of `outputs`, `[tokens, width]`, in dictionary number `dictionary`.
    ///
    /// # Errors
    /// When an output is not finite, in which an encoder would find no feature, or `cancel` is raised.
    pub fn codes_of(&self, dictionary: usize, outputs: &[f32], cancel: &Cancel) -> Result<Vec<TokenCodes>> {
        let dictionary = &self.dictionaries[dictionary];
        if outputs.iter().any(|value| !value.is_finite()) {
            let what =
                format_args!("the output of {} is not finite where a feature before it is patched", dictionary.submodule());
            return Err(Problem::new("circuit", what, "check that model and dictionaries belong together"));
        }
        let tokens: Vec<&[f32]> = outputs.chunks_exact(dictionary.width()).collect();
        let mut codes = Vec::with_capacity(tokens.len());
        for tokens in tokens.chunks(TOKENS_AT_ONCE) {
            codes.extend(self.compute.encode(dictionary, tokens, cancel)?);
        }
        Ok(codes)
    }

    /// What the features write in decoder rows at each token of `outputs`, `[tokens, width]`, by dictionary number `dictionary`.
    pub fn written_at(&self, dictionary: usize, outputs: &[f32], cancel: &Cancel) -> Result<Vec<TokenCodes>> {
        let codes = self.codes_of(dictionary, outputs, cancel)?;
        let dictionary = &self.dictionaries[dictionary];
        Ok(written(dictionary, outputs.chunks_exact(dictionary.width()), &codes))
    }

    /// What the features write in decoder rows at each token of a side's prompts in `group` (0 clean, 1 patch), pair after pair.
    pub fn written_in(&self, group: &Group, side: usize, dictionary: usize) -> Vec<TokenCodes> {
        let codes = if side == 0 { group.clean(dictionary) } else { group.patch(dictionary) };
        let dictionary = &self.dictionaries[dictionary];
        written(dictionary, (0..codes.len()).map(|token| group.output(side, dictionary.submodule(), token)), codes)
    }

    /// The reconstruction errors of `outputs`, `[tokens, width]`, whose codes are `codes`.
    pub fn errors_of(&self, dictionary: usize, outputs: &[f32], codes: &[TokenCodes], cancel: &Cancel) -> Result<Vec<f32>> {
        let dictionary = &self.dictionaries[dictionary];
        let tokens: Vec<&[f32]> = outputs.chunks_exact(dictionary.width()).collect();
        let decoder = DecoderRows::read(dictionary, active_features(codes), cancel)?;
        Ok(reconstruction_errors(dictionary, &tokens, codes, &decoder))
    }
}

/// Sequences in which one submodule's output is moved while the outputs of others are watched.
struct Moving<'a> {
    submodule: Submodule,
    moves: &'a [(usize, Vec<f32>)],
    seen: Mutex<HashMap<Submodule, Vec<Vec<f32>>>>,
}

impl Edit for Moving<'_> {
    fn touches(&self, submodule: Submodule) -> bool {
        submodule == self.submodule || self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&submodule)
    }

    fn apply(&self, submodule: Submodule, sequences: Range<usize>, outputs: &mut [f32]) -> Result<()> {
        let size = outputs.len() / sequences.len();
        for (sequence, output) in sequences.zip(outputs.chunks_exact_mut(size)) {
            if submodule == self.submodule {
                output.iter_mut().zip(&self.moves[sequence].1).for_each(|(value, step)| *value += step);
            }
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(seen) = seen.get_mut(&submodule) {
                seen[sequence] = output.to_vec();
            }
        }
        Ok(())
    }
}

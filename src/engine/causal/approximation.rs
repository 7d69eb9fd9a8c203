//! Effects of listed features and of the error terms by integrated gradients, by the gradient at the clean prompt, and exactly.
//!
//! The definitions are those of [`crate::engine::attribution`]; here the exact effects are of the listed features alone, which takes one run
//! for each token at which one of them differs, and not for all that differ.

use std::ops::Range;

use super::ablation::Told;
use super::plain::{Group, Plain};
use crate::core::causal::approximation::{Approximation, Effects};
use crate::core::causal::set::{FeatureSet, Member};
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::quadrature::{Point, Quadrature};
use crate::core::submodule::FeatureId;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Entry, TOKENS_AT_ONCE};
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::{Change, DecoderRows, changes_of_scaled};
use crate::engine::lanes::dot;

/// Pairs whose moves are held together: a move has the width of the model, and a pair has one for each listed feature and token.
const PAIRS_AT_ONCE: usize = 16;

/// What is moved at a token: a listed feature by its place in the list, or the error term.
#[derive(Clone, Copy)]
enum Moved {
    Feature(usize),
    Error,
}

/// A move of a submodule's output at one token: from what it is at the clean prompt toward what it is at the patch prompt.
struct Move {
    moved: Moved,
    pair: usize,
    position: usize,
    /// `[width]`
    step: Vec<f32>,
}

/// Compares the methods on `features` and on the error term of every dictionary. `plain` holds clean and patch prompts. `so_far` hears after
/// each submodule of the features and error terms up to it.
///
/// # Errors
/// When the dictionaries lack a feature, an effect is not finite, or `cancel` is raised.
pub fn compare(
    plain: &Plain<'_>,
    features: &[FeatureId],
    quadrature: Quadrature,
    told: Told<'_>,
    so_far: &mut dyn FnMut(&Approximation),
    cancel: &Cancel,
) -> Result<Approximation> {
    let members = features.iter().copied().map(Member::Feature).collect();
    FeatureSet { name: "the list".to_owned(), members }.parts(&plain.sizes())?;
    let points = quadrature.points();
    let start = Point { alpha: 0.0, weight: points.start };
    let path: Vec<Point> = std::iter::once(start).filter(|start| start.weight != 0.0).chain(points.between).collect();
    let mut effects = vec![Effects::default(); features.len()];
    let mut found = Approximation { examples: plain.pairs, quadrature, features: Vec::new(), errors: Vec::new() };
    let clean = plain.metrics(cancel)?;
    let total = (plain.groups.len() * plain.dictionaries.len()) as u64;
    let mut progress = Progress { stage: "three methods at each submodule".to_owned(), done: 0, total };
    told(progress.clone());
    for (dictionary, submodule) in plain.dictionaries.iter().map(Dictionary::submodule).enumerate() {
        let mut error = Effects::default();
        for group in &plain.groups {
            let of_path = plain.gradients_at(group, submodule, &path, cancel)?;
            let of_clean = plain.gradients_at(group, submodule, &[Point { alpha: 0.0, weight: 1.0 }], cancel)?;
            let width = plain.compute.config().width;
            for first in (0..group.places.len()).step_by(PAIRS_AT_ONCE) {
                let pairs = first..group.places.len().min(first + PAIRS_AT_ONCE);
                let moves = moves(plain, group, pairs, dictionary, features, cancel)?;
                let exact = exact(plain, group, dictionary, &moves, cancel)?;
                for (moved, exact) in moves.iter().zip(exact) {
                    let at = |gradients: &[Vec<f32>]| {
                        let token = moved.position * width..(moved.position + 1) * width;
                        f64::from(dot(&gradients[moved.pair][token], &moved.step))
                    };
                    let effects = match moved.moved {
                        Moved::Feature(place) => &mut effects[place],
                        Moved::Error => &mut error,
                    };
                    let share = plain.pairs as f64;
                    effects.ig += at(&of_path) / share;
                    effects.attrib += at(&of_clean) / share;
                    effects.exact += exact.map_or(0.0, |metric| f64::from(metric - clean[group.places[moved.pair]])) / share;
                }
            }
            progress.done += 1;
            told(progress.clone());
        }
        found.errors.push((submodule, error));
        let is_done = |feature: &FeatureId| found.errors.iter().any(|(submodule, _)| *submodule == feature.submodule);
        found.features = features.iter().copied().zip(effects.iter().copied()).filter(|(feature, _)| is_done(feature)).collect();
        expect_finite(&found)?;
        so_far(&found);
    }
    Ok(found)
}

fn expect_finite(found: &Approximation) -> Result<()> {
    let features = found.features.iter().map(|(_, effects)| effects);
    let mut all = features.chain(found.errors.iter().map(|(_, effects)| effects));
    if all.all(|effects| [effects.ig, effects.attrib, effects.exact].iter().all(|effect| effect.is_finite())) {
        return Ok(());
    }
    let remedy = "check that model and dictionaries belong together";
    Err(Problem::new("compare-methods", "an effect is not a finite number", remedy))
}

/// The moves at the dictionary's submodule in these `pairs` of `group`: of every listed feature that differs at a token, and of the error
/// term.
fn moves(
    plain: &Plain<'_>,
    group: &Group,
    pairs: Range<usize>,
    dictionary: usize,
    features: &[FeatureId],
    cancel: &Cancel,
) -> Result<Vec<Move>> {
    let (number, dictionary) = (dictionary, &plain.dictionaries[dictionary]);
    let (submodule, width) = (dictionary.submodule(), dictionary.width());
    let output = |side: usize, pair: usize, position: usize| {
        &group.traces[side][pair].output(submodule)[position * width..(position + 1) * width]
    };
    let mut found = Vec::new();
    for pair in pairs {
        for position in 0..group.positions {
            cancel.check()?;
            let token = pair * group.positions + position;
            let (clean, patch) = (output(0, pair, position), output(1, pair, position));
            let factors = (dictionary.written(clean).factor, dictionary.written(patch).factor);
            let changes = changes_of_scaled(&group.clean(number)[token], &group.patch(number)[token], factors);
            let decoder = DecoderRows::read(dictionary, changes.iter().map(|change| change.feature), cancel)?;
            let step = |change: &Change| {
                let size = change.written(factors.0, factors.1);
                decoder.row(change.feature).iter().map(|weight| size * weight).collect::<Vec<f32>>()
            };
            // What features do not write is the error term's.
            let mut error: Vec<f32> = patch.iter().zip(clean).map(|(patch, clean)| patch - clean).collect();
            for change in &changes {
                error.iter_mut().zip(step(change)).for_each(|(value, step)| *value -= step);
            }
            let listed = features.iter().enumerate().filter(|(_, feature)| feature.submodule == submodule);
            for (place, feature) in listed {
                if let Ok(slot) = changes.binary_search_by_key(&feature.index.0, |change| change.feature) {
                    found.push(Move { moved: Moved::Feature(place), pair, position, step: step(&changes[slot]) });
                }
            }
            if error.iter().any(|value| *value != 0.0) {
                found.push(Move { moved: Moved::Error, pair, position, step: error });
            }
        }
    }
    Ok(found)
}

/// The metric of each move's run; None where nothing reads the token any more.
fn exact(plain: &Plain<'_>, group: &Group, dictionary: usize, moves: &[Move], cancel: &Cancel) -> Result<Vec<Option<f32>>> {
    let config = plain.compute.config();
    let entry = Entry::after(plain.dictionaries[dictionary].submodule(), config);
    let is_read = |moved: &Move| !entry.is_above_attention(config) || moved.position + 1 == group.positions;
    let stream = |moved: &&Move| {
        let mut stream = entry.stream(&group.traces[0][moved.pair], config).into_owned();
        // Counted from the end, since a stream may hold the last position alone.
        let start = stream.len() - (group.positions - moved.position) * config.width;
        stream[start..start + config.width].iter_mut().zip(&moved.step).for_each(|(value, step)| *value += step);
        stream
    };
    let read: Vec<&Move> = moves.iter().filter(|moved| is_read(moved)).collect();
    let mut metrics = Vec::with_capacity(read.len());
    for moves in read.chunks((TOKENS_AT_ONCE / group.positions).max(1)) {
        let streams: Vec<Vec<f32>> = moves.iter().map(stream).collect();
        let streams: Vec<&[f32]> = streams.iter().map(Vec::as_slice).collect();
        let answers: Vec<_> = moves.iter().map(|moved| group.answers[moved.pair]).collect();
        metrics.extend(plain.compute.metrics(entry, &streams, &answers, cancel)?);
    }
    let mut metrics = metrics.into_iter();
    Ok(moves.iter().map(|moved| if is_read(moved) { metrics.next() } else { None }).collect())
}

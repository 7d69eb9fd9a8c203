//! Edges between listed features, summed over positions and averaged over examples. A feature's value is what it writes in decoder rows, as
//! in its effect: in a dictionary that scales each token its activation times the token's scale.

use std::collections::{BTreeMap, HashMap};

use super::ablation::Told;
use super::plain::{Group, Plain};
use super::tracing::{Target, activation, decoder_row};
use crate::core::causal::edges::Edge;
use crate::core::causal::set::{FeatureSet, Member};
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::submodule::{FeatureId, Submodule, SubmoduleKind};
use crate::engine::activation::{Array, Trace};
use crate::engine::cancel::Cancel;
use crate::engine::compute::feeds;
use crate::engine::dictionary::codes::TokenCodes;
use crate::engine::lanes::dot;

/// Steps of the integrated gradient behind `left`: those of the reference.
pub const STEPS: usize = 10;

/// The clean runs of a group, as one listed feature sees them when it is read.
struct Read {
    /// Per pair `[positions, width]`: the derivative of the feature at each token, times `left` there.
    upstream: Vec<Vec<f32>>,
    /// Per pair the metric's gradient along the feature at each position.
    left: Vec<Vec<f32>>,
    /// Per pair `[submodules, positions, width]`: the gradient of `upstream` with respect to all outputs before.
    gradients: Vec<Array>,
}

/// The edges between all of `features` that a path can join. `plain` holds clean and patch prompts.
///
/// # Errors
/// When the dictionaries lack a feature, a weight is not finite, or `cancel` is raised.
pub fn edges(plain: &Plain<'_>, features: &[FeatureId], told: Told<'_>, cancel: &Cancel) -> Result<Vec<Edge>> {
    let members = features.iter().copied().map(Member::Feature).collect();
    FeatureSet { name: "the circuit".to_owned(), members }.parts(&plain.sizes())?;
    let config = plain.compute.config();
    let joined = |upstream: &FeatureId, downstream: &FeatureId| feeds(upstream.submodule, downstream.submodule, config);
    let mut edges: Vec<Edge> = Vec::new();
    let mut places: HashMap<(FeatureId, FeatureId), usize> = HashMap::new();
    for upstream in features {
        for downstream in features.iter().filter(|downstream| joined(upstream, downstream)) {
            places.insert((*upstream, *downstream), edges.len());
            let direct = is_next_residual(upstream.submodule, downstream.submodule).then_some([0.0; 2]);
            edges.push(Edge { upstream: *upstream, downstream: *downstream, weight: 0.0, measured: 0.0, direct, silent: 0 });
        }
    }
    let mut progress = Progress { stage: String::new(), done: 0, total: (2 * features.len() * plain.groups.len()) as u64 };
    let mut tell = |stage: String| {
        told(Progress { stage, ..progress.clone() });
        progress.done += 1;
    };
    for group in &plain.groups {
        let mut gradients: BTreeMap<Submodule, Vec<Vec<f32>>> = BTreeMap::new();
        let mut reads: HashMap<FeatureId, Read> = HashMap::new();
        for feature in features {
            tell(format!("gradient of {feature}"));
            let submodule = feature.submodule;
            if let std::collections::btree_map::Entry::Vacant(vacant) = gradients.entry(submodule) {
                vacant.insert(plain.metric_gradients(group, submodule, STEPS, cancel)?);
            }
            reads.insert(*feature, read(plain, group, *feature, &gradients[&submodule], cancel)?);
        }
        for upstream in features {
            tell(format!("patch of {upstream}"));
            let after: Vec<FeatureId> = features.iter().copied().filter(|downstream| joined(upstream, downstream)).collect();
            let mut add = |downstream: FeatureId, found: Found| {
                let edge = &mut edges[places[&(*upstream, downstream)]];
                let share = plain.pairs as f64;
                edge.weight += found.weight / share;
                edge.measured += found.measured / share;
                edge.silent += found.silent;
                if let (Some(sums), Some(direct)) = (&mut edge.direct, found.direct) {
                    sums.iter_mut().zip(direct).for_each(|(sum, value)| *sum += value / share);
                }
            };
            from(plain, group, *upstream, &after, &reads, &mut add, cancel)?;
        }
    }
    if edges.iter().any(|edge| !edge.weight.is_finite() || !edge.measured.is_finite()) {
        let remedy = "check that model and dictionaries belong together";
        return Err(Problem::new("circuit", "a weight is not a finite number", remedy));
    }
    Ok(edges)
}

/// Whether `later` is the residual that follows the residual `earlier`.
fn is_next_residual(earlier: Submodule, later: Submodule) -> bool {
    [earlier.kind, later.kind] == [SubmoduleKind::Residual; 2] && earlier.layer.0 + 1 == later.layer.0
}

fn read(plain: &Plain<'_>, group: &Group, feature: FeatureId, gradients: &[Vec<f32>], cancel: &Cancel) -> Result<Read> {
    let width = plain.compute.config().width;
    let Some(dictionary) = plain.dictionary(feature.submodule) else { unreachable!("the features were checked") };
    let (mut upstream, mut left) = (Vec::new(), Vec::new());
    for (pair, gradient) in gradients.iter().enumerate() {
        let (mut of_pair, mut lefts) = (Vec::with_capacity(gradient.len()), Vec::with_capacity(group.positions));
        for (position, gradient) in gradient.chunks_exact(width).enumerate() {
            let token = pair * group.positions + position;
            let at = (group.output(0, feature.submodule, token), &group.clean(dictionary)[token]);
            let (derivative, along) = plain.target_derivative(dictionary, Target::Feature(feature.index.0), at, gradient)?;
            of_pair.extend(derivative.into_iter().map(|value| value * along));
            lefts.push(along);
        }
        upstream.push(of_pair);
        left.push(lefts);
    }
    let gradients = plain.pulled_back(group, feature.submodule, &upstream, cancel)?;
    Ok(Read { upstream, left, gradients })
}

/// What one group adds to an edge: sums over its pairs.
struct Found {
    weight: f64,
    measured: f64,
    direct: Option<[f64; 2]>,
    silent: usize,
}

/// Shows `add` what `group` adds to each edge from `upstream` to one of `after`.
fn from(
    plain: &Plain<'_>,
    group: &Group,
    upstream: FeatureId,
    after: &[FeatureId],
    reads: &HashMap<FeatureId, Read>,
    add: &mut dyn FnMut(FeatureId, Found),
    cancel: &Cancel,
) -> Result<()> {
    let (width, positions) = (plain.compute.config().width, group.positions);
    let Some(dictionary) = plain.dictionary(upstream.submodule) else { unreachable!("the features were checked") };
    let row = decoder_row(&plain.dictionaries[dictionary], upstream.index.0)?;
    let value = |codes: &TokenCodes| activation(codes, upstream.index.0);
    let [clean, patch] = [0, 1].map(|side| plain.written_in(group, side, dictionary));
    let delta: Vec<f32> = patch.iter().zip(&clean).map(|(patch, clean)| value(patch) - value(clean)).collect();
    let moves: Vec<(usize, Vec<f32>)> = (0..group.places.len())
        .filter(|pair| delta[pair * positions..(pair + 1) * positions].iter().any(|delta| *delta != 0.0))
        .map(|pair| {
            let deltas = &delta[pair * positions..(pair + 1) * positions];
            (pair, deltas.iter().flat_map(|delta| row.iter().map(move |weight| delta * weight)).collect())
        })
        .collect();
    if moves.is_empty() {
        return Ok(());
    }
    let mut watched: Vec<Submodule> = after.iter().map(|feature| feature.submodule).collect();
    watched.sort_unstable();
    watched.dedup();
    let (_, seen) = plain.moved(group, upstream.submodule, &moves, &watched, cancel)?;
    let part = Trace::part(upstream.submodule, plain.compute.config().layers);
    for submodule in watched {
        let Some(later) = plain.dictionary(submodule) else { unreachable!("the features were checked") };
        let codes = plain.written_at(later, &seen[&submodule].concat(), cancel)?;
        let unmoved = plain.written_in(group, 0, later);
        let is_direct = is_next_residual(upstream.submodule, submodule);
        // With the layer's attention and MLP held, the whole move arrives as it is.
        let held: Vec<f32> = if is_direct {
            let arrived = |(pair, step): &(usize, Vec<f32>)| {
                let clean = group.traces[0][*pair].output(submodule);
                clean.iter().zip(step).map(|(value, step)| value + step).collect::<Vec<f32>>()
            };
            moves.iter().flat_map(arrived).collect()
        } else {
            Vec::new()
        };
        let held = plain.written_at(later, &held, cancel)?;
        for downstream in after.iter().filter(|feature| feature.submodule == submodule) {
            let read = &reads[downstream];
            let mut found = Found { weight: 0.0, measured: 0.0, direct: is_direct.then_some([0.0; 2]), silent: 0 };
            for (slot, (pair, step)) in moves.iter().enumerate() {
                let size = positions * width;
                let gradient = &read.gradients[*pair][part * size..(part + 1) * size];
                found.weight += f64::from(dot(gradient, step));
                let clean = |position: usize| activation(&unmoved[pair * positions + position], downstream.index.0);
                let change = |codes: &[_]| -> f64 {
                    let at = |position: usize| {
                        let now = activation(&codes[slot * positions + position], downstream.index.0);
                        f64::from(read.left[*pair][position]) * f64::from(now - clean(position))
                    };
                    (0..positions).map(at).sum()
                };
                found.measured += change(&codes);
                if let Some([predicted, measured]) = &mut found.direct {
                    *predicted += f64::from(dot(&read.upstream[*pair], step));
                    *measured += change(&held);
                }
                found.silent += usize::from((0..positions).all(|position| clean(position) == 0.0));
            }
            add(*downstream, found);
        }
    }
    Ok(())
}

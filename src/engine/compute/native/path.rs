//! Integrated gradients of several views at one submodule, with what they share computed once.
//!
//! - The path's first point is the plain run, whose gradients come with the others' ([`super::plain`]): only the points between the ends
//!   are left.
//! - Views that start from the same run (male and baseline) differ in the metric alone: one forward pass, two backward.
//! - A view that goes the other way (female) passes the same points where the moved output is all that the rest of the model reads, which
//!   is so for `resid_i`. For `attn_i` and `mlp_i` the stream beside them is that of the view's own clean prompt, and nothing is shared.
//! - A metric with its answers exchanged is the negative metric, and so is its gradient.

use std::ops::Range;

use rayon::prelude::*;

use super::metric::Direction;
use super::rotary::Rotary;
use super::split::evenly;
use super::walk::{Entry, Walk};
use super::{NativeCompute, TOKENS_PER_TASK};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Route, Trace};

/// Points between two runs.
pub struct Segment<'a> {
    /// What everything but the moved submodule is of.
    pub base: &'a Trace,
    /// Where the submodule is moved to.
    pub patch: &'a Activation,
    /// What is differentiated: each one direction per example.
    pub metrics: Vec<Vec<Direction>>,
}

/// Where a route's numbers are found.
struct Place {
    segment: usize,
    metric: usize,
    negative: bool,
}

/// What is known of a segment before its directions are looked up.
struct Plan<'a> {
    from: &'a Trace,
    to: &'a Trace,
    answers: Vec<&'a [Answers]>,
}

impl Plan<'_> {
    fn carries(&self, route: &Route<'_>, submodule: Submodule) -> bool {
        let same = std::ptr::eq(self.from, route.from) && std::ptr::eq(self.to, route.to);
        let opposite = std::ptr::eq(self.from, route.to) && std::ptr::eq(self.to, route.from);
        same || opposite && submodule.kind == SubmoduleKind::Residual
    }
}

fn are_exchanged(left: &[Answers], right: &[Answers]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| left.clean == right.patch && left.patch == right.clean)
}

/// Which segments are to be walked, and where each route finds its own.
fn plan<'a>(submodule: Submodule, routes: &[Route<'a>]) -> (Vec<Plan<'a>>, Vec<Place>) {
    let mut plans: Vec<Plan<'a>> = Vec::new();
    let mut places = Vec::with_capacity(routes.len());
    for route in routes {
        let segment = plans.iter().position(|plan| plan.carries(route, submodule)).unwrap_or_else(|| {
            plans.push(Plan { from: route.from, to: route.to, answers: Vec::new() });
            plans.len() - 1
        });
        let known = &mut plans[segment].answers;
        let same = known.iter().position(|answers| *answers == route.answers);
        let negative = known.iter().position(|answers| are_exchanged(answers, route.answers));
        places.push(match (same, negative) {
            (Some(metric), _) => Place { segment, metric, negative: false },
            (None, Some(metric)) => Place { segment, metric, negative: true },
            (None, None) => {
                known.push(route.answers);
                Place { segment, metric: known.len() - 1, negative: false }
            }
        });
    }
    (plans, places)
}

impl NativeCompute {
    pub(super) fn shared_paths(
        &self,
        submodule: Submodule,
        routes: &[Route<'_>],
        steps: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Activation>> {
        // The points between the ends lie the same way from both.
        let alphas: Vec<f32> = (1..steps).map(|step| step as f32 / steps as f32).collect();
        let (plans, places) = plan(submodule, routes);
        let segments: Vec<Segment<'_>> = plans
            .iter()
            .map(|plan| Segment {
                base: plan.from,
                patch: plan.to.output(submodule),
                metrics: plan.answers.iter().map(|answers| self.directions(answers)).collect(),
            })
            .collect();
        let sums = self.sums(submodule, &segments, &alphas, cancel)?;
        let mean = |(route, place): (&Route<'_>, &Place)| {
            let mut mean = sums[place.segment][place.metric].clone();
            let sign = if place.negative { -1.0 } else { 1.0 };
            for (value, start) in mean.values.iter_mut().zip(&route.start.values) {
                *value = (sign * *value + start) / steps as f32;
            }
            mean
        };
        Ok(routes.iter().zip(&places).map(mean).collect())
    }

    /// For every segment and every metric of it, the sum of the gradients at the points `alphas`.
    ///
    /// # Shapes
    /// - output: per segment and metric `[examples, positions, width]`
    pub(super) fn sums(
        &self,
        submodule: Submodule,
        segments: &[Segment<'_>],
        alphas: &[f32],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Activation>>> {
        let mut sums: Vec<Vec<Activation>> = segments
            .iter()
            .map(|Segment { patch, metrics, .. }| {
                vec![Activation::new(vec![0.0; patch.values.len()], patch.shape()); metrics.len()]
            })
            .collect();
        let Some(positions) = segments.first().map(|segment| segment.patch.positions) else { return Ok(sums) };
        let rotary = Rotary::new(&self.config, positions);
        let task = |segment: usize, examples: Range<usize>, alphas: Range<usize>| Task { segment, examples, alphas };
        let sequences = (TOKENS_PER_TASK / positions).max(1);
        let tasks: Vec<Task> = segments
            .iter()
            .enumerate()
            .flat_map(|(index, segment)| {
                let steps = evenly_at_most(alphas.len(), sequences);
                let examples = evenly(segment.patch.examples, sequences / steps.first().map_or(1, ExactSizeIterator::len));
                examples.into_iter().flat_map(move |examples| {
                    let steps = steps.clone();
                    steps.into_iter().map(move |steps| task(index, examples.clone(), steps))
                })
            })
            .collect();
        let entry = Entry::after(submodule, self.config.parallel_residual);
        let walk = Walk { compute: self, rotary: &rotary, entry, positions, cancel };
        let run = |task: &Task| self.run(task, submodule, &segments[task.segment], alphas, &walk);
        let parts: Vec<Vec<Vec<f32>>> = tasks.par_iter().map(run).collect::<Result<_>>()?;
        // In the order of the tasks, so that the threads' pace does not show in any bit.
        for (task, parts) in tasks.iter().zip(parts) {
            for (sum, part) in sums[task.segment].iter_mut().zip(parts) {
                let target = &mut sum.values[task.examples.start * positions * self.config.width..];
                target.iter_mut().zip(part).for_each(|(target, value)| *target += value);
            }
        }
        Ok(sums)
    }

    /// The sums of one task, one per metric: `[examples of the task, positions, width]`.
    fn run(
        &self,
        task: &Task,
        submodule: Submodule,
        segment: &Segment<'_>,
        alphas: &[f32],
        walk: &Walk<'_>,
    ) -> Result<Vec<Vec<f32>>> {
        let alphas = &alphas[task.alphas.clone()];
        let (clean, patch) = (segment.base.output(submodule), segment.patch);
        self.with_workspace(|workspace| {
            workspace.hidden.clear();
            for example in task.examples.clone() {
                for alpha in alphas {
                    let start = workspace.hidden.len();
                    walk.entry.append_stream(segment.base, example, &mut workspace.hidden);
                    let change = clean.example(example).iter().zip(patch.example(example));
                    for (value, (clean, patch)) in workspace.hidden[start..].iter_mut().zip(change) {
                        *value += alpha * (patch - clean);
                    }
                }
            }
            walk.forward(workspace)?;
            let mut found = Vec::with_capacity(segment.metrics.len());
            for directions in &segment.metrics {
                let directions: Vec<&Direction> =
                    task.examples.clone().flat_map(|example| alphas.iter().map(move |_| &directions[example])).collect();
                walk.backward(workspace, &directions, &mut |_, _| {})?;
                let size = walk.positions * self.config.width;
                let mut sums = vec![0.0; task.examples.len() * size];
                for (sum, gradients) in sums.chunks_exact_mut(size).zip(workspace.gradient.chunks_exact(alphas.len() * size)) {
                    for gradient in gradients.chunks_exact(size) {
                        sum.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
                    }
                }
                found.push(sums);
            }
            Ok(found)
        })
    }
}

/// Points that one thread takes to the metric and back.
struct Task {
    segment: usize,
    examples: Range<usize>,
    alphas: Range<usize>,
}

/// `0..total` in as few even parts of at most `at_most` as there can be.
fn evenly_at_most(total: usize, at_most: usize) -> Vec<Range<usize>> {
    let parts = total.div_ceil(at_most);
    (0..parts).map(|part| part * total / parts..(part + 1) * total / parts).collect()
}

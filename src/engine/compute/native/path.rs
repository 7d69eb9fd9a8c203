//! Gradients at the points of segments: each task takes some points of some segments to the metric and back.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::metric::Direction;
use super::rotary::Rotary;
use super::split::evenly;
use super::walk::Walk;
use super::{NativeCompute, TOKENS_PER_TASK};
use crate::core::problem::Result;
use crate::core::quadrature::Point;
use crate::engine::activation::{Array, zeros};
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Entry, Segment, grouped};

/// The points that one thread takes to the metric and back.
struct Task<'a> {
    /// Places of the segments, which have equally many metrics.
    segments: &'a [usize],
    points: &'a [Point],
}

impl NativeCompute {
    /// Computes the sums of [`super::Compute::gradient_sums`].
    pub(super) fn sums_along(
        &self,
        entry: Entry,
        segments: &[Segment<'_>],
        points: &[Point],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Array>>> {
        let positions = segments.first().map_or(1, |segment| segment.stream.len() / self.config.width);
        let rotary = Rotary::new(&self.config, positions);
        let walk = Walk { compute: self, rotary: &rotary, entry, positions, cancel };
        let groups = grouped(segments, |segment| segment.metrics.len());
        let tasks: Vec<Task<'_>> = groups.iter().flat_map(|group| tasks(group, points, positions)).collect();
        let parts: Vec<Vec<Vec<f32>>> = tasks.par_iter().map(|task| walk.sums(task, segments)).collect::<Result<_>>()?;
        let size = positions * self.config.width;
        let none = |segment: &Segment<'_>| segment.metrics.iter().map(|_| zeros(size)).collect();
        let mut sums: Vec<Vec<Array>> = segments.iter().map(none).collect();
        // Summed in the order of the tasks, so that no bit depends on the threads' pace.
        for (task, parts) in tasks.iter().zip(parts) {
            for (metric, part) in parts.iter().enumerate() {
                for (segment, part) in task.segments.iter().zip(part.chunks_exact(size)) {
                    let sum = Arc::make_mut(&mut sums[*segment][metric]);
                    sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        Ok(sums)
    }
}

/// The points of one group of segments, split into tasks of at most [`TOKENS_PER_TASK`] tokens.
fn tasks<'a>(group: &'a [usize], points: &'a [Point], positions: usize) -> Vec<Task<'a>> {
    let sequences = (TOKENS_PER_TASK / positions).max(1);
    let parts = evenly_at_most(points.len(), sequences);
    let segments = evenly(group.len(), sequences / parts.first().map_or(1, ExactSizeIterator::len));
    let task =
        |segments: &Range<usize>, part: &Range<usize>| Task { segments: &group[segments.clone()], points: &points[part.clone()] };
    segments.iter().flat_map(|segments| parts.iter().map(|part| task(segments, part)).collect::<Vec<_>>()).collect()
}

impl Walk<'_> {
    /// The sums of one task: per metric `[segments of the task, positions, width]`.
    fn sums(&self, task: &Task<'_>, segments: &[Segment<'_>]) -> Result<Vec<Vec<f32>>> {
        let segments: Vec<&Segment<'_>> = task.segments.iter().map(|place| &segments[*place]).collect();
        let directions: Vec<Vec<Direction>> =
            segments.iter().map(|segment| self.compute.directions(&segment.metrics)).collect::<Result<_>>()?;
        self.compute.with_workspace(|workspace| {
            workspace.hidden.clear();
            for segment in &segments {
                task.points.iter().for_each(|point| segment.append_point(point.alpha, &mut workspace.hidden));
            }
            self.forward(workspace)?;
            let size = self.positions * self.compute.config.width;
            let metrics = 0..segments.first().map_or(0, |segment| segment.metrics.len());
            metrics
                .map(|metric| {
                    let of_metric = directions.iter().map(|directions| &directions[metric]);
                    let directions: Vec<&Direction> =
                        of_metric.flat_map(|direction| std::iter::repeat_n(direction, task.points.len())).collect();
                    self.backward(workspace, &directions, &mut |_, _| {})?;
                    let mut sums = vec![0.0; segments.len() * size];
                    let of_segments = workspace.gradient.chunks_exact(task.points.len() * size);
                    for (sum, gradients) in sums.chunks_exact_mut(size).zip(of_segments) {
                        for (gradient, point) in gradients.chunks_exact(size).zip(task.points) {
                            sum.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += point.weight * value);
                        }
                    }
                    Ok(sums)
                })
                .collect()
        })
    }
}

/// `0..total` in the fewest parts of at most `at_most`, of nearly equal size.
fn evenly_at_most(total: usize, at_most: usize) -> Vec<Range<usize>> {
    let parts = total.div_ceil(at_most);
    (0..parts).map(|part| part * total / parts..(part + 1) * total / parts).collect()
}

//! A batch before the first submodule: its plain runs and their metrics.

use super::batch::ViewBatch;
use super::inside::{Inside, Source};
use super::prefix::Prefixes;
use super::sharing::Sharing;
use crate::core::problem::Result;
use crate::core::view::Direction;
use crate::engine::activation::Trace;
use crate::engine::compute::Entry;

/// The metrics of a view's plain runs, one per pair.
pub struct Metrics {
    /// Metrics of the runs that the view starts from.
    pub clean: Vec<f32>,
    /// Metrics of the runs that the view moves toward.
    pub patch: Vec<f32>,
}

/// A batch whose prompts were run.
pub struct Prepared<'a> {
    /// The batch and the model it ran through.
    pub sharing: Sharing<'a>,
    /// The plain runs of the clean and of the patch prompts, one per pair.
    pub traces: [Vec<Trace>; 2],
    /// What the dictionaries need and the traces do not hold.
    inside: Inside,
    /// The different prefixes of all prompts.
    pub prefixes: Prefixes<'a>,
    /// Metrics of each view of the batch.
    pub metrics: Vec<Metrics>,
}

impl<'a> Prepared<'a> {
    /// Runs the prompts, or takes their runs from the memory, and computes the metrics of all views.
    pub fn new(sharing: Sharing<'a>) -> Result<Self> {
        let batch = sharing.batch;
        let traces = sharing.traces()?;
        let metrics = batch.views.iter().map(|view| metrics(&sharing, &traces, view)).collect::<Result<_>>()?;
        let inside = Inside::of(&sharing)?;
        Ok(Self { prefixes: Prefixes::of(&batch.clean, &batch.patch), sharing, traces, inside, metrics })
    }

    /// The activation at `source` at token `row` of side `side` (0 clean, 1 patch), `[width]` of that place.
    pub fn row(&self, source: Source, side: usize, row: usize) -> &[f32] {
        let positions = self.sharing.batch.positions;
        let (pair, position) = (row / positions, row % positions);
        let values = self.inside.at(source, side, pair, &self.traces[side][pair]);
        let width = values.len() / positions;
        &values[position * width..(position + 1) * width]
    }

    /// The activations at `source` at all positions of pair `pair`: in the run that a view of direction `direction` starts from, and in
    /// the one that it moves toward.
    pub fn ends(&self, source: Source, direction: Direction, pair: usize) -> (&[f32], &[f32]) {
        let at = |side: usize| self.inside.at(source, side, pair, &self.traces[side][pair]);
        direction.orient(at(0), at(1))
    }

    /// The run of pair `pair` that a view of direction `direction` starts from.
    pub fn trace_from(&self, direction: Direction, pair: usize) -> &Trace {
        let [clean, patch] = &self.traces;
        direction.orient(&clean[pair], &patch[pair]).0
    }
}

fn metrics(sharing: &Sharing<'_>, [clean, patch]: &[Vec<Trace>; 2], view: &ViewBatch) -> Result<Metrics> {
    let compute = sharing.model.compute;
    let end = Entry::end(compute.config());
    let of = |traces: &[Trace]| {
        let streams: Vec<&[f32]> =
            traces.iter().map(|trace| end.reaching(trace.entering(compute.config().layers), compute.config())).collect();
        compute.metrics(end, &streams, &view.answers, sharing.cancel)
    };
    let (from, to) = view.direction.orient(clean, patch);
    Ok(Metrics { clean: of(from)?, patch: of(to)? })
}

//! A batch before the first submodule: its plain runs and their metrics.

use super::batch::ViewBatch;
use super::prefix::Prefixes;
use super::sharing::Sharing;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
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
        Ok(Self { prefixes: Prefixes::of(&batch.clean, &batch.patch), sharing, traces, metrics })
    }

    /// The output of `submodule` at token `row` of side `side` (0 clean, 1 patch), `[width]`.
    pub fn output(&self, submodule: Submodule, side: usize, row: usize) -> &[f32] {
        let width = self.sharing.model.compute.config().width;
        let (pair, position) = (row / self.sharing.batch.positions, row % self.sharing.batch.positions);
        &self.traces[side][pair].output(submodule)[position * width..(position + 1) * width]
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

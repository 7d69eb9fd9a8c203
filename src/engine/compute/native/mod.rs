//! GPT-NeoX on the processor with a hand-derived backward pass: plain f32 slices, one fast product, buffers that are reused.
//!
//! Work is split into tasks of a few examples and steps. Each task runs on one thread from its point of the segment to the
//! metric and back (`walk`), so that threads meet only at the end of a submodule and no product starts threads of its own. burn
//! computes the same in `compute::burn_compute`, and tests compare the two.

mod attention;
mod edited;
mod layer;
mod metric;
mod path;
mod plain;
mod pool;
pub(super) mod product;
mod rate;
mod rotary;
mod split;
pub(super) mod vector;
mod walk;
mod weights;

pub use rate::{Rates, rates};

use std::sync::OnceLock;

use burn_ndarray::{NdArray, NdArrayDevice};

use super::burn_compute::BurnCompute;
use super::extent::{TOKENS_AT_ONCE, TOKENS_PER_TASK};
use super::layers::{Held, Stored};
use super::{Answers, Compute, Edit, Entry, Inner, Segment, Start};
use crate::core::problem::Result;
use crate::core::quadrature::Point;
use crate::core::submodule::Submodule;
use crate::engine::activation::{Array, Trace};
use crate::engine::cancel::Cancel;
use crate::engine::model::config::Config;
use crate::engine::model::site::Site;
use crate::engine::model::weight_files::WeightFiles;
use pool::Pool;
use walk::Workspace;
use weights::{Layer, Weights};

/// A model in memory, with buffers for its tasks.
pub struct NativeCompute {
    config: Config,
    weights: Weights,
    workspaces: Pool<Workspace>,
    /// The file of the weights, for [`NativeCompute::differentiable`].
    file: WeightFiles,
    differentiable: OnceLock<BurnCompute<NdArray<f32>>>,
}

impl NativeCompute {
    /// Copies the weights of the layers that are kept into memory; the embeddings stay in the file.
    pub fn load(model: Stored<'_>, cancel: &Cancel) -> Result<Self> {
        let Stored { config, weights, .. } = model;
        Ok(Self {
            config: config.clone(),
            weights: Weights::load(model, cancel)?,
            workspaces: Pool::default(),
            file: weights.clone(),
            differentiable: OnceLock::new(),
        })
    }

    /// The same model in burn, for gradients between outputs and for activations inside of layers, which this backend has no kernels
    /// for. It is loaded when it is first asked for and holds all weights once more, about 0.3 GB at pythia-70m's size; where layers
    /// are not kept, it keeps none.
    fn differentiable(&self, cancel: &Cancel) -> Result<&BurnCompute<NdArray<f32>>> {
        if let Some(model) = self.differentiable.get() {
            return Ok(model);
        }
        let kept = if self.weights.layers.are_kept() { self.config.layers } else { 0 };
        let model = Stored { config: &self.config, weights: &self.file, kept };
        let model = BurnCompute::load("native", model, NdArrayDevice::Cpu, TOKENS_AT_ONCE, cancel)?;
        Ok(self.differentiable.get_or_init(|| model))
    }

    /// The weights of layer `index`.
    fn layer(&self, index: usize, cancel: &Cancel) -> Result<Held<'_, Layer>> {
        cancel.check()?;
        self.weights.layers.get(index, cancel)
    }

    /// Runs `task` with a workspace that no other task uses.
    fn with_workspace<T>(&self, task: impl FnOnce(&mut Workspace) -> Result<T>) -> Result<T> {
        let mut workspace = self.workspaces.take();
        let outcome = task(&mut workspace);
        self.workspaces.give(workspace);
        outcome
    }
}

impl Compute for NativeCompute {
    fn backend(&self) -> &'static str {
        "native"
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn traces(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Trace>> {
        self.run_plainly(prompts, cancel)
    }

    fn activations(&self, wanted: &[Inner], prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        self.differentiable(cancel)?.activations(wanted, prompts, cancel)
    }

    fn attention_patterns(&self, layer: usize, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Array>> {
        self.differentiable(cancel)?.attention_patterns(layer, prompts, cancel)
    }

    fn added(&self, site: Site, rows: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        self.differentiable(cancel)?.added(site, rows, cancel)
    }

    fn added_back(&self, site: Site, rows: &[f32], gradient: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        self.differentiable(cancel)?.added_back(site, rows, gradient, cancel)
    }

    fn last_logits(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<f32>> {
        self.logits(prompts, cancel)
    }

    fn embedded(&self, prompts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        prompts.iter().map(|prompt| self.embed(&[prompt])).collect()
    }

    fn run_edited(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        self.run_with(first, streams, edit, cancel)
    }

    fn end_logits(&self, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<f32>> {
        cancel.check()?;
        self.logits_of(tokens)
    }

    fn output_gradients(&self, later: Submodule, prompts: &[&[u32]], upstream: &[&[f32]], cancel: &Cancel) -> Result<Vec<Array>> {
        self.differentiable(cancel)?.output_gradients(later, prompts, upstream, cancel)
    }

    fn metrics(&self, entry: Entry, streams: &[&[f32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<f32>> {
        self.metrics_from(entry, streams, answers, cancel)
    }

    fn gradient_sums(
        &self,
        entry: Entry,
        segments: &[Segment<'_>],
        points: &[Point],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Array>>> {
        self.sums_along(entry, segments, points, cancel)
    }

    fn plain_gradients(&self, starts: &[Start<'_>], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        self.gradients_at(starts, cancel)
    }
}

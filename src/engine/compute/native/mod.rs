//! GPT-NeoX on the processor with a hand-derived backward pass: plain f32 slices, one fast product, buffers that are used again.
//!
//! What burn's automatic differentiation spends on graphs, unused gradients and small operations is left out, and what several views ask
//! of the same numbers is computed once (`path`). Work is split into tasks of a few examples and steps that each run on one thread from
//! their point of the path to the metric and back (`walk`), so that threads meet only at the end of a submodule and no product starts
//! threads of its own. burn computes the same in `compute::burn_compute` and is what the tests hold this against.

mod attention;
mod encode;
mod layer;
mod metric;
mod path;
mod plain;
mod pool;
mod product;
mod rate;
mod rotary;
mod split;
mod vector;
mod walk;
mod weights;

pub use rate::{Rates, rates};

use super::{Answers, Compute, Route, Trace};
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::Codes;
use crate::engine::model::config::Config;
use crate::engine::tensor_file::TensorFile;
use metric::Direction;
use path::Segment;
use pool::Pool;
use walk::Workspace;
use weights::Weights;

/// Tokens that one task takes through a layer together: enough that products run at their rate, few enough that what a layer reads and
/// writes stays in a core's cache, and that cancelling waits for no more than a few hundredths of a second.
const TOKENS_PER_TASK: usize = 256;

/// A model in memory.
pub struct NativeCompute {
    config: Config,
    weights: Weights,
    workspaces: Pool<Workspace>,
    encoders: Pool<encode::Buffers>,
}

impl NativeCompute {
    /// Loads the weights.
    pub fn load(config: &Config, weights: &TensorFile, cancel: &Cancel) -> Result<Self> {
        Ok(Self {
            config: config.clone(),
            weights: Weights::load(config, weights, cancel)?,
            workspaces: Pool::default(),
            encoders: Pool::default(),
        })
    }

    /// Runs `task` with a workspace of its own.
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

    fn trace(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Trace> {
        self.trace_all(prompts, cancel)
    }

    fn last_logits(&self, prompts: &[&[u32]]) -> Vec<f32> {
        self.logits(prompts)
    }

    fn metrics(&self, trace: &Trace, answers: &[Answers]) -> Vec<f32> {
        self.metrics_of(trace, answers)
    }

    fn moved_metrics(
        &self,
        base: &Trace,
        submodule: Submodule,
        moved: &Activation,
        rows: &[usize],
        answers: &[Answers],
        cancel: &Cancel,
    ) -> Result<Vec<f32>> {
        self.metrics_when_moved(base, submodule, moved, rows, &self.directions(answers), cancel)
    }

    fn path_gradient(
        &self,
        base: &Trace,
        submodule: Submodule,
        patch: &Activation,
        alphas: &[f32],
        answers: &[Answers],
        cancel: &Cancel,
    ) -> Result<Activation> {
        let segment = Segment { base, patch, metrics: vec![self.directions(answers)] };
        let mut sum = self.sums(submodule, &[segment], alphas, cancel)?.remove(0).remove(0);
        let count = alphas.len() as f32;
        sum.values.iter_mut().for_each(|value| *value /= count);
        Ok(sum)
    }

    fn path_gradients(
        &self,
        submodule: Submodule,
        routes: &[Route<'_>],
        steps: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Activation>> {
        self.shared_paths(submodule, routes, steps, cancel)
    }

    fn gradients(&self, prompts: &[&[u32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<Activation>> {
        Ok(self.plain_gradients(prompts, &[self.directions(answers)], cancel)?.remove(0))
    }

    fn gradients_of_each(&self, prompts: &[&[u32]], answers: &[&[Answers]], cancel: &Cancel) -> Result<Vec<Vec<Activation>>> {
        let directions: Vec<Vec<Direction>> = answers.iter().map(|answers| self.directions(answers)).collect();
        self.plain_gradients(prompts, &directions, cancel)
    }

    fn encode(&self, dictionary: &Dictionary, activations: &[&Activation], cancel: &Cancel) -> Result<Vec<Codes>> {
        self.encode_all(dictionary, activations, cancel)
    }
}

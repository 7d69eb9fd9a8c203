//! The door to the arithmetic: everything the attribution asks of a backend, over plain f32 arrays.
//!
//! burn's tensors carry their backend as a type parameter. It stays behind this one trait, so that attribution, data and
//! dictionaries are compiled once and backends are chosen at run time. Beside burn there is [`native`], arithmetic written by hand for
//! processors.

mod burn_compute;
mod choose;
#[cfg(feature = "cuda")]
mod cuda;
mod encoders;
mod extent;
pub mod native;
mod tape;

use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::Codes;
use crate::engine::model::config::Config;

pub use choose::{BURN_VERSION, available, is_built_in, open, works};

/// Tokens that go through a layer together: fewer would slow the products down, more would make cancelling wait.
pub const TOKENS_AT_ONCE: usize = 512;

/// What one forward pass left behind.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The residual stream that enters layer 0.
    pub embedding: Activation,
    /// The output of every submodule, in submodule order.
    pub submodules: Vec<Activation>,
    /// Number of layers.
    pub layers: usize,
}

impl Trace {
    /// The output of `submodule`.
    pub fn output(&self, submodule: Submodule) -> &Activation {
        &self.submodules[submodule.ordinal(self.layers)]
    }

    /// Everything of one example, `[1 + submodules, positions, width]`: the embedding, then the outputs.
    pub fn example(&self, example: usize) -> Vec<f32> {
        let all = std::iter::once(&self.embedding).chain(&self.submodules);
        all.flat_map(|activation| activation.example(example)).copied().collect()
    }

    /// The opposite: a trace of `examples`, each as [`Trace::example`] gives it.
    ///
    /// # Panics
    /// When an example has another size: a fault of the caller.
    pub fn of_examples(examples: &[&[f32]], layers: usize, positions: usize, width: usize) -> Self {
        let mut parts = join(examples, 1 + SubmoduleKind::ALL.len() * layers, positions, width).into_iter();
        let embedding = parts.next().unwrap_or_else(|| unreachable!("there is one more part than submodules"));
        Self { embedding, submodules: parts.collect(), layers }
    }

    /// The trace of some of the examples.
    pub fn select(&self, examples: &[usize]) -> Self {
        Self {
            embedding: self.embedding.select(examples),
            submodules: self.submodules.iter().map(|activation| activation.select(examples)).collect(),
            layers: self.layers,
        }
    }
}

/// From one array an example, `[parts, positions, width]`, to one activation a part, `[examples, positions, width]`.
///
/// # Panics
/// When an array has another size: a fault of the caller.
pub fn join(examples: &[&[f32]], parts: usize, positions: usize, width: usize) -> Vec<Activation> {
    let size = positions * width;
    assert!(examples.iter().all(|example| example.len() == parts * size));
    let part = |part: usize| {
        let values = examples.iter().flat_map(|example| &example[part * size..(part + 1) * size]).copied().collect();
        Activation::new(values, [examples.len(), positions, width])
    };
    (0..parts).map(part).collect()
}

/// The two tokens whose logits an example compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answers {
    /// Fits the clean prompt.
    pub clean: u32,
    /// Fits the patch prompt.
    pub patch: u32,
}

/// One view's way along the path at one submodule.
#[derive(Debug, Clone, Copy)]
pub struct Route<'a> {
    /// The run it starts from.
    pub from: &'a Trace,
    /// The run toward whose outputs each submodule is moved.
    pub to: &'a Trace,
    /// One per example.
    pub answers: &'a [Answers],
    /// The gradient at the start, which is the plain run, with respect to the submodule's output.
    pub start: &'a Activation,
}

/// A loaded model on some backend. Whatever takes a `cancel` looks at it between layers or blocks of features, and fails once it is
/// raised.
///
/// # Shapes
/// All prompts of a call have the same length; activations are `[examples, positions, width]`, metrics `[examples]`.
pub trait Compute: Send + Sync {
    /// The backend's name.
    fn backend(&self) -> &'static str;

    /// The model's sizes.
    fn config(&self) -> &Config;

    /// Runs the prompts and keeps every submodule's output.
    fn trace(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Trace>;

    /// The logits of the whole vocabulary at the last position, `[examples, vocabulary]`.
    fn last_logits(&self, prompts: &[&[u32]]) -> Vec<f32>;

    /// The metric of each example of a finished run.
    fn metrics(&self, trace: &Trace, answers: &[Answers]) -> Vec<f32>;

    /// The metric when `submodule`'s output in the run `base` is replaced by `moved`; everything that does not depend on it
    /// stays as it was.
    ///
    /// `rows[i]` is the example of `base` that row `i` of `moved` replaces, so that one example can be moved in many ways.
    fn moved_metrics(
        &self,
        base: &Trace,
        submodule: Submodule,
        moved: &Activation,
        rows: &[usize],
        answers: &[Answers],
        cancel: &Cancel,
    ) -> Result<Vec<f32>>;

    /// The gradient of the metric with respect to `submodule`'s output, where that output is moved to
    /// `x_clean + alpha (x_patch - x_clean)` and the rest of the model runs from `base`; mean over `alphas`.
    fn path_gradient(
        &self,
        base: &Trace,
        submodule: Submodule,
        patch: &Activation,
        alphas: &[f32],
        answers: &[Answers],
        cancel: &Cancel,
    ) -> Result<Activation>;

    /// Integrated gradients of several views at one submodule: for each route the mean of the gradients at the points
    /// `0, 1/steps, .., (steps - 1)/steps`. A backend may compute once what routes share; routes that start from or lead to one run hold
    /// references to one trace.
    fn path_gradients(
        &self,
        submodule: Submodule,
        routes: &[Route<'_>],
        steps: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Activation>> {
        let alphas: Vec<f32> = (1..steps).map(|step| step as f32 / steps as f32).collect();
        let mean = |route: &Route<'_>| {
            let mut mean = route.start.clone();
            if alphas.is_empty() {
                return Ok(mean);
            }
            let rest = self.path_gradient(route.from, submodule, route.to.output(submodule), &alphas, route.answers, cancel)?;
            for (value, rest) in mean.values.iter_mut().zip(&rest.values) {
                *value = (*value + rest * alphas.len() as f32) / steps as f32;
            }
            Ok(mean)
        };
        routes.iter().map(mean).collect()
    }

    /// The gradient of the metric with respect to every submodule's output in the plain run of the prompts, in submodule order.
    fn gradients(&self, prompts: &[&[u32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<Activation>>;

    /// The same for several metrics on the same prompts, one list of answers each.
    fn gradients_of_each(&self, prompts: &[&[u32]], answers: &[&[Answers]], cancel: &Cancel) -> Result<Vec<Vec<Activation>>> {
        answers.iter().map(|answers| self.gradients(prompts, answers, cancel)).collect()
    }

    /// `relu(W_enc (x - b_dec) + b_enc)` for every token of each of `activations`, through one read of the encoder.
    fn encode(&self, dictionary: &Dictionary, activations: &[&Activation], cancel: &Cancel) -> Result<Vec<Codes>>;
}

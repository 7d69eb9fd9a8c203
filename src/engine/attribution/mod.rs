//! Attribution patching over dictionary features: effects of every feature and error term on the logit difference.
//!
//! Integrated gradients and attribution patching follow Marks et al. 2024, "Sparse Feature Circuits" (arXiv:2403.19647). Decoding is
//! affine, so the interpolated activation is `x_clean + alpha (x_patch - x_clean)` and the gradient with respect to the activation
//! itself is all that is needed: `effect_j = (f_patch_j - f_clean_j) <g, W_dec_j>`, `error effect = <g, e_patch - e_clean>`.

mod aggregate;
mod batch;
mod detail;
mod exact;
mod gradient;
mod per_feature;
mod prefix;
mod recall;
mod stages;

use std::sync::Arc;
use std::time::Instant;

use crate::core::effects::ViewEffects;
use crate::core::problem::Result;
use crate::core::progress::{Observer, Progress, Step};
use crate::core::ranking::Ranked;
use crate::core::request::Settings;
use crate::core::run::Method;
use crate::core::submodule::Submodule;
use crate::core::view::View;
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Compute, Trace};
use crate::engine::dataset::Example;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::{Change, Codes, DecoderRows, reconstruction_error};
use crate::engine::dictionary::report::Fit;
use crate::engine::memory::{Bounds, Memory};
use aggregate::ViewAggregate;
pub use batch::{Batch, ViewBatch, plan, prefixes};
use prefix::Prefixes;
use recall::Recall;
pub use stages::{Stage, Stages};

/// The effects at one token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenEffects {
    /// Every feature that differs there, ascending, with its effect.
    pub features: Vec<(Change, f32)>,
    /// The effect of the error term.
    pub error: f32,
    /// `<g, x_patch - x_clean>`, where the method has a gradient.
    pub gradient_dot_change: Option<f32>,
}

/// One side of a batch at one submodule.
#[derive(Clone, Copy)]
struct Side<'a> {
    trace: &'a Trace,
    /// One row per example and position.
    codes: &'a Codes,
    /// What the dictionary leaves unexplained.
    error: &'a Activation,
}

/// What is attributed over.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    /// The model on its backend.
    pub compute: &'a dyn Compute,
    /// One for each submodule, in submodule order.
    pub dictionaries: &'a [Dictionary],
    /// What earlier computations with these left behind.
    pub memory: &'a Memory,
}

/// Computes every view that the data give: male and female from `pairs`, baseline from `baseline`.
///
/// # Errors
/// When a dictionary's file turns out to be damaged, or `cancel` is raised.
pub fn attribute(
    compute: &dyn Compute,
    dictionaries: &[Dictionary],
    pairs: &[Example],
    baseline: Option<&[Example]>,
    settings: Settings,
    observer: Observer<'_>,
    cancel: &Cancel,
) -> Result<Vec<ViewEffects>> {
    let memory = Memory::new(Bounds::NONE);
    let model = Model { compute, dictionaries, memory: &memory };
    attribute_timed(model, pairs, baseline, settings, observer, cancel).map(|(views, _)| views)
}

/// The same with what is remembered, and how long its parts took.
///
/// # Errors
/// Those of [`attribute`].
pub fn attribute_timed(
    model: Model<'_>,
    pairs: &[Example],
    baseline: Option<&[Example]>,
    settings: Settings,
    observer: Observer<'_>,
    cancel: &Cancel,
) -> Result<(Vec<ViewEffects>, Stages)> {
    model.memory.begin();
    let dictionaries = model.dictionaries;
    let batches = plan(pairs, baseline.unwrap_or_default(), settings.batch);
    let mut aggregates: Vec<ViewAggregate> = [(View::Male, Some(pairs)), (View::Female, Some(pairs)), (View::Baseline, baseline)]
        .into_iter()
        .filter_map(|(view, examples)| Some(ViewAggregate::new(view, examples?, dictionaries, settings.detail)))
        .collect();
    let total = batches.iter().map(|batch| (batch.views.len() * dictionaries.len()) as u64).sum();
    let mut steps = Steps { observer, cancel, done: 0, total, in_last_batch: false, stages: Stages::default() };
    let mut fits = vec![Fit::default(); dictionaries.len()];
    for (index, batch) in batches.iter().enumerate() {
        // A view's numbers are final at the last batch that asks about it.
        let finished = |view: View| !batches[index + 1..].iter().flat_map(|batch| &batch.views).any(|later| later.view == view);
        steps.in_last_batch = index + 1 == batches.len();
        run_batch(model, batch, settings, &mut aggregates, &mut fits, &finished, &mut steps)?;
    }
    let finish = |aggregate: ViewAggregate| cancel.check().map(|()| aggregate.finish());
    let views = aggregates.into_iter().map(finish).collect::<Result<_>>()?;
    Ok((views, steps.stages))
}

/// Counts the work and looks whether to go on.
struct Steps<'a> {
    observer: Observer<'a>,
    cancel: &'a Cancel,
    done: u64,
    total: u64,
    in_last_batch: bool,
    stages: Stages,
}

impl Steps<'_> {
    fn tell(&mut self, submodule: Submodule, view: View) -> Result<()> {
        self.observe(Step::Progress(Progress { stage: format!("{submodule}, {view}"), done: self.done, total: self.total }))
    }

    fn observe(&mut self, step: Step) -> Result<()> {
        (self.observer)(step);
        self.cancel.check()
    }
}

/// What a view starts from and what it moves toward: the female view takes the pairs the other way round.
fn oriented<T>(view: View, clean: T, patch: T) -> (T, T) {
    if view == View::Female { (patch, clean) } else { (clean, patch) }
}

fn run_batch(
    model: Model<'_>,
    batch: &Batch<'_>,
    settings: Settings,
    aggregates: &mut [ViewAggregate],
    fits: &mut [Fit],
    finished: &dyn Fn(View) -> bool,
    steps: &mut Steps<'_>,
) -> Result<()> {
    let (cancel, Model { compute, dictionaries, .. }) = (steps.cancel, model);
    let recall = Recall { model, batch, cancel };
    let start = Instant::now();
    let [clean, patch] = recall.traces()?;
    let prefixes = Prefixes::of(&batch.clean, &batch.patch);
    let mut gradients = match settings.method {
        Method::Attrib | Method::Ig => recall.plain_gradients()?,
        Method::Exact => vec![Vec::new(); batch.views.len()],
    };
    let mut views = Vec::new();
    // Both lists hold views in the order of `View::ALL`.
    for aggregate in aggregates {
        let Some(index) = batch.views.iter().position(|view| view.view == aggregate.view()) else { continue };
        let view = &batch.views[index];
        let (from, to) = oriented(view.view, &clean, &patch);
        let clean_metrics = compute.metrics(from, &view.answers);
        aggregate.set_metrics(&view.examples, &clean_metrics, &compute.metrics(to, &view.answers));
        views.push(ViewWork { view, aggregate, clean_metrics, gradients: std::mem::take(&mut gradients[index]) });
    }
    steps.stages.add(Stage::Plain, start);
    let order = cheapest_first(dictionaries);
    for (turn, &ordinal) in order.iter().enumerate() {
        let dictionary = &dictionaries[ordinal];
        let submodule = dictionary.submodule();
        let Some(first) = views.first() else { continue };
        steps.tell(submodule, first.view.view)?;
        let outputs = prefixes.outputs(&clean, &patch, submodule);
        let start = Instant::now();
        let codes = recall.codes(ordinal, &prefixes, &outputs)?;
        let start = steps.stages.add(Stage::Encode, start);
        let decoder = DecoderRows::read(dictionary, codes.active(), cancel)?;
        // The next one arrives while this one's gradients are computed.
        dictionary.release();
        dictionaries[order[(turn + 1) % order.len()]].read_ahead();
        let error = reconstruction_error(dictionary, &outputs, &codes, &decoder);
        let shape = clean.output(submodule).shape();
        let [clean_error, patch_error] = [0, 1].map(|side| prefixes.activation(&error, side, shape));
        let codes = [0, 1].map(|side| prefixes.codes(&codes, side));
        fits[ordinal].add(clean.output(submodule), &clean_error, &codes[0]);
        fits[ordinal].add(patch.output(submodule), &patch_error, &codes[1]);
        if let Some(report) = fits[ordinal].report().filter(|_| steps.in_last_batch) {
            steps.observe(Step::Fitted(submodule, report))?;
        }
        let clean_side = Side { trace: &clean, codes: &codes[0], error: &clean_error };
        let patch_side = Side { trace: &patch, codes: &codes[1], error: &patch_error };
        let start = steps.stages.add(Stage::Decode, start);
        let mut gradients = match settings.method {
            Method::Ig => {
                let starts: Vec<&Activation> = views.iter().map(|work| &work.gradients[ordinal]).collect();
                recall.path_gradients(ordinal, [&clean, &patch], &starts, settings.steps)?
            }
            Method::Attrib => views.iter().map(|work| work.gradients[ordinal].clone()).collect(),
            Method::Exact => Vec::new(),
        }
        .into_iter();
        let start = steps.stages.add(Stage::Paths, start);
        for work in &mut views {
            steps.tell(submodule, work.view.view)?;
            let (from, to) = oriented(work.view.view, clean_side, patch_side);
            let effects = if let Some(gradient) = gradients.next() {
                gradient::effects(&gradient, submodule, from, to, &decoder)
            } else {
                let job = exact::Job { compute, submodule, answers: &work.view.answers, clean_metrics: &work.clean_metrics };
                job.effects(from, to, &decoder, cancel)?
            };
            work.aggregate.add(ordinal, &work.view.examples, batch.positions, &effects);
            steps.done += 1;
            if finished(work.view.view) {
                steps.observe(Step::Found(work.view.view, Arc::new(Ranked::new(work.aggregate.submodule(ordinal)))))?;
            }
        }
        steps.stages.add(Stage::Effects, start);
    }
    Ok(())
}

/// Ordinals of the submodules in the order in which they are computed: the fewer layers lie above one, the sooner it is done, and whoever
/// waits sees something soon.
fn cheapest_first(dictionaries: &[Dictionary]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..dictionaries.len()).collect();
    order.sort_by_key(|ordinal| std::cmp::Reverse(dictionaries[*ordinal].submodule().layer));
    order
}

struct ViewWork<'a> {
    view: &'a ViewBatch,
    aggregate: &'a mut ViewAggregate,
    clean_metrics: Vec<f32>,
    /// Of the plain run that the view starts from, one per submodule; empty for [`Method::Exact`].
    gradients: Vec<Activation>,
}

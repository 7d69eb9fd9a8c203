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

use crate::core::effects::ViewEffects;
use crate::core::problem::Result;
use crate::core::progress::{Observer, Progress, Step};
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
use aggregate::ViewAggregate;
use batch::{Batch, ViewBatch};

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
    let batches = batch::plan(pairs, baseline.unwrap_or_default(), settings.batch);
    let mut aggregates: Vec<ViewAggregate> = [(View::Male, Some(pairs)), (View::Female, Some(pairs)), (View::Baseline, baseline)]
        .into_iter()
        .filter_map(|(view, examples)| Some(ViewAggregate::new(view, examples?, dictionaries, settings.detail)))
        .collect();
    let total = batches.iter().map(|batch| (batch.views.len() * dictionaries.len()) as u64).sum();
    let mut steps = Steps { observer, cancel, done: 0, total, in_last_batch: false };
    let mut fits = vec![Fit::default(); dictionaries.len()];
    for (index, batch) in batches.iter().enumerate() {
        // A view's numbers are final at the last batch that asks about it.
        let finished = |view: View| !batches[index + 1..].iter().flat_map(|batch| &batch.views).any(|later| later.view == view);
        steps.in_last_batch = index + 1 == batches.len();
        run_batch(compute, dictionaries, batch, settings, &mut aggregates, &mut fits, &finished, &mut steps)?;
    }
    let finish = |aggregate: ViewAggregate| cancel.check().map(|()| aggregate.finish());
    aggregates.into_iter().map(finish).collect()
}

/// Counts the work and looks whether to go on.
struct Steps<'a> {
    observer: Observer<'a>,
    cancel: &'a Cancel,
    done: u64,
    total: u64,
    in_last_batch: bool,
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

#[expect(clippy::too_many_arguments, reason = "the parts of one computation")]
fn run_batch(
    compute: &dyn Compute,
    dictionaries: &[Dictionary],
    batch: &Batch<'_>,
    settings: Settings,
    aggregates: &mut [ViewAggregate],
    fits: &mut [Fit],
    finished: &dyn Fn(View) -> bool,
    steps: &mut Steps<'_>,
) -> Result<()> {
    let cancel = steps.cancel;
    let (clean, patch) = (compute.trace(&batch.clean, cancel)?, compute.trace(&batch.patch, cancel)?);
    let mut views = Vec::new();
    for aggregate in aggregates {
        let Some(view) = batch.views.iter().find(|view| view.view == aggregate.view()) else { continue };
        let (from, to) = oriented(view.view, &clean, &patch);
        let clean_metrics = compute.metrics(from, &view.answers);
        aggregate.set_metrics(&view.examples, &clean_metrics, &compute.metrics(to, &view.answers));
        let gradients = match settings.method {
            Method::Attrib => compute.gradients(oriented(view.view, &batch.clean, &batch.patch).0, &view.answers, cancel)?,
            Method::Ig | Method::Exact => Vec::new(),
        };
        views.push(ViewWork { view, aggregate, clean_metrics, gradients });
    }
    for (ordinal, dictionary) in dictionaries.iter().enumerate() {
        let submodule = dictionary.submodule();
        let (clean_output, patch_output) = (clean.output(submodule), patch.output(submodule));
        let codes = compute.encode(dictionary, &[clean_output, patch_output], cancel)?;
        let decoder = DecoderRows::read(dictionary, codes.iter().flat_map(Codes::active), cancel)?;
        let error = |output: &Activation, codes: &Codes| {
            cancel.check().map(|()| reconstruction_error(dictionary, output, codes, &decoder))
        };
        let (clean_error, patch_error) = (error(clean_output, &codes[0])?, error(patch_output, &codes[1])?);
        fits[ordinal].add(clean_output, &clean_error, &codes[0]);
        fits[ordinal].add(patch_output, &patch_error, &codes[1]);
        if let Some(report) = fits[ordinal].report().filter(|_| steps.in_last_batch) {
            steps.observe(Step::Fitted(submodule, report))?;
        }
        let clean_side = Side { trace: &clean, codes: &codes[0], error: &clean_error };
        let patch_side = Side { trace: &patch, codes: &codes[1], error: &patch_error };
        for work in &mut views {
            steps.tell(submodule, work.view.view)?;
            let (from, to) = oriented(work.view.view, clean_side, patch_side);
            let effects = match settings.method {
                Method::Exact => {
                    let job = exact::Job { compute, submodule, answers: &work.view.answers, clean_metrics: &work.clean_metrics };
                    job.effects(from, to, &decoder, cancel)?
                }
                Method::Attrib => gradient::effects(&work.gradients[ordinal], submodule, from, to, &decoder),
                Method::Ig => {
                    let alphas: Vec<f32> = (0..settings.steps).map(|step| step as f32 / settings.steps as f32).collect();
                    let (patch, answers) = (to.trace.output(submodule), &work.view.answers);
                    let gradient = compute.path_gradient(from.trace, submodule, patch, &alphas, answers, cancel)?;
                    gradient::effects(&gradient, submodule, from, to, &decoder)
                }
            };
            work.aggregate.add(ordinal, &work.view.examples, batch.positions, &effects);
            steps.done += 1;
            if finished(work.view.view) {
                steps.observe(Step::Found(work.view.view, Box::new(work.aggregate.submodule(ordinal))))?;
            }
        }
    }
    Ok(())
}

struct ViewWork<'a> {
    view: &'a ViewBatch,
    aggregate: &'a mut ViewAggregate,
    clean_metrics: Vec<f32>,
    /// One per submodule for [`Method::Attrib`], else empty.
    gradients: Vec<Activation>,
}

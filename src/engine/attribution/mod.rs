//! Attribution patching over dictionary features: effects of every feature and error term on the logit difference.
//!
//! Integrated gradients and attribution patching follow Marks et al. 2024, "Sparse Feature Circuits" (arXiv:2403.19647).
//! Decoding is affine, so the interpolated activation is `x_clean + alpha (x_patch - x_clean)` and the gradient with respect to
//! the activation itself is all that is needed: `effect_j = (f_patch_j - f_clean_j) <g, W_dec_j>`,
//! `error effect = <g, e_patch - e_clean>`.
//!
//! A transcoder reads what the MLP reads, `u`, and writes the MLP's output: `x = sum_j f_j(u) W_dec_j + b + W_skip u + e`, with no
//! `W_skip` unless it has a skip connection. The gradient is that at the output, so the effect of a feature is the same formula. What
//! the skip connection writes is no feature; the error term holds it too, `error effect = <g, (e + W_skip u)_patch - (e + W_skip u)_clean>`,
//! and features and error term add up to `<g, x_patch - x_clean>` as they do for an autoencoder. The reconstruction that is measured
//! (explained variance) does hold the skip connection. After Dunefsky et al. 2024 (arXiv:2406.11944), Paulo et al. 2025
//! (arXiv:2501.18823).

mod aggregate;
mod batch;
mod detail;
mod exact;
mod gradient;
mod inner_gradient;
pub mod inside;
mod method;
mod pair_keeper;
mod per_feature;
mod prefix;
mod prepared;
mod sharing;
mod site;
mod stages;
#[cfg(test)]
pub mod testing;

use std::sync::Arc;

use rayon::prelude::*;

use crate::core::effects::ViewEffects;
use crate::core::problem::Result;
use crate::core::progress::{Observer, Progress, Step};
use crate::core::ranking::Ranked;
use crate::core::request::Settings;
use crate::core::submodule::Submodule;
use crate::core::view::{Direction, View};
use crate::engine::cancel::Cancel;
use crate::engine::compute::Compute;
use crate::engine::dataset::Example;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::{Change, DecoderRows};
use crate::engine::dictionary::report::Fit;
use crate::engine::memory::{Bounds, Memory};
use aggregate::ViewAggregate;
pub use batch::{Batch, ViewBatch, batches, prefixes};
use method::{Approach, EffectsOfViews};
pub use pair_keeper::LARGEST as MOST_PAIR_EFFECTS;
use prepared::Prepared;
use sharing::Sharing;
use site::Site;
pub use stages::{Stage, Stages};

/// Tokens after which a dictionary's fit is judged: of so many, the mean number of active features is known to some per cent.
const ENOUGH_TOKENS: usize = 256;

/// A view to be computed.
#[derive(Debug, Clone, Copy)]
pub struct ViewInput<'a> {
    /// The view that the effects belong to.
    pub view: View,
    /// The view's name in progress reports.
    pub name: &'a str,
    /// The view's data set. Views that name the same slice share it.
    pub examples: &'a [Example],
    /// Which prompt of a pair the view starts from.
    pub direction: Direction,
    /// Whether the examples are a shard of a data set: a feature without an effect in them may have one in the others.
    pub is_part: bool,
}

/// The effects at one token of one pair.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenEffects {
    /// Every feature whose activation differs at the token, ascending, with its effect.
    pub features: Vec<(Change, f32)>,
    /// The effect of the error term.
    pub error: f32,
    /// `<g, x_patch - x_clean>`, if the method has a gradient.
    pub gradient_dot_change: Option<f32>,
}

/// The model and the dictionaries that the attribution runs over.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    /// The model on its backend.
    pub compute: &'a dyn Compute,
    /// One dictionary for each submodule, in submodule order.
    pub dictionaries: &'a [Dictionary],
    /// What earlier computations with this model and these dictionaries left behind.
    pub memory: &'a Memory,
}

/// Computes `views`, in their order, without a memory.
///
/// # Errors
/// When a dictionary's file turns out to be damaged, or `cancel` is raised.
pub fn attribute(
    compute: &dyn Compute,
    dictionaries: &[Dictionary],
    views: &[ViewInput<'_>],
    settings: Settings,
    observer: Observer<'_>,
    cancel: &Cancel,
) -> Result<Vec<ViewEffects>> {
    let memory = Memory::new(Bounds::NONE);
    let model = Model { compute, dictionaries, memory: &memory };
    attribute_timed(model, views, settings, observer, cancel).map(|(views, _)| views)
}

/// Computes `views` as [`attribute`] does, using the model's memory, and says how long its parts took.
///
/// # Errors
/// Under the same conditions as [`attribute`].
pub fn attribute_timed(
    model: Model<'_>,
    views: &[ViewInput<'_>],
    settings: Settings,
    observer: Observer<'_>,
    cancel: &Cancel,
) -> Result<(Vec<ViewEffects>, Stages)> {
    model.memory.begin();
    let batches = batches(views, settings.batch);
    let dictionaries = model.dictionaries;
    let units = batches.iter().map(|batch| (batch.views.len() * dictionaries.len()) as u64).sum();
    let aggregate = |view: &ViewInput<'_>| ViewAggregate::new(view, dictionaries, settings.detail);
    let mut attribution = Attribution {
        model,
        views,
        settings,
        order: cheapest_first(dictionaries),
        aggregates: views.iter().map(aggregate).collect(),
        fits: vec![Fit::default(); dictionaries.len()],
        earlier: DecoderRows::default(),
        progress: Teller { observer, cancel, done: 0, units },
        stages: Stages::default(),
    };
    for (index, batch) in batches.iter().enumerate() {
        attribution.run_batch(batch, &batches[index + 1..])?;
    }
    drop(attribution.earlier);
    let finish = |aggregate: ViewAggregate| cancel.check().map(|()| aggregate.finish());
    let views = attribution.aggregates.into_par_iter().map(finish).collect::<Result<_>>()?;
    Ok((views, attribution.stages))
}

/// Ordinals of the submodules in the order in which they are computed: the fewer layers lie above a submodule, the sooner it is
/// done, so the first results appear early.
fn cheapest_first(dictionaries: &[Dictionary]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..dictionaries.len()).collect();
    let layers_below = |submodule: Submodule| if submodule == Submodule::EMBEDDING { 0 } else { submodule.layer.0 + 1 };
    order.sort_by_key(|ordinal| std::cmp::Reverse(layers_below(dictionaries[*ordinal].submodule())));
    order
}

/// Counts the work, reports progress and checks for cancellation.
struct Teller<'a> {
    observer: Observer<'a>,
    cancel: &'a Cancel,
    /// Units that are done; a unit is one view of one submodule of one batch.
    done: u64,
    /// All units.
    units: u64,
}

impl Teller<'_> {
    /// Reports that work on `submodule` begins, for the view `name` and those that are computed with it.
    fn begin(&mut self, submodule: Submodule, name: &str) -> Result<()> {
        self.tell(Step::Progress(Progress { stage: format!("{submodule}, {name}"), done: self.done, total: self.units }))
    }

    fn tell(&mut self, step: Step) -> Result<()> {
        (self.observer)(step);
        self.cancel.check()
    }
}

/// A study that is being computed: batch by batch, submodule by submodule, view by view.
struct Attribution<'a> {
    model: Model<'a>,
    views: &'a [ViewInput<'a>],
    settings: Settings,
    /// Ordinals of the submodules in the order in which they are computed.
    order: Vec<usize>,
    /// What each view found so far, in the order of `views`.
    aggregates: Vec<ViewAggregate>,
    /// How well each dictionary fits so far, in submodule order.
    fits: Vec<Fit>,
    /// Decoder rows of the submodule before, for their memory.
    earlier: DecoderRows,
    progress: Teller<'a>,
    stages: Stages,
}

impl Attribution<'_> {
    /// Runs the prompts of `batch`, then goes through the submodules; `later` are the batches that follow.
    fn run_batch(&mut self, batch: &Batch<'_>, later: &[Batch<'_>]) -> Result<()> {
        let sharing = Sharing { model: self.model, batch, cancel: self.progress.cancel };
        let (prepared, approach) = self.stages.time(Stage::Plain, || {
            let prepared = Prepared::new(sharing)?;
            let approach = Approach::prepare(&prepared.sharing, self.settings)?;
            Ok((prepared, approach))
        })?;
        for (view, metrics) in batch.views.iter().zip(&prepared.metrics) {
            self.aggregates[view.place].set_metrics(&view.examples, &metrics.clean, &metrics.patch);
        }
        for turn in 0..self.order.len() {
            self.run_submodule(&prepared, &approach, turn, later)?;
        }
        Ok(())
    }

    /// Encodes at submodule number `turn` of the order, then goes through the views.
    fn run_submodule(&mut self, prepared: &Prepared<'_>, approach: &Approach, turn: usize, later: &[Batch<'_>]) -> Result<()> {
        let (ordinal, next) = (self.order[turn], self.order[(turn + 1) % self.order.len()]);
        let dictionaries = self.model.dictionaries;
        let views = &prepared.sharing.batch.views;
        self.progress.begin(dictionaries[ordinal].submodule(), self.views[views[0].place].name)?;
        let earlier = std::mem::take(&mut self.earlier);
        let site = Site::open(prepared, ordinal, &dictionaries[next], earlier, &self.stages)?;
        let before = self.fits[ordinal].tokens();
        self.stages.time(Stage::Decode, || site.add_to(&mut self.fits[ordinal]));
        let is_enough = self.fits[ordinal].tokens() >= ENOUGH_TOKENS || later.is_empty();
        if before < ENOUGH_TOKENS
            && is_enough
            && let Some(report) = self.fits[ordinal].report()
        {
            self.progress.tell(Step::Measured(site.submodule, report))?;
        }
        if later.is_empty() {
            self.progress.tell(Step::Fitted(site.submodule, self.fits[ordinal].sums().clone()))?;
        }
        let effects = self.stages.time(Stage::Paths, || approach.at(&site))?;
        let places: Vec<usize> = (0..views.len()).collect();
        for places in places.chunks(approach.views_at_once(&site, views.len())) {
            self.run_views(&site, places, &effects, later)?;
        }
        drop(effects);
        self.earlier = site.decoder;
        Ok(())
    }

    /// Adds the effects at `site` of the views at `places` in the batch to their aggregates, each on a thread of its own.
    fn run_views(&mut self, site: &Site<'_>, places: &[usize], effects: &EffectsOfViews<'_>, later: &[Batch<'_>]) -> Result<()> {
        let mut of_views: Vec<Option<(&ViewBatch, Vec<TokenEffects>)>> = self.views.iter().map(|_| None).collect();
        let batch = &site.prepared.sharing.batch.views;
        if let Some(first) = places.first() {
            self.progress.begin(site.submodule, self.views[batch[*first].place].name)?;
        }
        for (place, effects) in places.iter().zip(self.stages.time(Stage::Effects, || effects(places))?) {
            let view = &batch[*place];
            of_views[view.place] = Some((view, effects));
            self.progress.done += 1;
        }
        let add = |(aggregate, of_view): (&mut ViewAggregate, Option<(&ViewBatch, Vec<TokenEffects>)>)| {
            let (view, effects) = of_view?;
            aggregate.add(site.ordinal, &view.examples, site.positions(), &effects);
            // A view's numbers are final at the last batch that asks about it.
            let is_final = !later.iter().flat_map(|batch| &batch.views).any(|later| later.place == view.place);
            is_final.then(|| Ranked::new(aggregate.submodule(site.ordinal)))
        };
        let found: Vec<Option<Ranked>> =
            self.stages.time(Stage::Effects, || self.aggregates.par_iter_mut().zip(of_views).with_max_len(1).map(add).collect());
        for (view, found) in self.views.iter().zip(found) {
            if let Some(found) = found {
                self.progress.tell(Step::Found(view.view, Arc::new(found)))?;
            }
        }
        Ok(())
    }
}

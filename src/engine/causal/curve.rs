//! Ablation of the strongest features, more and more of them, beside control sets of the same sizes.

use super::ablation::{Told, ablate};
use super::elsewhere::{WhyNot, or_why};
use super::neutral::Corpus;
use super::plain::Plain;
use super::side_effects::{damage, plain_of};
use crate::core::causal::controls::Sampler;
use crate::core::causal::curve::{Curve, Rung};
use crate::core::causal::scores::{Ablation, Scores};
use crate::core::causal::set::{FeatureSet, Member, Part};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::Result;
use crate::core::progress::Progress;
use crate::core::submodule::FeatureId;
use crate::engine::cancel::Cancel;

/// What a curve is made of.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// The features, the strongest first.
    pub strongest: &'a [FeatureId],
    /// Sizes of the sets, ascending, at least one and none above the number of features.
    pub sizes: &'a [usize],
    /// Every feature with an effect, with its effect: what sets are drawn from.
    pub pool: &'a [(FeatureId, f32)],
    /// Number of control sets of each size and sampler.
    pub controls: usize,
    /// The seed of the controls.
    pub seed: u64,
    /// Texts on which the damage of the strongest features is measured.
    pub texts: &'a Texts<'a>,
    /// Whether the damage of the control sets is measured there, too: it takes most of the time then.
    pub damage_of_controls: bool,
}

/// Texts on which a curve measures damage.
pub enum Texts<'a> {
    /// Nobody asked for them.
    None,
    /// Their plain runs.
    Plain(Plain<'a>),
    /// Why there are none.
    Unmeasured(WhyNot),
}

impl<'a> Texts<'a> {
    /// The plain runs of `corpus` in the model of `plain`; the curve of the pairs stands without them.
    ///
    /// # Errors
    /// When `cancel` is raised.
    pub fn of(plain: &Plain<'a>, corpus: std::result::Result<&Corpus, &str>, cancel: &Cancel) -> Result<Self> {
        let texts = match corpus {
            Ok(corpus) => or_why(plain_of(plain.compute, plain.dictionaries, &corpus.tokens, cancel))?,
            Err(why) => Err(WhyNot { why: why.to_owned(), may_pass: false }),
        };
        Ok(texts.map_or_else(Self::Unmeasured, Self::Plain))
    }
}

impl Plan<'_> {
    /// The set of the `size` strongest features, then the control sets of that size of each sampler.
    fn sets(&self, size: usize) -> Vec<FeatureSet> {
        let set = |name: &str, features: &[FeatureId]| {
            let members = features.iter().copied().map(Member::Feature).collect();
            FeatureSet { name: name.to_owned(), members }
        };
        let controls = Sampler::ALL.into_iter().flat_map(|sampler| {
            let drawn = sampler.draw(self.pool, size, self.controls, self.seed);
            drawn.into_iter().map(move |features| set(sampler.name(), &features))
        });
        std::iter::once(set("the strongest", &self.strongest[..size])).chain(controls).collect()
    }
}

/// The curve at the sizes of `wanted`. `found` hears of what is there after each size. Where the damage cannot be measured, the curve says
/// why, and goes on without it.
///
/// # Errors
/// When the dictionaries lack a feature, a metric is not finite, or `cancel` is raised.
///
/// # Panics
/// If there is no size, or one above the number of features: a fault of the caller.
pub fn curve(
    plain: &Plain<'_>,
    wanted: &Plan<'_>,
    (way, error): (Way, ErrorTreatment),
    told: Told<'_>,
    found: &mut dyn FnMut(&Curve),
    cancel: &Cancel,
) -> Result<Curve> {
    let mut so_far: Option<Curve> = None;
    let (mut texts, mut why_not) = match wanted.texts {
        Texts::None => (None, None),
        Texts::Plain(texts) => (Some(texts), None),
        Texts::Unmeasured(why) => (None, Some(why.clone())),
    };
    // Neutral text takes about as long again as the pairs if all sets are measured on it, else no time.
    let halves = if texts.is_some() && wanted.damage_of_controls { 2 } else { 1 };
    let sizes = wanted.sizes.len() as u64;
    for (place, size) in wanted.sizes.iter().copied().enumerate() {
        let sets = wanted.sets(size);
        // Every size has about as many runs.
        let mut tell = |half: u64, Progress { done, total, .. }: Progress| {
            let before = (halves * place as u64 + half) * total;
            told(Progress { stage: format!("sets of {size}"), done: before + done, total: halves * sizes * total });
        };
        let mut ablation = ablate(plain, &sets, way, error, &mut |progress| tell(0, progress), cancel)?;
        let damage = match texts {
            None => Vec::new(),
            Some(read) => {
                let sets = if wanted.damage_of_controls { &sets[..] } else { &sets[..1] };
                let edits: Vec<Vec<Part>> = sets.iter().map(|set| set.parts(&plain.sizes())).collect::<Result<_>>()?;
                let told = &mut |progress| {
                    if halves == 2 {
                        tell(1, progress);
                    }
                };
                or_why(damage(plain, read, &edits, (way, error), told, cancel))?.unwrap_or_else(|why| {
                    (texts, why_not) = (None, Some(why));
                    Vec::new()
                })
            }
        };
        let rung = Rung::new(size, &ablation, &damage, wanted.controls);
        ablation.sets.clear();
        let curve = so_far.get_or_insert_with(|| beginning(wanted, &ablation));
        curve.rungs.push(rung);
        if let Some(WhyNot { why, may_pass }) = &why_not {
            (curve.unmeasured, curve.broken_off) = (Some(why.clone()), *may_pass);
        }
        found(curve);
    }
    Ok(so_far.unwrap_or_else(|| unreachable!("there is a size")))
}

/// The curve before its first size; `ends` has nothing and everything ablated.
fn beginning(wanted: &Plan<'_>, ends: &Ablation) -> Curve {
    let Scores { all, empty, span, bias, .. } = Scores::of(ends);
    let Plan { pool, controls, seed, .. } = *wanted;
    Curve {
        way: ends.way,
        error: ends.error,
        all,
        empty,
        span,
        bias,
        pool: pool.len(),
        controls,
        seed,
        unmeasured: None,
        broken_off: false,
        rungs: Vec::new(),
    }
}

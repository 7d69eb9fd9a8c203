//! A check from its request to its result, on the model that the explorer has open.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::ablation::ablate;
use super::approximation::compare;
use super::continuation::Writing;
use super::curve::{self, Texts, curve};
use super::each::each;
use super::edges::edges;
use super::elsewhere::Around;
use super::neutral;
use super::plain::{Pair, Plain, Sides};
use super::recorded::expect_model_of;
use super::search::search;
use super::steered::{Plan, steered};
use crate::core::causal::approximation::{Approximation, quadrature};
use crate::core::causal::check::{Done, Found, News, Request, What};
use crate::core::causal::circuit::Circuit;
use crate::core::causal::curve::{Curve, ladder};
use crate::core::causal::each::Each;
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::causal::scores::Scores;
use crate::core::causal::search::Search;
use crate::core::causal::set::{FeatureSet, Member};
use crate::core::causal::steering::{Positions, Steered};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::request::ModelSource;
use crate::core::submodule::FeatureId;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::loaded::Loaded;
use crate::engine::threads::Threads;

/// Features that are ablated one by one between two partial results.
const AT_ONCE: usize = 8;

/// The coefficients of a dose curve.
const COEFFICIENTS: [f32; 13] = [-40.0, -30.0, -20.0, -10.0, -5.0, -2.0, 0.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0];

/// The coefficients under which prompts are continued.
const CONTINUED: [f32; 2] = [-20.0, 20.0];

/// The continuations: few and short, to be read side by side.
const WRITING: Writing = Writing { prompts: 3, tokens: 8, samples: 0, temperature: 1.0, top_p: 1.0, seed: 12 };

/// Why there are no side effects of a check that ends before they are measured.
const STOPPED: &str = "the check was stopped before; the same check, asked for again, measures them";

/// Hears the news of a check.
type Tell<'a> = &'a mut (dyn FnMut(News) + Send);

/// Does what `request` asks for with the model `source`, which `cache` may hold.
///
/// # Errors
/// When the model cannot be opened or is not the run's, a feature is not in its dictionaries, a number is not finite, a file changes
/// meanwhile, or `cancel` is raised. After [`News::Main`] only the last of these is an error.
pub fn check(request: &Request, source: &ModelSource, cache: &Cache, tell: Tell<'_>, cancel: &Cancel) -> Result<Arc<Done>> {
    Threads::new(request.threads)?.run(|| {
        tell(stage("opening the model"));
        let loaded = cache.loaded(source, request.backend, cancel)?;
        expect_model_of(&request.manifest, &loaded, cancel)?;
        tell(stage("plain runs"));
        let manifest = &request.manifest;
        let view = manifest.study.named(request.check.view.as_str())?;
        let pairs = Pair::of_run(manifest, view);
        let plain = Plain::new(loaded.compute.as_ref(), &loaded.dictionaries, &pairs, sides(&request.check.what), cancel)?;
        let found = found(&plain, &loaded, request, tell, cancel);
        // Bytes that changed meanwhile may be the reason of a failure, too.
        if let Err(problem) = loaded.expect_unchanged(cancel) {
            if !problem.is_cancelled() {
                tell(News::Withdrawn);
            }
            return Err(problem);
        }
        let what = &request.check.what;
        let done = Done { check: request.check.clone(), found: found?, elsewhere: None, whole: true };
        if !what.has_side_effects() {
            return Ok(Arc::new(done));
        }
        let broken_off = |why: &str| Some(Elsewhere::broken_off(what.way_elsewhere(), why));
        tell(News::Main(Arc::new(Done { elsewhere: broken_off(STOPPED), ..done.clone() })));
        let around = Around::of_run(&loaded, manifest, view);
        let elsewhere = elsewhere(&plain, &around, (what, &done.found), tell, cancel)?;
        let elsewhere = match loaded.expect_unchanged(cancel) {
            Err(problem) if problem.is_cancelled() => return Err(problem),
            // What was found before was found of unchanged files.
            Err(problem) => broken_off(&problem.to_string()),
            Ok(()) => elsewhere,
        };
        Ok(Arc::new(Done { elsewhere, ..done }))
    })
}

/// What the edits of a check do elsewhere; None of checks that say it themselves, or edit nothing.
fn elsewhere(
    plain: &Plain<'_>,
    around: &Around,
    (what, found): (&What, &Found),
    tell: Tell<'_>,
    cancel: &Cancel,
) -> Result<Option<Elsewhere>> {
    let told = &mut |progress| tell(News::Progress(progress));
    match what {
        What::Set { features, way, error } => {
            let sets = [of_the_list(features.iter().copied().map(Member::Feature).collect())];
            around.ablated(plain, &sets, (*way, *error), told, cancel).map(Some)
        }
        What::Members { members, way, error } => {
            around.ablated(plain, &[of_the_list(members.clone())], (*way, *error), told, cancel).map(Some)
        }
        What::Sets { sets, way, error, .. } => around.ablated(plain, sets, (*way, *error), told, cancel).map(Some),
        What::Each { features, error } => {
            let sets: Vec<FeatureSet> = features.iter().map(|feature| of_the_list(vec![Member::Feature(*feature)])).collect();
            around.ablated(plain, &sets, (Way::Zero, *error), told, cancel).map(Some)
        }
        What::Steering { feature, positions } => {
            around.steered(plain, *feature, &COEFFICIENTS, *positions, told, cancel).map(Some)
        }
        What::Search { way, error, .. } => {
            let Found::Search(found) = found else { return Ok(None) };
            let subset = |features: Vec<FeatureId>| of_the_list(features.into_iter().map(Member::Feature).collect());
            let sets: Vec<FeatureSet> = found.chosen().into_iter().map(|(_, features)| subset(features)).collect();
            around.ablated(plain, &sets, (*way, *error), told, cancel).map(Some)
        }
        What::Curve { .. } | What::Circuit { .. } | What::Methods { .. } => Ok(None),
    }
}

/// The set that nobody has named.
fn of_the_list(members: Vec<Member>) -> FeatureSet {
    FeatureSet { name: "the list".to_owned(), members }
}

fn stage(stage: &str) -> News {
    News::Progress(Progress { stage: stage.to_owned(), done: 0, total: 0 })
}

fn sides(what: &What) -> Sides {
    match what {
        What::Set { way, .. }
        | What::Members { way, .. }
        | What::Sets { way, .. }
        | What::Search { way, .. }
        | What::Curve { way, .. } => Sides::of(*way),
        _ => Sides::Both,
    }
}

fn found(plain: &Plain<'_>, loaded: &Loaded, request: &Request, tell: Tell<'_>, cancel: &Cancel) -> Result<Found> {
    match &request.check.what {
        What::Set { features, way, error } => {
            together(plain, &[of_the_list(features.iter().copied().map(Member::Feature).collect())], (*way, *error), tell, cancel)
        }
        What::Members { members, way, error } => together(plain, &[of_the_list(members.clone())], (*way, *error), tell, cancel),
        What::Sets { sets, way, error, .. } => together(plain, sets, (*way, *error), tell, cancel),
        What::Search { features, way, error } => {
            let all: Vec<FeatureId> = features.iter().copied().collect();
            let tell = RefCell::new(tell);
            let told = &mut |progress| (tell.borrow_mut())(News::Progress(progress));
            let so_far = &mut |found: &Search| (tell.borrow_mut())(News::Partial(Box::new(Found::Search(found.clone()))));
            search(plain, &all, *way, *error, told, so_far, cancel).map(Found::Search)
        }
        What::Each { features, error } => one_by_one(plain, features, *error, tell, cancel).map(Found::Each),
        What::Circuit { features } => {
            let all: Vec<FeatureId> = features.iter().copied().collect();
            let edges = edges(plain, &all, &mut |progress| tell(News::Progress(progress)), cancel)?;
            Ok(Found::Circuit(Circuit { examples: plain.pairs, features: features.clone(), edges }))
        }
        What::Curve { strongest, way, error, controls, seed } => {
            let sizes = ladder(strongest.len());
            let (controls, seed) = (*controls, *seed);
            let corpus = way.why_not_on_text().map_or_else(|| neutral::own(loaded, request.manifest.model.bos), Err);
            let (texts, pool) = (&Texts::of(plain, corpus.as_ref().map_err(String::as_str), cancel)?, &request.pool);
            let wanted = curve::Plan { strongest, sizes: &sizes, pool, controls, seed, texts, damage_of_controls: false };
            let tell = RefCell::new(tell);
            let told = &mut |progress| (tell.borrow_mut())(News::Progress(progress));
            let so_far = &mut |found: &Curve| (tell.borrow_mut())(News::Partial(Box::new(Found::Curve(found.clone()))));
            curve(plain, &wanted, (*way, *error), told, so_far, cancel).map(Found::Curve)
        }
        What::Methods { features } => {
            let all: Vec<FeatureId> = features.iter().copied().collect();
            let tell = RefCell::new(tell);
            let told = &mut |progress| (tell.borrow_mut())(News::Progress(progress));
            let so_far = &mut |found: &Approximation| (tell.borrow_mut())(News::Partial(Box::new(Found::Methods(found.clone()))));
            compare(plain, &all, quadrature(&request.manifest), told, so_far, cancel).map(Found::Methods)
        }
        What::Steering { feature, positions } => {
            let asked = plan(*feature, *positions).fitted(plain);
            // Both closures tell, one after the other.
            let tell = RefCell::new(tell);
            let told = &mut |progress| (tell.borrow_mut())(News::Progress(progress));
            let so_far = &mut |found: &Steered| (tell.borrow_mut())(News::Partial(Box::new(Found::Steering(found.clone()))));
            steered(plain, loaded.tokenizer.as_ref(), &asked, told, so_far, cancel).map(Found::Steering)
        }
    }
}

/// Ablates each of `sets`, and everything outside it.
fn together(
    plain: &Plain<'_>,
    sets: &[FeatureSet],
    how: (Way, ErrorTreatment),
    tell: Tell<'_>,
    cancel: &Cancel,
) -> Result<Found> {
    let told = &mut |progress| tell(News::Progress(progress));
    let ablation = ablate(plain, sets, how.0, how.1, told, cancel)?;
    let scores = Scores::of(&ablation);
    Ok(Found::Set(ablation, scores))
}

fn plan(feature: FeatureId, positions: Positions) -> Plan {
    let (coefficients, continued) = (COEFFICIENTS.to_vec(), CONTINUED.to_vec());
    Plan { feature, positions, coefficients, continued, writing: WRITING, scans: true, shortened: None }
}

/// Ablates features one by one, and tells what was found after every few of them.
fn one_by_one(
    plain: &Plain<'_>,
    features: &BTreeSet<FeatureId>,
    error: ErrorTreatment,
    tell: Tell<'_>,
    cancel: &Cancel,
) -> Result<Each> {
    let all: Vec<FeatureId> = features.iter().copied().collect();
    let mut so_far: Option<Each> = None;
    for (done, some) in all.chunks(AT_ONCE).enumerate() {
        let progress = Progress { stage: "single features".to_owned(), done: (done * AT_ONCE) as u64, total: all.len() as u64 };
        tell(News::Progress(progress));
        let found = each(plain, some, error, &mut |_| {}, cancel)?;
        match &mut so_far {
            Some(so_far) => so_far.features.extend(found.features),
            None => so_far = Some(found),
        }
        if let Some(so_far) = &so_far {
            tell(News::Partial(Box::new(Found::Each(so_far.clone()))));
        }
    }
    so_far.ok_or_else(|| Problem::new("ablation", "no feature is named", "list or mark some"))
}

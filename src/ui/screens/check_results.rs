//! Made-up results of causal checks, which the tests of their screens show.

use std::collections::BTreeSet;

use crate::core::causal::approximation::{Approximation, Effects};
use crate::core::causal::check::{Check, Found, What};
use crate::core::causal::circuit::Circuit;
use crate::core::causal::curve::{Curve, Rung, ladder};
use crate::core::causal::each::{Each, Single};
use crate::core::causal::edges::Edge;
use crate::core::causal::elsewhere::{Elsewhere, Neutral, Other};
use crate::core::causal::scores::{AblatedSet, Ablation, Scores, denominator_of, removed_bias, resamples, score_of};
use crate::core::causal::search::{MOST_EXHAUSTIVE, Search, Subset};
use crate::core::causal::set::{FeatureSet, Member};
use crate::core::causal::side_effects::{Damage, NEUTRAL, TextSums};
use crate::core::causal::steering::{Continuation, Dose, Flip, Flips, Mode, Positions, Steered, Written};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::quadrature::Quadrature;
use crate::core::submodule::{FeatureId, Submodule};
use crate::ui::testing::EXAMPLES;

/// The metric of each pair with nothing ablated.
const ALL: [f32; EXAMPLES] = [-2.0, -1.5, -1.0, -3.0];

/// The result of a check, the same numbers for every feature but the first, which does more.
pub fn found(check: &Check) -> Found {
    let less = |share: f32| ALL.map(|metric| metric * (1.0 - share) + 0.01 * metric * metric).to_vec();
    match &check.what {
        What::Members { members, way, error } => {
            let ablation =
                Ablation { way: *way, error: *error, all: vec![-2.0; EXAMPLES], empty: vec![0.0; EXAMPLES], sets: Vec::new() };
            let set = AblatedSet {
                name: "the list".to_owned(),
                members: members.clone(),
                kept: vec![-0.5; EXAMPLES],
                removed: vec![-1.0; EXAMPLES],
            };
            let ablation = Ablation { sets: vec![set], ..ablation };
            let scores = Scores::of(&ablation);
            Found::Set(ablation, scores)
        }
        What::Sets { sets, way, error, .. } => {
            let ablated = |(place, set): (usize, &FeatureSet)| AblatedSet {
                name: set.name.clone(),
                members: set.members.clone(),
                kept: less(0.9),
                removed: less(0.2 + 0.1 * place as f32),
            };
            let (all, sets) = (ALL.to_vec(), sets.iter().enumerate().map(ablated).collect());
            let ablation = Ablation { way: *way, error: *error, all, empty: vec![0.1; EXAMPLES], sets };
            let scores = Scores::of(&ablation);
            Found::Set(ablation, scores)
        }
        What::Search { features, way, error } => Found::Search(search(features, (*way, *error))),
        What::Set { features, way, error } => {
            let members = features.iter().copied().map(Member::Feature).collect();
            let ablated = AblatedSet { name: "the list".to_owned(), members, kept: less(0.9), removed: less(0.2) };
            let ablation =
                Ablation { way: *way, error: *error, all: ALL.to_vec(), empty: vec![0.1; EXAMPLES], sets: vec![ablated] };
            let scores = Scores::of(&ablation);
            Found::Set(ablation, scores)
        }
        What::Each { features, error } => Found::Each(Each::new(*error, &ALL, singles(features))),
        What::Curve { strongest, way, error, controls, .. } => Found::Curve(curve(strongest.len(), (*way, *error), *controls)),
        What::Circuit { features } => Found::Circuit(circuit(features)),
        What::Methods { features } => Found::Methods(methods(features)),
        What::Steering { feature, positions } => Found::Steering(steered(*feature, *positions)),
    }
}

/// Two steps, and of few features the first of them as the best subset.
fn search(features: &BTreeSet<FeatureId>, (way, error): (Way, ErrorTreatment)) -> Search {
    let features: Vec<FeatureId> = features.iter().copied().collect();
    let bias = |share: f32| removed_bias(&ALL, &ALL.map(|metric| metric * (1.0 - share)), &resamples(EXAMPLES));
    let greedy = features.iter().take(2).zip([bias(0.3), bias(0.5)]).map(|(feature, bias)| (*feature, bias)).collect();
    let subset = Subset { features: features[..1].to_vec(), bias: bias(0.3), left: None };
    let exhaustive = (features.len() <= MOST_EXHAUSTIVE).then_some(subset);
    Search { way, error, examples: EXAMPLES, all: denominator_of(&ALL), features, greedy, left: Vec::new(), exhaustive }
}

/// Every size removes more, and its controls a little.
fn curve(features: usize, (way, error): (Way, ErrorTreatment), controls: usize) -> Curve {
    let (all, empty) = (ALL.to_vec(), vec![0.1; EXAMPLES]);
    let ablation = |sets| Ablation { way, error, all: all.clone(), empty: empty.clone(), sets };
    let rung = |size: usize| {
        let set = |place: usize| {
            let share = if place == 0 { 1.0 - 1.0 / (1 + size) as f32 } else { 0.1 - 0.2 * (place % 7) as f32 / 7.0 };
            let removed = ALL.map(|metric| metric * (1.0 - share) + 0.05 * metric * metric * share).to_vec();
            let kept = ALL.map(|metric| metric * share).to_vec();
            AblatedSet { name: String::new(), members: Vec::new(), kept, removed }
        };
        Rung::new(size, &ablation((0..=2 * controls).map(set).collect()), &[], controls)
    };
    let Scores { all: whole, empty: nothing, span, bias, .. } = Scores::of(&ablation(Vec::new()));
    let rungs = ladder(features).into_iter().map(rung).collect();
    Curve {
        way,
        error,
        all: whole,
        empty: nothing,
        span,
        bias,
        pool: 3000,
        controls,
        seed: 12,
        unmeasured: Some("there is none".to_owned()),
        broken_off: false,
        rungs,
    }
}

/// Every feature moves all that come after it, by less each time.
fn circuit(features: &BTreeSet<FeatureId>) -> Circuit {
    let all: Vec<FeatureId> = features.iter().copied().collect();
    let edge = |upstream: usize, downstream: usize| {
        let weight = 0.9 / (1 + upstream + downstream) as f64;
        let (upstream, downstream) = (all[upstream], all[downstream]);
        Edge { upstream, downstream, weight, measured: weight / 3.0, direct: None, silent: 0 }
    };
    let edges = (0..all.len()).flat_map(|downstream| (0..downstream).map(move |upstream| (upstream, downstream)));
    Circuit {
        examples: EXAMPLES,
        features: features.clone(),
        edges: edges.map(|(upstream, downstream)| edge(upstream, downstream)).collect(),
    }
}

/// Every feature does less than the one before it, ig says more of it, and attrib is right except for a third of them.
fn methods(features: &BTreeSet<FeatureId>) -> Approximation {
    let effects = |place: usize| {
        let exact = if place.is_multiple_of(2) { 1.0 } else { -0.5 } / (place + 1) as f64;
        Effects { ig: 1.25 * exact + 0.05, attrib: if place.is_multiple_of(3) { -0.1 } else { exact }, exact }
    };
    let errors = Submodule::all(6).into_iter().enumerate().map(|(place, submodule)| (submodule, effects(place))).collect();
    let features = features.iter().enumerate().map(|(place, feature)| (*feature, effects(place))).collect();
    Approximation { examples: EXAMPLES, quadrature: Quadrature::riemann(10), features, errors }
}

fn singles(features: &BTreeSet<FeatureId>) -> Vec<Single> {
    let draws = resamples(EXAMPLES);
    let share = |share: f32| removed_bias(&ALL, &ALL.map(|metric| metric * (1.0 - share)), &draws);
    let single = |(place, feature): (usize, &FeatureId)| {
        let strength = 0.3 / (place + 1) as f32;
        Single {
            feature: *feature,
            on_clean: EXAMPLES,
            on_patch: place % 5,
            zero: share(strength),
            resample: share(-strength),
            left: None,
        }
    };
    features.iter().enumerate().map(single).collect()
}

fn steered(feature: FeatureId, positions: Positions) -> Steered {
    let coefficients = [-20.0_f32, -10.0, 0.0, 10.0, 20.0];
    let metrics = |coefficient: f32| ALL.map(|metric| metric + 0.2 * coefficient).to_vec();
    let dose = |coefficient: &f32| Dose {
        coefficient: *coefficient,
        metrics: metrics(*coefficient),
        clean: vec![0.4 - 0.01 * f64::from(*coefficient); EXAMPLES],
        patch: vec![0.2 + 0.005 * f64::from(*coefficient); EXAMPLES],
    };
    let doses: Vec<Dose> = coefficients.iter().map(dose).collect();
    let draws = resamples(EXAMPLES);
    let written = |(coefficient, mode): (f32, Mode)| {
        let continuation =
            Continuation { coefficient, mode, greedy: vec![vec![1]; 2], smallest_gap: vec![0.5; 2], sampled: Vec::new() };
        let text = |prompt: &str| format!("{prompt} goes\u{1b}[2J on {coefficient}");
        Written { continuation, greedy: vec![text(" she"), text(" he")], sampled: Vec::new() }
    };
    let modes = [-20.0, 20.0].into_iter().flat_map(|coefficient| Mode::ALL.map(|mode| (coefficient, mode)));
    let flip = Some(Flip { coefficient: 9.5, before: -0.1, at: 0.1 });
    Steered {
        feature,
        positions,
        decoder_norm: 1.0,
        is_scaled: false,
        activations: [Some(0.5), None],
        unsteered: Some(-1.0),
        unsteered_error: Some(0.1),
        metrics: doses.iter().map(|dose| score_of(&dose.metrics, &draws)).collect(),
        doses,
        shortened: None,
        flips: Some([Flips { per_example: vec![flip; EXAMPLES], mean: flip, ended: None }, Flips::none(EXAMPLES)]),
        written: std::iter::once((0.0, Mode::All)).chain(modes).map(written).collect(),
    }
}

/// Side effects of each edit, the larger the later it stands.
pub fn elsewhere(found: &Found) -> Option<Elsewhere> {
    let way = match found {
        Found::Set(ablation, _) => Some(ablation.way),
        Found::Search(found) => Some(found.way),
        Found::Each(_) => Some(Way::Zero),
        _ => None,
    };
    let edits = match found {
        Found::Set(ablation, _) => ablation.sets.len(),
        Found::Search(found) => found.chosen().len(),
        Found::Each(found) => found.features.len(),
        Found::Steering(found) => found.doses.len(),
        Found::Curve(_) | Found::Circuit(_) | Found::Methods(_) => return None,
    };
    let all = [-2.0, -1.0, -1.5];
    let sums = |edit: usize| {
        let divergence = 0.001 * edit as f64;
        TextSums { tokens: 10, loss_before: 20.0, loss_after: 20.0 + divergence, divergence }
    };
    let damage = (0..edits).map(|edit| Damage::of(&[sums(edit), sums(edit + 1)], &resamples(2))).collect();
    let bias = |edit: usize| removed_bias(&all, &all.map(|metric| metric + 0.01 * edit as f32), &resamples(3));
    let other = |name: &str| Other {
        name: name.to_owned(),
        examples: 3,
        dropped: 0,
        all: denominator_of(&all),
        bias: (0..edits).map(bias).collect(),
    };
    let text = Neutral::Measured(NEUTRAL.to_owned(), damage);
    Some(Elsewhere::new(way, text, vec![other("female"), other("baseline")]))
}

//! Checks are read as they were written, and those of another run are not.

use std::collections::BTreeSet;

use super::*;
use crate::core::causal::approximation::{Approximation, Effects};
use crate::core::causal::check::{Check, Found, What};
use crate::core::causal::circuit::Circuit;
use crate::core::causal::curve::{Curve, Rung};
use crate::core::causal::each::{Each, Single};
use crate::core::causal::edges::Edge;
use crate::core::causal::elsewhere::{Elsewhere, Neutral, Other, Unmeasured};
use crate::core::causal::scores::{AblatedSet, Ablation, Scores, denominator_of, removed_bias, resamples};
use crate::core::causal::search::{Search, Subset};
use crate::core::causal::set::{FeatureSet, Member};
use crate::core::causal::side_effects::{Damage, TextSums};
use crate::core::causal::steering::{Continuation, Dose, Flip, Flips, Mode, Positions, Steered, Written};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::name::Name;
use crate::core::quadrature::Quadrature;
use crate::core::submodule::FeatureId;

fn features(names: &[&str]) -> BTreeSet<FeatureId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn done(what: What, found: Found) -> Done {
    let sums = TextSums { tokens: 3, loss_before: 1.0, loss_after: 1.1, divergence: 1.0 / 3.0 };
    let damage = Damage::of(&[sums; 2], &resamples(2));
    let (all, removed) = ([1.0, 0.3, 0.1], [0.7, 0.2, 0.0]);
    let bias = vec![removed_bias(&all, &removed, &resamples(3))];
    let other = Other { name: "fe\u{1b}male".to_owned(), examples: 3, dropped: 2, all: denominator_of(&all), bias };
    let elsewhere = match what {
        What::Set { .. } => {
            Some(Elsewhere::new(Some(Way::MeanAll), Neutral::Measured("text".to_owned(), vec![damage]), vec![other]))
        }
        What::Each { .. } => {
            let unmeasured = vec![Unmeasured { name: "short".to_owned(), why: "it is short".to_owned() }];
            Some(Elsewhere { unmeasured, ..Elsewhere::broken_off(None, "stopped") })
        }
        _ => None,
    };
    Done { check: Check { view: Name::new("male").unwrap(), what }, found, elsewhere, whole: true }
}

/// One check of each kind, over four examples, with numbers that have no short decimal form.
fn all() -> Vec<Done> {
    let third = |number: f32| number / 3.0;
    let all: Vec<f32> = [4.0, 2.0, 1.0, 5.0].map(third).to_vec();
    let (way, error) = (Way::MeanPositionPatch, ErrorTreatment::CleanTouched);
    let set = features(&["resid_1/5", "attn_0/2"]);
    let members = set.iter().copied().map(Member::Feature).collect();
    let ablated = AblatedSet { name: "the list".to_owned(), members, kept: vec![0.1; 4], removed: vec![0.7, 0.2, 0.0, -0.3] };
    let ablation = Ablation { way, error, all: all.clone(), empty: vec![0.0; 4], sets: vec![ablated.clone()] };
    let scores = Scores::of(&ablation);
    let sets = vec![ablated; 3];
    let rung = Rung::new(1, &Ablation { sets, ..ablation.clone() }, &[], 1);
    let Scores { all: whole, empty, span, bias, .. } = scores.clone();
    let curve = Curve {
        way,
        error,
        all: whole,
        empty,
        span,
        bias,
        pool: 7,
        controls: 1,
        seed: 12,
        unmeasured: Some("x".to_owned()),
        broken_off: false,
        rungs: vec![rung],
    };
    let draws = resamples(4);
    let share = |removed: f32| removed_bias(&all, &[removed; 4], &draws);
    let feature = *set.first().unwrap();
    let single = Single { feature, on_clean: 3, on_patch: 4, zero: share(0.1), resample: share(-0.2), left: None };
    let each = Each::new(ErrorTreatment::Recomputed, &all, vec![single]);
    let flip = Flip { coefficient: -2.5, before: 0.1, at: -1.0 / 3.0 };
    let continuation = Continuation {
        coefficient: -20.0,
        mode: Mode::AllButLast,
        greedy: vec![vec![1, 2]],
        smallest_gap: vec![0.1],
        sampled: vec![vec![vec![3]]],
    };
    let steered = Steered {
        feature,
        positions: Positions::At(1),
        decoder_norm: 1.0 / 3.0,
        is_scaled: true,
        activations: [None, Some(0.1)],
        unsteered: Some(1.0 / 3.0),
        unsteered_error: Some(0.1),
        doses: vec![Dose { coefficient: 0.1, metrics: all.clone(), clean: vec![0.1; 4], patch: vec![0.2; 4] }],
        metrics: vec![share(0.3)],
        shortened: None,
        flips: Some([
            Flips::none(4),
            Flips { per_example: vec![None, Some(flip), None, None], mean: Some(flip), ended: Some(-7.5) },
        ]),
        written: vec![Written { continuation, greedy: vec!["a\u{1b}".to_owned()], sampled: vec![vec!["b".to_owned()]] }],
    };
    let edge =
        Edge { upstream: feature, downstream: feature, weight: 1.0 / 3.0, measured: -0.1, direct: Some([0.1, 0.7]), silent: 2 };
    let effects = Effects { ig: 1.0 / 3.0, attrib: -0.1, exact: 0.7 };
    let errors = vec![("resid_1".parse().unwrap(), effects)];
    let methods = Approximation { examples: 4, quadrature: Quadrature::riemann(10), features: vec![(feature, effects)], errors };
    let search = Search {
        way,
        error,
        examples: 4,
        all: denominator_of(&all),
        features: vec![feature],
        greedy: vec![(feature, share(0.1))],
        left: Vec::new(),
        exhaustive: Some(Subset { features: vec![feature], bias: share(0.1), left: None }),
    };
    let named =
        FeatureSet { name: "a\u{1b}".to_owned(), members: ["attn", "layer_0+"].map(|name| name.parse().unwrap()).to_vec() };
    vec![
        done(What::Set { features: set.clone(), way, error }, Found::Set(ablation.clone(), scores.clone())),
        done(What::Each { features: set.clone(), error }, Found::Each(each)),
        done(
            What::Sets { file: "a.json".to_owned(), sets: vec![named], way, error },
            Found::Set(ablation.clone(), scores.clone()),
        ),
        done(What::Search { features: set.clone(), way, error }, Found::Search(search)),
        done(What::Curve { strongest: vec![feature], way, error, controls: 1, seed: 12 }, Found::Curve(curve)),
        done(What::Circuit { features: set.clone() }, Found::Circuit(Circuit { examples: 4, features: set, edges: vec![edge] })),
        done(What::Methods { features: BTreeSet::from([feature]) }, Found::Methods(methods)),
        done(What::Steering { feature, positions: Positions::At(1) }, Found::Steering(steered)),
    ]
}

/// Four examples of the view male, and no other view.
fn examples(view: Name) -> Option<usize> {
    (view.as_str() == "male").then_some(4)
}

#[test]
fn checks_come_back_as_they_were_written() {
    let text = to_json(&all(), "abc", usize::MAX).unwrap();
    assert_eq!(from_json(&text, "checks", "abc", examples).unwrap(), all());
    assert_eq!(from_json(&to_json(&[], "abc", 1000).unwrap(), "checks", "abc", examples).unwrap(), []);
}

/// Earlier versions did not keep side effects, or knew less of them.
#[test]
fn what_earlier_versions_kept_is_read_and_lacks_side_effects() {
    let text = to_json(&all()[..2], "abc", usize::MAX).unwrap();
    let text = text
        .replace(r#""way":"mean_all","text":"#, r#""text":"#)
        .replace(r#""dropped":2,"#, "")
        .replace(r#","broken_off":false"#, "");
    let read = from_json(&text, "checks", "abc", examples).unwrap();
    let elsewhere = read[0].elsewhere.as_ref().unwrap();
    assert_eq!((elsewhere.way, elsewhere.others[0].dropped, elsewhere.broken_off), (None, 0, false));
    assert_eq!(read.iter().map(Done::lacks_side_effects).collect::<Vec<_>>(), [false, true]);
    let without = Done { elsewhere: None, ..read[0].clone() };
    assert!(without.lacks_side_effects());
    let lacks: Vec<bool> = all()[2..].iter().map(Done::lacks_side_effects).collect();
    assert_eq!(lacks, [true, true, false, false, false, true], "curves, circuits and methods have none");
}

#[test]
fn the_oldest_go_where_there_is_no_room_and_none_is_cut() {
    let whole = to_json(&all(), "abc", usize::MAX).unwrap();
    let shorter = to_json(&all(), "abc", whole.len() - 1).unwrap();
    assert_eq!(from_json(&shorter, "checks", "abc", examples).unwrap(), all()[1..]);
    let problem = to_json(&all(), "abc", 100).unwrap_err();
    assert_eq!(problem.what(), "is not kept: it has more than 100 B");
}

#[test]
fn checks_of_another_run_are_refused() {
    let text = to_json(&all(), "abc", usize::MAX).unwrap();
    for text in [
        text.replace("\"abc\"", "\"abd\""),
        text.replace("\"male\"", "\"nobody\""),
        text.replace("\"format\":1", "\"format\":2"),
        text.replace("mean_position_patch", "mean"),
        text.replace("0-att-sm/2", "0-att-sm/x"),
        text.replace("\"resid_1\"", "\"resid_x\""),
        text.replace("\"exact\":0.7", "\"exact\":1e999"),
        text.replace("\"rule\":\"riemann\"", "\"rule\":\"half\""),
        "[]".to_owned(),
    ] {
        let problem = from_json(&text, "checks", "abc", examples).unwrap_err();
        assert!(problem.what().starts_with("holds no readable checks"), "{problem}");
    }
    let fewer = |_: Name| Some(3);
    assert!(from_json(&text, "checks", "abc", fewer).is_err());
}

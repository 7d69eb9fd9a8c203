//! Steering: dose curves, flips and continuations of the reference.

use saescope::core::causal::steering::{Flip, Flips, Mode, Positions, mean};
use saescope::core::submodule::{FeatureId, FeatureIndex};
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::continuation::Writing;
use saescope::engine::causal::plain::{Plain, Sides};
use saescope::engine::causal::steered::{Plan, steered};
use saescope::engine::causal::steering::Steering;
use serde_json::Value;

use super::support::{cpu_backends, reference_dictionaries, reference_model};
use super::{assert_near, golden, numbers, pairs};

const POSITIONS: [(&str, Positions); 4] = [
    ("all", Positions::All),
    ("all_but_last", Positions::AllButLast),
    ("position_2", Positions::At(2)),
    ("last", Positions::Last),
];

fn features(golden: &Value) -> Vec<FeatureId> {
    let feature = |pair: &Value| FeatureId {
        submodule: pair[0].as_str().unwrap().parse().unwrap(),
        index: FeatureIndex(pair[1].as_u64().unwrap() as u32),
    };
    golden["features"].as_array().unwrap().iter().map(feature).collect()
}

fn with_steering(each: &dyn Fn(&str, &Steering<'_>, &Value)) {
    let golden = golden("steering");
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &Cancel::default()).unwrap();
        for feature in features(&golden) {
            let key = format!("{}:{}", feature.submodule, feature.index.0);
            let steering = Steering::new(&plain, feature).unwrap();
            each(&format!("{backend} {key}"), &steering, &golden["runs"][&key]);
        }
    }
}

#[test]
fn dose_curves_of_the_reference() {
    let coefficients: Vec<f32> = numbers(&golden("steering")["coefficients"]).into_iter().map(|value| value as f32).collect();
    with_steering(&|what, steering, golden| {
        assert_near(what, steering.decoder_norm(), golden["decoder_norm"].as_f64().unwrap(), 1e-6);
        let unsteered = steering.plain.metrics(&Cancel::default()).unwrap();
        for (name, positions) in POSITIONS {
            let doses = steering.dose(&coefficients, positions, &mut |_| {}, &Cancel::default()).unwrap();
            for (dose, golden) in doses.iter().zip(golden[name]["dose"].as_array().unwrap()) {
                let what = format!("{what} {name} {}", dose.coefficient);
                let difference = &golden["logit_difference"];
                assert_near(&what, mean(&dose.metrics), difference["mean"].as_f64().unwrap(), 5e-5);
                for (metric, golden) in dose.metrics.iter().zip(numbers(&difference["per_example"])) {
                    assert_near(&what, f64::from(*metric), golden, 5e-5);
                }
                for (key, found) in [("p_clean_answer", &dose.clean), ("p_patch_answer", &dose.patch)] {
                    for (found, golden) in found.iter().zip(numbers(&golden[key])) {
                        assert_near(&format!("{what} {key}"), *found, golden, 5e-5);
                    }
                }
                // Coefficient 0 changes nothing, nor does a position that nothing reads any more.
                let is_unread = steering.feature.submodule.layer.0 == 2
                    && steering.feature.submodule.to_string() == "resid_2"
                    && matches!(positions, Positions::AllButLast | Positions::At(2));
                if dose.coefficient == 0.0 || is_unread {
                    for (metric, unsteered) in dose.metrics.iter().zip(&unsteered) {
                        assert_near(&what, f64::from(*metric), f64::from(*unsteered), 2e-6);
                    }
                }
            }
        }
    });
}

fn assert_flips(what: &str, found: &Flips, golden: &Value) {
    let same = |found: Option<Flip>, golden: &Value| match found {
        None => assert!(golden.is_null(), "{what}: none found, golden {golden}"),
        Some(flip) => {
            assert_eq!(Some(f64::from(flip.coefficient)), golden["coefficient"].as_f64(), "{what}: {golden}");
            assert_near(what, flip.before, golden["before"].as_f64().unwrap(), 5e-5);
            assert_near(what, flip.at, golden["at"].as_f64().unwrap(), 5e-5);
        }
    };
    for (found, golden) in found.per_example.iter().zip(golden["per_example"].as_array().unwrap()) {
        same(*found, golden);
    }
    same(found.mean, &golden["mean"]);
}

#[test]
fn flips_of_the_reference() {
    with_steering(&|what, steering, golden| {
        for (name, positions) in POSITIONS {
            for (direction, down) in [("positive", false), ("negative", true)] {
                let flips = steering.flips(positions, down, &mut |_| {}, &Cancel::default()).unwrap();
                assert_flips(&format!("{what} {name} {direction}"), &flips, &golden[name]["flip"][direction]);
            }
        }
    });
}

#[test]
fn continuations_of_the_reference() {
    let writing = Writing { prompts: 8, tokens: 8, samples: 0, temperature: 1.0, top_p: 1.0, seed: 12 };
    let unsteered = golden("steering")["unsteered"]["continuation"].clone();
    let same = |what: &str, steering: &Steering<'_>, coefficient: f32, mode: Mode, golden: &Value| {
        let found = steering.continuations(coefficient, mode, writing, &Cancel::default()).unwrap();
        assert_eq!(serde_json::json!(found.greedy), golden["tokens"], "{what} {coefficient} {}", mode.name());
        for (found, golden) in found.smallest_gap.iter().zip(numbers(&golden["smallest_gap"])) {
            assert_near(what, f64::from(*found), golden, 2e-4);
        }
    };
    with_steering(&|what, steering, golden| {
        same(what, steering, 0.0, Mode::Every, &unsteered);
        for (coefficient, modes) in golden["continuations"].as_object().unwrap() {
            for mode in Mode::ALL {
                same(what, steering, coefficient.parse().unwrap(), mode, &modes[mode.name()]);
            }
        }
    });
}

/// Doses are not lost to continuations for which the model's context has no room: these are refused before, or shortened where nobody asked for them.
#[test]
fn continuations_beyond_the_context_are_refused_first_or_shortened() {
    let backend = cpu_backends()[0];
    let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
    let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &Cancel::default()).unwrap();
    let room = compute.config().context - plain.groups[0].positions;
    let writing = Writing { prompts: 1, tokens: room + 1, samples: 0, temperature: 1.0, top_p: 1.0, seed: 12 };
    let asked = Plan {
        feature: features(&golden("steering"))[4],
        positions: Positions::All,
        coefficients: vec![5.0],
        continued: Vec::new(),
        writing,
        scans: false,
        shortened: None,
    };
    let mut doses = 0;
    let refused =
        steered(&plain, None, &asked, &mut |_| {}, &mut |found| doses += found.doses.len(), &Cancel::default()).unwrap_err();
    assert!(doses == 0 && refused.to_string().contains(&format!("continue by at most {room} with --tokens")), "{refused}");
    let fitted = asked.clone().fitted(&plain);
    let why = fitted.shortened.clone().unwrap();
    assert!(
        fitted.writing.tokens == room && why.starts_with(&format!("prompts are continued by {room} tokens, not by")),
        "{why}"
    );
    let none = Plan { writing: Writing { tokens: 0, ..writing }, shortened: fitted.shortened, ..asked };
    let found = steered(&plain, None, &none, &mut |_| {}, &mut |_| {}, &Cancel::default()).unwrap();
    assert_eq!((found.doses.len(), found.shortened), (1, Some(why)));
}

#[test]
fn samples_follow_their_seed_and_the_narrowest_is_greedy() {
    let writing = Writing { prompts: 3, tokens: 5, samples: 2, temperature: 1.0, top_p: 1.0, seed: 12 };
    let backend = cpu_backends()[0];
    let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
    let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &Cancel::default()).unwrap();
    let steering = Steering::new(&plain, features(&golden("steering"))[4]).unwrap();
    let write = |writing: Writing| steering.continuations(5.0, Mode::All, writing, &Cancel::default()).unwrap();
    let found = write(writing);
    assert_eq!(found, write(writing));
    assert_ne!(found.sampled[0], found.sampled[1]);
    assert_ne!(found.sampled, write(Writing { seed: 13, ..writing }).sampled);
    // The first prompt's draws do not depend on how many follow it.
    assert_eq!(found.sampled[0][0], write(Writing { prompts: 1, ..writing }).sampled[0][0]);
    let narrow = write(Writing { top_p: 1e-9, ..writing });
    assert_eq!(narrow.sampled[0], narrow.greedy);
}

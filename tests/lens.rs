//! Logit lens and decoder neighbours against golden numbers in float64, on every CPU backend that the test binary holds.
//! `fixtures/reference/causal/evidence.md` says what these are.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::collections::BTreeSet;

use saescope::core::lens::{LensForm, Lenses, TokenValue};
use saescope::core::release::Release;
use saescope::core::request::ModelSource;
use saescope::core::submodule::{FeatureId, FeatureIndex};
use saescope::engine::cancel::Cancel;
use saescope::engine::dictionary::Dictionary;
use saescope::engine::lens::{ViewPairs, lenses};
use saescope::engine::loaded::Loaded;
use saescope::engine::memory::Bounds;
use serde_json::Value;
use support::Prompts;

/// Ten times the distance of a computation in float32, as the README of the goldens asks.
const TOLERANCE: f64 = 2e-5;

fn golden() -> Value {
    serde_json::from_slice(&std::fs::read(support::reference("causal/lens.json")).unwrap()).unwrap()
}

fn close(what: &str, actual: f64, golden: &Value, tolerance: f64) {
    let golden = golden.as_f64().unwrap();
    assert!((actual - golden).abs() <= tolerance, "{what}: {actual}, golden {golden}");
}

fn id(value: &Value) -> FeatureId {
    format!("{}/{}", value["submodule"].as_str().unwrap(), value["feature"]).parse().unwrap()
}

fn assert_tokens(what: &str, found: &[TokenValue], golden: &Value) {
    let golden = golden.as_array().unwrap();
    assert_eq!(found.len(), golden.len(), "{what}");
    for (found, golden) in found.iter().zip(golden) {
        assert_eq!(golden[0], found.token, "{what}");
        close(what, f64::from(found.value), &golden[1], TOLERANCE);
    }
}

fn assert_lens(what: &str, found: &Lenses, golden: &Value) {
    close(what, found.mean_residual_norm, &golden["mean_residual_norm"], 1e-4);
    close(what, found.mean_last_sigma, &golden["mean_last_sigma"], TOLERANCE);
    for (found, golden) in found.features.iter().zip(golden["features"].as_array().unwrap()) {
        let what = format!("{what} {}", found.feature);
        close(&what, f64::from(found.norm), &golden["decoder_norm"], 1e-6);
        close(&what, f64::from(found.mean), &golden["decoder_mean"], 1e-6);
        for lens in &found.lenses {
            let (what, golden) = (format!("{what} {}", lens.form.name()), &golden[lens.form.name()]);
            assert_tokens(&what, &lens.promoted, &golden["top"]);
            assert_tokens(&what, &lens.suppressed, &golden["bottom"]);
            assert_eq!(lens.answers.len(), golden["answer_difference"].as_object().unwrap().len());
            for answers in &lens.answers {
                let expected = &golden["answer_difference"][format!("{},{}", answers.clean, answers.patch)];
                close(&what, f64::from(answers.value), expected, TOLERANCE);
            }
            close(&what, lens.mean_answer_difference().unwrap(), &golden["answer_difference_mean_over_examples"], TOLERANCE);
        }
    }
    for (found, golden) in found.features.iter().zip(golden["neighbours"].as_array().unwrap()) {
        assert_eq!(id(golden), found.feature);
        let what = format!("{what} near {}", found.feature);
        for (found, golden) in found.within.iter().zip(golden["within"].as_array().unwrap()) {
            assert_eq!(golden[0], found.feature.index.0, "{what}");
            close(&what, f64::from(found.cosine), &golden[1], 1e-6);
        }
        for (found, golden) in found.across.iter().zip(golden["across"].as_array().unwrap()) {
            assert_eq!(
                (&golden[0], &golden[1]),
                (&found.feature.submodule.to_string().into(), &found.feature.index.0.into()),
                "{what}"
            );
            close(&what, f64::from(found.cosine), &golden[2], 1e-6);
        }
        assert_eq!((found.within.len(), found.across.len()), (5, 5));
    }
}

#[test]
fn lens_and_neighbours() {
    let golden = golden();
    let features: Vec<FeatureId> = golden["features"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(features.len(), 12);
    let prompts = Prompts::of("names");
    let pairs = ViewPairs { prompts: prompts.clean.clone(), patch: prompts.patch.clone(), begun: 0, answers: prompts.answers() };
    for backend in support::cpu_backends() {
        for layout in ["dictionaries/tiny-neox", "saelens"] {
            let source = ModelSource::Folder {
                model: support::reference("model"),
                dictionaries: vec![support::reference(layout)],
                name: None,
                release: Release::default(),
            };
            let loaded = Loaded::open(&source, Some(backend), Bounds::NONE, &Cancel::default()).unwrap();
            let found = lenses(&loaded, &features, &pairs, &Cancel::default()).unwrap();
            assert_eq!(found.features[0].lenses.iter().map(|lens| lens.form).collect::<Vec<_>>(), LensForm::ALL);
            assert_lens(&format!("{backend} {layout}"), &found, &golden);
        }
    }
}

/// Who is active with whom, against codes of whole dictionaries prompt by prompt.
#[test]
fn neighbours_are_active_in_as_many_prompts_as_a_count_of_all_codes_says() {
    let cancel = Cancel::default();
    let loaded = Loaded::open(&ModelSource::Demo, None, Bounds::NONE, &cancel).unwrap();
    let prompt = |first: u32, length: u32| (0..length).map(|place| first + 37 * place).collect::<Vec<u32>>();
    let prompts: Vec<Vec<u32>> = (0..9).map(|place| prompt(20 + 11 * place, 3 + place % 2)).collect();
    let patch: Vec<Vec<u32>> = (0..9).map(|place| prompt(400 + 7 * place, 3 + place % 2)).collect();
    let features: Vec<FeatureId> = ["resid_1/374", "attn_2/165", "mlp_1/20"].map(|name| name.parse().unwrap()).to_vec();
    for begun in [0, 1] {
        let pairs = ViewPairs { prompts: prompts.clone(), patch: patch.clone(), begun, answers: Vec::new() };
        let all = || prompts.iter().chain(&patch);
        // For each prompt every feature that has a code other than 0 at some token.
        let active: Vec<BTreeSet<FeatureId>> = all()
            .map(|prompt| {
                let trace = &loaded.compute.traces(&[prompt], &cancel).unwrap()[0];
                let of_dictionary = |dictionary: &Dictionary| {
                    let submodule = dictionary.submodule();
                    let tokens = trace.output(submodule).chunks_exact(dictionary.width()).skip(begun).collect::<Vec<&[f32]>>();
                    let codes = loaded.compute.encode(dictionary, &tokens, &cancel).unwrap();
                    let active = codes.iter().flat_map(|codes| codes.iter()).filter(|(_, code)| *code != 0.0);
                    active.map(|(index, _)| FeatureId { submodule, index: FeatureIndex(*index) }).collect::<Vec<_>>()
                };
                loaded.dictionaries.iter().flat_map(of_dictionary).collect()
            })
            .collect();
        let mut seen = (0, 0);
        for of in lenses(&loaded, &features, &pairs, &cancel).unwrap().features {
            for near in of.within.iter().chain(&of.across) {
                let count = |holds: &dyn Fn(bool, bool) -> bool| {
                    active.iter().filter(|active| holds(active.contains(&of.feature), active.contains(&near.feature))).count()
                };
                let found = near.activity;
                assert_eq!(found.prompts, 18);
                assert_eq!(found.feature, count(&|own, _| own), "{} {}", of.feature, near.feature);
                assert_eq!(found.neighbour, count(&|_, other| other), "{} {}", of.feature, near.feature);
                assert_eq!(found.both, count(&|own, other| own && other), "{} {}", of.feature, near.feature);
                assert_eq!(found.either(), count(&|own, other| own || other));
                let share = found.both as f64 / found.either().max(1) as f64;
                assert!(found.jaccard().is_none_or(|jaccard| (jaccard - share).abs() < 1e-12));
                seen = (seen.0 + found.either(), seen.1 + found.both);
            }
        }
        assert!(seen.0 > seen.1 && seen.1 > 0, "{seen:?}");
    }
}

#[test]
fn a_feature_that_does_not_exist_is_named() {
    let source = ModelSource::Folder {
        model: support::reference("model"),
        dictionaries: vec![support::reference("saelens")],
        name: None,
        release: Release::default(),
    };
    let loaded = Loaded::open(&source, None, Bounds::NONE, &Cancel::default()).unwrap();
    let pairs = ViewPairs { prompts: vec![vec![1, 2]], patch: Vec::new(), begun: 0, answers: Vec::new() };
    for missing in ["resid_3/0", "resid_0/512"] {
        let problem = lenses(&loaded, &[missing.parse().unwrap()], &pairs, &Cancel::default()).unwrap_err().to_string();
        assert!(problem.contains("does not exist") && problem.contains("layers 0 to 2"), "{problem}");
    }
}

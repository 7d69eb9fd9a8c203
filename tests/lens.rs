//! Logit lens and decoder neighbours against golden numbers in float64, on every CPU backend that the test binary holds.
//! `fixtures/reference/causal/evidence.md` says what these are.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use saescope::core::lens::{LensForm, Lenses, TokenValue};
use saescope::core::release::Release;
use saescope::core::request::ModelSource;
use saescope::core::submodule::FeatureId;
use saescope::engine::cancel::Cancel;
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
    let pairs = ViewPairs { prompts: prompts.clean.clone(), answers: prompts.answers() };
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

#[test]
fn a_feature_that_does_not_exist_is_named() {
    let source = ModelSource::Folder {
        model: support::reference("model"),
        dictionaries: vec![support::reference("saelens")],
        name: None,
        release: Release::default(),
    };
    let loaded = Loaded::open(&source, None, Bounds::NONE, &Cancel::default()).unwrap();
    let pairs = ViewPairs { prompts: vec![vec![1, 2]], answers: Vec::new() };
    for missing in ["resid_3/0", "resid_0/512"] {
        let problem = lenses(&loaded, &[missing.parse().unwrap()], &pairs, &Cancel::default()).unwrap_err().to_string();
        assert!(problem.contains("does not exist") && problem.contains("layers 0 to 2"), "{problem}");
    }
}

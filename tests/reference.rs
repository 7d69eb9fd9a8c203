//! Every number of the engine against golden tensors from PyTorch (float64, stored as float32), on every CPU backend that the
//! test binary holds. `fixtures/reference/README.md` says what the goldens are.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

mod support;

use saescope::core::effects::{SubmoduleEffects, ViewEffects};
use saescope::core::request::Settings;
use saescope::core::run::Method;
use saescope::core::selection::{Selection, select};
use saescope::core::submodule::Submodule;
use saescope::core::view::View;
use saescope::engine::attribution::attribute;
use saescope::engine::cancel::Cancel;
use saescope::engine::compute::{Compute, Trace};
use saescope::engine::dictionary::Dictionary;
use saescope::engine::dictionary::codes::{Codes, DecoderRows, reconstruction_error};
use support::{Golden, Prompts, assert_close, assert_close_by, cpu_backends, reference_dictionaries, reference_model};

const LAYOUTS: [&str; 2] = ["dictionaries/tiny-neox", "saelens"];
const EXAMPLES: usize = 8;
const POSITIONS: usize = 5;
const FEATURES: usize = 512;

fn settings(method: Method) -> Settings {
    Settings { method, steps: 10, batch: 64, detail: usize::MAX }
}

fn run(compute: &dyn Compute, layout: &str, settings: Settings) -> Vec<ViewEffects> {
    let (names, baseline) = (Prompts::of("names").examples(), Prompts::of("baseline").examples());
    let dictionaries = reference_dictionaries(layout);
    attribute(compute, &dictionaries, &names, Some(&baseline), settings, &mut |_| {}, &Cancel::default()).unwrap()
}

fn encode(compute: &dyn Compute, dictionary: &Dictionary, trace: &Trace) -> Codes {
    compute.encode(dictionary, &[trace.output(dictionary.submodule())], &Cancel::default()).unwrap().remove(0)
}

fn dense(codes: &Codes) -> Vec<f32> {
    let mut dense = vec![0.0; codes.rows() * FEATURES];
    for row in 0..codes.rows() {
        for (feature, value) in codes.row(row) {
            dense[row * FEATURES + feature as usize] = value;
        }
    }
    dense
}

#[test]
fn forward_pass_features_and_errors() {
    let golden = Golden::open("forward");
    let prompts = Prompts::of("names");
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        for (side, rows) in [("clean", prompts.clean_rows()), ("patch", prompts.patch_rows())] {
            assert_close("logits", &compute.last_logits(&rows), golden.get(&format!("logits_{side}")));
            let trace = compute.trace(&rows, &Cancel::default()).unwrap();
            for layout in LAYOUTS {
                for dictionary in reference_dictionaries(layout) {
                    let submodule = dictionary.submodule();
                    let what = |tensor: &str| format!("{backend} {layout} {tensor}_{side}.{submodule}");
                    assert_close(&what("x"), &trace.output(submodule).values, golden.of(&format!("x_{side}"), submodule));
                    let codes = encode(compute.as_ref(), &dictionary, &trace);
                    assert_close(&what("f"), &dense(&codes), golden.of(&format!("f_{side}"), submodule));
                    let decoder = DecoderRows::read(&dictionary, codes.active(), &Cancel::default()).unwrap();
                    let error = reconstruction_error(&dictionary, trace.output(submodule), &codes, &decoder);
                    assert_close(&what("e"), &error.values, golden.of(&format!("e_{side}"), submodule));
                }
            }
        }
    }
}

/// Ten times closer than the rest: approximate derivatives, of which burn 0.21 has two, show here first.
#[test]
fn gradients() {
    let prompts = Prompts::of("names");
    let (ig, attrib) = (Golden::open("ig_names"), Golden::open("attrib_names"));
    let alphas: Vec<f32> = (0..10_u8).map(|step| f32::from(step) / 10.0).collect();
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        let cancel = Cancel::default();
        let clean = compute.trace(&prompts.clean_rows(), &cancel).unwrap();
        let patch = compute.trace(&prompts.patch_rows(), &cancel).unwrap();
        let plain = compute.gradients(&prompts.clean_rows(), &prompts.answers(), &cancel).unwrap();
        for (submodule, plain) in Submodule::all(3).into_iter().zip(plain) {
            let integrated =
                compute.path_gradient(&clean, submodule, patch.output(submodule), &alphas, &prompts.answers(), &cancel).unwrap();
            assert_close_by(&format!("{backend} ig grad.{submodule}"), 1e-5, &integrated.values, ig.of("grad", submodule));
            assert_close_by(&format!("{backend} attrib grad.{submodule}"), 1e-5, &plain.values, attrib.of("grad", submodule));
        }
    }
}

/// The gradient, times a small step in a seeded direction, is the change of the metric that the step makes.
#[test]
fn gradients_agree_with_finite_differences() {
    let prompts = Prompts::of("names");
    let examples: Vec<usize> = (0..EXAMPLES).collect();
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        let cancel = Cancel::default();
        let trace = compute.trace(&prompts.clean_rows(), &cancel).unwrap();
        let gradients = compute.gradients(&prompts.clean_rows(), &prompts.answers(), &cancel).unwrap();
        for (submodule, gradient) in Submodule::all(3).into_iter().zip(gradients) {
            let output = trace.output(submodule);
            // A step along the gradient itself is where rounding matters least against the change.
            let size = gradient.values.iter().map(|value| value * value).sum::<f32>().sqrt();
            let step = 0.02 / size;
            let moved_by = |sign: f32| {
                let mut moved = output.clone();
                moved.values.iter_mut().zip(&gradient.values).for_each(|(value, slope)| *value += sign * step * slope);
                compute.moved_metrics(&trace, submodule, &moved, &examples, &prompts.answers(), &cancel).unwrap()
            };
            for (example, (up, down)) in moved_by(1.0).iter().zip(moved_by(-1.0)).enumerate() {
                let rows = example * POSITIONS..(example + 1) * POSITIONS;
                let expected: f32 = rows.map(|row| gradient.row(row).iter().map(|slope| slope * slope * step).sum::<f32>()).sum();
                let actual = (up - down) / 2.0;
                assert!(
                    (actual - expected).abs() <= 0.01 * expected.abs() + 2e-6,
                    "{backend} {submodule} example {example}: finite difference {actual}, gradient says {expected}"
                );
            }
        }
    }
}

/// The effects at single tokens, from the detail that a run keeps.
fn token_effects(view: &ViewEffects, submodule: Submodule) -> Vec<f32> {
    let mut dense = vec![0.0; EXAMPLES * POSITIONS * FEATURES];
    let detail = &view.detail;
    for entry in 0..detail.entry_features.len() {
        let feature = detail.features[detail.entry_features[entry] as usize];
        if feature.submodule == submodule {
            let token = detail.entry_examples[entry] as usize * POSITIONS + detail.entry_positions[entry] as usize;
            dense[token * FEATURES + feature.index.0 as usize] = detail.entry_effects[entry];
        }
    }
    dense
}

fn node(effects: &SubmoduleEffects) -> Vec<f32> {
    let mut dense = vec![0.0; FEATURES];
    for (index, effect) in effects.features.iter().zip(&effects.effects) {
        dense[index.0 as usize] = *effect;
    }
    dense
}

fn mean_over_examples(golden: &[f32], width: usize) -> Vec<f32> {
    (0..width).map(|column| golden.iter().skip(column).step_by(width).sum::<f32>() / EXAMPLES as f32).collect()
}

fn assert_view(what: &str, view: &ViewEffects, golden: &Golden, tokens: bool) {
    for effects in &view.submodules {
        let submodule = effects.submodule;
        assert_close(&format!("{what} node.{submodule}"), &node(effects), golden.of("node", submodule));
        assert_close(&format!("{what} node_error.{submodule}"), &[effects.error.effect], golden.of("node_error", submodule));
        if tokens {
            assert_close(&format!("{what} effect.{submodule}"), &token_effects(view, submodule), golden.of("effect", submodule));
            let error = mean_over_examples(golden.of("error", submodule), POSITIONS);
            // Means over examples: relative to the largest single error, as everything else.
            let largest = golden.of("error", submodule).iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            for (actual, golden) in effects.error.position_effects.iter().zip(&error) {
                assert!(
                    (actual - golden).abs() <= support::TOLERANCE * largest,
                    "{what} error.{submodule}: {actual}, golden {golden}"
                );
            }
        }
    }
}

fn assert_totals(what: &str, view: &ViewEffects, golden: &Golden) {
    assert_close(&format!("{what} metric_clean"), &view.clean_metrics, golden.get("metric_clean"));
    assert_close(&format!("{what} metric_patch"), &view.patch_metrics, golden.get("metric_patch"));
    assert_close(&format!("{what} total"), &view.total_effects().collect::<Vec<_>>(), golden.get("total"));
}

#[test]
fn integrated_gradients() {
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        for layout in LAYOUTS {
            for view in run(compute.as_ref(), layout, settings(Method::Ig)) {
                let (set, tokens) = match view.view {
                    View::Male => ("ig_names", true),
                    View::Female => ("ig_female", false),
                    View::Baseline => ("ig_baseline", true),
                };
                let golden = Golden::open(set);
                assert_view(&format!("{backend} {layout} {set}"), &view, &golden, tokens);
                assert_totals(set, &view, &golden);
            }
        }
    }
}

#[test]
fn attribution_patching() {
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        for layout in LAYOUTS {
            for view in run(compute.as_ref(), layout, settings(Method::Attrib)) {
                let (set, tokens) = match view.view {
                    View::Male => ("attrib_names", true),
                    View::Female => continue,
                    View::Baseline => ("attrib_baseline", false),
                };
                let golden = Golden::open(set);
                assert_view(&format!("{backend} {layout} {set}"), &view, &golden, tokens);
                assert_totals(set, &view, &golden);
            }
        }
    }
}

#[test]
fn exact_effects() {
    let golden = Golden::open("exact_names");
    let examples = Prompts::of("names").examples();
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        let dictionaries = reference_dictionaries("saelens");
        let views =
            attribute(compute.as_ref(), &dictionaries, &examples, None, settings(Method::Exact), &mut |_| {}, &Cancel::default());
        assert_view(&format!("{backend} exact"), &views.unwrap()[0], &golden, true);
    }
}

#[test]
fn selections_of_the_reference() {
    #[derive(serde::Deserialize)]
    struct Expected {
        top30: Vec<(String, u32, f32)>,
        above: std::collections::BTreeMap<String, std::collections::BTreeMap<u32, f32>>,
    }
    let text = std::fs::read_to_string(support::reference("selection.json")).unwrap();
    let expected: std::collections::BTreeMap<String, Expected> = serde_json::from_str(&text).unwrap();
    let compute = reference_model(cpu_backends()[0]);
    for view in run(compute.as_ref(), "saelens", settings(Method::Ig)) {
        let set = match view.view {
            View::Male => "names",
            View::Female => "female",
            View::Baseline => "baseline",
        };
        let expected = &expected[set];
        let top = select(&view, Selection::TopK(30));
        for (selected, (submodule, index, value)) in top.iter().zip(&expected.top30) {
            assert_eq!((&selected.feature.submodule.to_string(), selected.feature.index.0), (submodule, *index));
            assert_close_by("top 30", 1e-4, &[selected.effect], &[*value]);
        }
        let mut above: Vec<(String, u32)> =
            expected.above.iter().flat_map(|(name, features)| features.keys().map(|index| (name.clone(), *index))).collect();
        let mut selected: Vec<(String, u32)> = select(&view, Selection::Threshold(0.1))
            .iter()
            .map(|selected| (selected.feature.submodule.to_string(), selected.feature.index.0))
            .collect();
        above.sort();
        selected.sort();
        assert_eq!(selected, above, "{set}");
    }
}

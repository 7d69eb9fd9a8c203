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
use saescope::core::quadrature::{Point, Rule};
use saescope::core::request::Settings;
use saescope::core::run::Method;
use saescope::core::selection::Selection;
use saescope::core::submodule::Submodule;
use saescope::core::view::Direction;
use saescope::engine::activation::Trace;
use saescope::engine::attribution::{ViewInput, attribute};
use saescope::engine::cancel::Cancel;
use saescope::engine::compute::{Compute, Entry};
use saescope::engine::dictionary::codes::{DecoderRows, TokenCodes, active_features, reconstruction_errors};
use support::{
    Golden, Prompts, assert_close, assert_close_by, cpu_backends, reference_dictionaries, reference_model,
    reference_model_keeping,
};

const LAYOUTS: [&str; 2] = ["dictionaries/tiny-neox", "saelens"];
const EXAMPLES: usize = 8;
const POSITIONS: usize = 5;
const FEATURES: usize = 512;
const WIDTH: usize = 64;

fn settings(method: Method) -> Settings {
    Settings { method, rule: Rule::Riemann, steps: 10, batch: 64, detail: usize::MAX }
}

fn run(compute: &dyn Compute, layout: &str, settings: Settings) -> Vec<ViewEffects> {
    let (names, baseline) = (Prompts::of("names").examples(), Prompts::of("baseline").examples());
    let dictionaries = reference_dictionaries(layout);
    let views = support::views(&names, Some(&baseline));
    attribute(compute, &dictionaries, &views, settings, &mut |_| {}, &Cancel::default()).unwrap()
}

/// The outputs of `submodule` at every token.
fn tokens(traces: &[Trace], submodule: Submodule) -> Vec<&[f32]> {
    traces.iter().flat_map(|trace| trace.output(submodule).chunks_exact(WIDTH)).collect()
}

fn dense(codes: &[TokenCodes]) -> Vec<f32> {
    let mut dense = vec![0.0; codes.len() * FEATURES];
    for (row, codes) in codes.iter().enumerate() {
        for (feature, value) in codes.iter() {
            dense[row * FEATURES + *feature as usize] = *value;
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
            assert_close(
                "logits",
                &compute.last_logits(&rows, &Cancel::default()).unwrap(),
                golden.get(&format!("logits_{side}")),
            );
            let traces = compute.traces(&rows, &Cancel::default()).unwrap();
            for layout in LAYOUTS {
                for dictionary in reference_dictionaries(layout) {
                    let submodule = dictionary.submodule();
                    let what = |tensor: &str| format!("{backend} {layout} {tensor}_{side}.{submodule}");
                    let outputs = tokens(&traces, submodule);
                    assert_close(&what("x"), &outputs.concat(), golden.of(&format!("x_{side}"), submodule));
                    let codes = compute.encode(&dictionary, &outputs, &Cancel::default()).unwrap();
                    assert_close(&what("f"), &dense(&codes), golden.of(&format!("f_{side}"), submodule));
                    let decoder = DecoderRows::read(&dictionary, active_features(&codes), &Cancel::default()).unwrap();
                    let errors = reconstruction_errors(&dictionary, &outputs, &codes, &decoder);
                    assert_close(&what("e"), &errors, golden.of(&format!("e_{side}"), submodule));
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
    let points: Vec<Point> = (0..10_u8).map(|step| Point { alpha: f32::from(step) / 10.0, weight: 0.1 }).collect();
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        let cancel = Cancel::default();
        let clean = compute.traces(&prompts.clean_rows(), &cancel).unwrap();
        let patch = compute.traces(&prompts.patch_rows(), &cancel).unwrap();
        let plain = support::plain_gradients(compute.as_ref(), &prompts.clean_rows(), &prompts.answers());
        for (submodule, plain) in Submodule::all(3).into_iter().zip(plain) {
            let integrated = support::mean_gradients(compute.as_ref(), submodule, [&clean, &patch], &points, &prompts.answers());
            assert_close_by(&format!("{backend} ig grad.{submodule}"), 1e-5, &integrated, ig.of("grad", submodule));
            assert_close_by(&format!("{backend} attrib grad.{submodule}"), 1e-5, &plain, attrib.of("grad", submodule));
        }
    }
}

/// The gradient, times a small step in a seeded direction, is the change of the metric that the step makes.
#[test]
fn gradients_agree_with_finite_differences() {
    let prompts = Prompts::of("names");
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        let cancel = Cancel::default();
        let traces = compute.traces(&prompts.clean_rows(), &cancel).unwrap();
        let gradients = support::plain_gradients(compute.as_ref(), &prompts.clean_rows(), &prompts.answers());
        for (submodule, gradient) in Submodule::all(3).into_iter().zip(gradients) {
            let entry = Entry::after(submodule, compute.config());
            // A step along the gradient itself is where rounding matters least against the change.
            let size = gradient.iter().map(|value| value * value).sum::<f32>().sqrt();
            let step = 0.02 / size;
            let gradients = || gradient.chunks_exact(POSITIONS * WIDTH);
            let moved_by = |sign: f32| {
                let moved = traces.iter().zip(gradients()).map(|(trace, gradient)| {
                    let mut stream = entry.stream(trace, compute.config()).into_owned();
                    let slopes = entry.reaching(gradient, compute.config());
                    stream.iter_mut().zip(slopes).for_each(|(value, slope)| *value += sign * step * slope);
                    stream
                });
                let moved: Vec<Vec<f32>> = moved.collect();
                let moved: Vec<&[f32]> = moved.iter().map(Vec::as_slice).collect();
                compute.metrics(entry, &moved, &prompts.answers(), &cancel).unwrap()
            };
            let changes = moved_by(1.0).into_iter().zip(moved_by(-1.0)).zip(gradients());
            for (example, ((up, down), gradient)) in changes.enumerate() {
                let expected: f32 = gradient.iter().map(|slope| slope * slope * step).sum();
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
                    support::MALE => ("ig_names", true),
                    support::FEMALE => ("ig_female", false),
                    _ => ("ig_baseline", true),
                };
                let golden = Golden::open(set);
                assert_view(&format!("{backend} {layout} {set}"), &view, &golden, tokens);
                assert_totals(set, &view, &golden);
            }
        }
    }
}

/// Effects on the way to their limit, by every rule with few points and with many. "left" is what the program calls riemann. The
/// tolerance is the one that the reference states for effects.
#[test]
fn integrated_gradients_by_every_rule() {
    #[derive(serde::Deserialize)]
    struct Expected {
        features: Vec<usize>,
        rules: std::collections::BTreeMap<String, Numbers>,
        exact_change: f64,
    }
    #[derive(serde::Deserialize)]
    struct Numbers {
        effect: Vec<f64>,
        error: f64,
        gap: f64,
    }
    #[derive(serde::Deserialize)]
    struct Document {
        submodules: std::collections::BTreeMap<String, Expected>,
    }
    let text = std::fs::read_to_string(support::reference("causal/convergence.json")).unwrap();
    let Document { submodules } = serde_json::from_str(&text).unwrap();
    let names = Prompts::of("names").examples();
    let dictionaries = reference_dictionaries("saelens");
    let rules: Vec<&String> = submodules["resid_0"].rules.keys().collect();
    assert!((submodules.len(), rules.len()) == (3, 11), "{rules:?}");
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        for name in &rules {
            let (rule, steps) = name.split_once(' ').unwrap();
            let rule = Rule::ALL.into_iter().find(|known| known.name() == rule.replace("left", "riemann")).unwrap();
            let settings = Settings { rule, steps: steps.parse().unwrap(), ..settings(Method::Ig) };
            let views = &support::views(&names, None)[..1];
            let found = attribute(compute.as_ref(), &dictionaries, views, settings, &mut |_| {}, &Cancel::default()).unwrap();
            let by_submodule = found[0]
                .submodules
                .iter()
                .filter_map(|effects| submodules.get(&effects.submodule.to_string()).map(|expected| (effects, expected)));
            for (effects, expected) in by_submodule {
                let golden = &expected.rules[*name];
                let close = |what: &str, actual: f64, golden: f64| {
                    let what = format!("{backend} {name} {} {what}", effects.submodule);
                    assert!((actual - golden).abs() <= 2e-5, "{what}: {actual}, golden {golden}");
                };
                let nodes = node(effects);
                for (feature, golden) in expected.features.iter().zip(&golden.effect) {
                    close(&format!("feature {feature}"), f64::from(nodes[*feature]), *golden);
                }
                close("error", f64::from(effects.error.effect), golden.error);
                let sum = effects.feature_sum() + f64::from(effects.error.effect);
                close("gap", sum - expected.exact_change, golden.gap);
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
                    support::MALE => ("attrib_names", true),
                    support::FEMALE => {
                        assert_exchanged(compute.as_ref(), layout, &view);
                        continue;
                    }
                    _ => ("attrib_baseline", false),
                };
                let golden = Golden::open(set);
                assert_view(&format!("{backend} {layout} {set}"), &view, &golden, tokens);
                assert_totals(set, &view, &golden);
            }
        }
    }
}

/// There is no golden of the other direction's plain gradients: the view is that of the prompts that were written down exchanged, and
/// its metrics are those of the golden of its integrated gradients.
fn assert_exchanged(compute: &dyn Compute, layout: &str, view: &ViewEffects) {
    assert_totals("attrib female", view, &Golden::open("ig_female"));
    let exchanged = Prompts::of("female").examples();
    let forward = [ViewInput { direction: Direction::Forward, ..support::views(&exchanged, None)[1] }];
    let dictionaries = reference_dictionaries(layout);
    let views = attribute(compute, &dictionaries, &forward, settings(Method::Attrib), &mut |_| {}, &Cancel::default());
    for (effects, expected) in view.submodules.iter().zip(&views.unwrap()[0].submodules) {
        assert_close_by(&format!("attrib female {}", effects.submodule), 1e-6, &node(effects), &node(expected));
    }
}

#[test]
fn exact_effects() {
    let golden = Golden::open("exact_names");
    let examples = Prompts::of("names").examples();
    for backend in cpu_backends() {
        let compute = reference_model(backend);
        let dictionaries = reference_dictionaries("saelens");
        let views = &support::views(&examples, None)[..1];
        let found = attribute(compute.as_ref(), &dictionaries, views, settings(Method::Exact), &mut |_| {}, &Cancel::default());
        assert_view(&format!("{backend} exact"), &found.unwrap()[0], &golden, true);
    }
}

#[test]
fn layers_that_are_read_for_each_pass_change_no_bit_of_an_effect() {
    for backend in cpu_backends() {
        for method in [Method::Ig, Method::Attrib] {
            let of = |compute: Box<dyn Compute>| run(compute.as_ref(), LAYOUTS[0], settings(method));
            let whole = of(reference_model(backend));
            assert!(of(reference_model_keeping(backend, 1)) == whole, "{method} on {backend}");
        }
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
            support::MALE => "names",
            support::FEMALE => "female",
            _ => "baseline",
        };
        let expected = &expected[set];
        let top = support::select(&view, Selection::TopK(30));
        for (selected, (submodule, index, value)) in top.iter().zip(&expected.top30) {
            assert_eq!((&selected.feature.submodule.to_string(), selected.feature.index.0), (submodule, *index));
            assert_close_by("top 30", 1e-4, &[selected.effect], &[*value]);
        }
        let mut above: Vec<(String, u32)> =
            expected.above.iter().flat_map(|(name, features)| features.keys().map(|index| (name.clone(), *index))).collect();
        let mut selected: Vec<(String, u32)> = support::select(&view, Selection::Threshold(0.1))
            .iter()
            .map(|selected| (selected.feature.submodule.to_string(), selected.feature.index.0))
            .collect();
        above.sort();
        selected.sort();
        assert_eq!(selected, above, "{set}");
    }
}

//! Edges of the reference over whole submodules: what all nodes upstream predict together, and weights of strong nodes alone.

use saescope::core::submodule::{FeatureId, FeatureIndex, Submodule};
use saescope::engine::activation::Trace;
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::edges::STEPS;
use saescope::engine::causal::plain::{Plain, Sides};
use saescope::engine::causal::tracing::{Target, activation, decoder_row};
use saescope::engine::lanes::dot;
use serde_json::Value;

use super::support::{cpu_backends, reference_dictionaries, reference_model};
use super::{assert_near, golden, pairs};

const TOLERANCE: f64 = 4e-5;
const WIDTH: usize = 64;

fn feature(value: &Value) -> FeatureId {
    FeatureId { submodule: value[0].as_str().unwrap().parse().unwrap(), index: FeatureIndex(value[1].as_u64().unwrap() as u32) }
}

#[track_caller]
fn same(what: &str, found: f64, golden: &Value) {
    assert_near(what, found, golden.as_f64().unwrap(), TOLERANCE);
}

/// For one node downstream, the predicted changes of all features and of the error term of a submodule add up to the gradient times the whole
/// change of its output, which a central difference confirms.
#[test]
fn predicted_changes_add_up() {
    let golden = golden("edges");
    let cancel = Cancel::default();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let [group] = &plain.groups[..] else { panic!("one length") };
        for sum in golden["sums"].as_array().unwrap() {
            let what = format!("{backend} {} to {}", sum["upstream"], sum["downstream"]);
            let upstream: Submodule = sum["upstream"].as_str().unwrap().parse().unwrap();
            let downstream = feature(&sum["downstream"]);
            let example = sum["example"].as_u64().unwrap() as usize;
            let position = sum["downstream"][2].as_u64().unwrap() as usize;
            let [up, down] = [upstream, downstream.submodule].map(|submodule| plain.dictionary(submodule).unwrap());
            let tokens = example * group.positions..(example + 1) * group.positions;
            // The derivative of an active feature does not depend on the metric.
            let token = tokens.start + position;
            let at = (group.output(0, downstream.submodule, token), &group.clean(down)[token]);
            let target = Target::Feature(downstream.index.0);
            let (derivative, _) = plain.target_derivative(down, target, at, &[0.0; WIDTH]).unwrap();
            let mut rows = vec![vec![0.0; group.positions * WIDTH]; group.places.len()];
            rows[example][position * WIDTH..(position + 1) * WIDTH].copy_from_slice(&derivative);
            let pulled = plain.pulled_back(group, downstream.submodule, &rows, &cancel).unwrap();
            let size = group.positions * WIDTH;
            let gradient = &pulled[example][Trace::part(upstream, 3) * size..(Trace::part(upstream, 3) + 1) * size];
            let [clean, patch] = [0, 1].map(|side| group.traces[side][example].output(upstream));
            let [clean_codes, patch_codes] = [&group.clean(up)[tokens.clone()], &group.patch(up)[tokens]];
            let mut features = 0.0;
            for index in 0..dictionaries[up].features() as u32 {
                let row = decoder_row(&dictionaries[up], index).unwrap();
                for (token, gradient) in gradient.chunks_exact(WIDTH).enumerate() {
                    let delta = activation(&patch_codes[token], index) - activation(&clean_codes[token], index);
                    features += f64::from(dot(gradient, &row) * delta);
                }
            }
            let errors = [(clean, clean_codes), (patch, patch_codes)]
                .map(|(output, codes)| plain.errors_of(up, output, codes, &cancel).unwrap());
            let difference =
                |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| one - other).collect::<Vec<f32>>();
            let error = f64::from(dot(gradient, &difference(&errors[1], &errors[0])));
            let step = difference(patch, clean);
            same(&format!("{what} features"), features, &sum["features"]);
            same(&format!("{what} errors"), error, &sum["errors"]);
            same(&format!("{what} total"), features + error, &sum["total"]);
            same(&format!("{what} whole"), f64::from(dot(gradient, &step)), &sum["gradient_dot_change"]);
            let value = |factor: f32| {
                let moved: Vec<f32> = step.iter().map(|value| factor * value).collect();
                let (_, seen) = plain.moved(group, upstream, &[(example, moved)], &[downstream.submodule], &cancel).unwrap();
                let output = &seen[&downstream.submodule][0][position * WIDTH..(position + 1) * WIDTH];
                f64::from(activation(&plain.codes_of(down, output, &cancel).unwrap()[0], downstream.index.0))
            };
            same(&format!("{what} measured"), value(1.0) - value(0.0), &sum["measured_all_patched"]);
            let central = (value(1e-2) - value(-1e-2)) / 2e-2;
            let expected = sum["finite_difference"].as_f64().unwrap();
            assert!((central - expected).abs() <= 2e-3 * (1.0 + expected.abs()), "{what}: {central}, golden {expected}");
        }
    }
}

/// circuit.py takes a node downstream only where its own effect is above a threshold.
#[test]
fn weights_of_strong_nodes_alone() {
    let golden = golden("edges");
    let threshold = golden["node_threshold"].as_f64().unwrap();
    let cancel = Cancel::default();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let [group] = &plain.groups[..] else { panic!("one length") };
        for edge in golden["aggregated"].as_array().unwrap() {
            let (upstream, downstream) = (feature(&edge["upstream"]), feature(&edge["downstream"]));
            let [up, down] = [upstream, downstream].map(|feature| plain.dictionary(feature.submodule).unwrap());
            let gradients = plain.metric_gradients(group, downstream.submodule, STEPS, &cancel).unwrap();
            let (mut rows, mut strong) = (Vec::new(), 0);
            for (pair, gradient) in gradients.iter().enumerate() {
                let mut of_pair = Vec::new();
                for (position, gradient) in gradient.chunks_exact(WIDTH).enumerate() {
                    let token = pair * group.positions + position;
                    let (clean, patch) = (&group.clean(down)[token], &group.patch(down)[token]);
                    let target = Target::Feature(downstream.index.0);
                    let at = (group.output(0, downstream.submodule, token), clean);
                    let (derivative, left) = plain.target_derivative(down, target, at, gradient).unwrap();
                    let change = activation(patch, downstream.index.0) - activation(clean, downstream.index.0);
                    let is_strong = f64::from((left * change).abs()) > threshold;
                    strong += usize::from(is_strong);
                    let factor = if is_strong { left } else { 0.0 };
                    of_pair.extend(derivative.iter().map(|value| factor * value));
                }
                rows.push(of_pair);
            }
            let pulled = plain.pulled_back(group, downstream.submodule, &rows, &cancel).unwrap();
            let row = decoder_row(&dictionaries[up], upstream.index.0).unwrap();
            let mut weight = 0.0;
            for (pair, pulled) in pulled.iter().enumerate() {
                let start = Trace::part(upstream.submodule, 3) * group.positions * WIDTH;
                for position in 0..group.positions {
                    let token = pair * group.positions + position;
                    let gradient = &pulled[start + position * WIDTH..start + (position + 1) * WIDTH];
                    let delta = activation(&group.patch(up)[token], upstream.index.0)
                        - activation(&group.clean(up)[token], upstream.index.0);
                    weight += f64::from(dot(gradient, &row) * delta) / plain.pairs as f64;
                }
            }
            let what = format!("{backend} {upstream} to {downstream}");
            assert_eq!(Some(strong as u64), edge["nodes_over_threshold"].as_u64(), "{what}");
            same(&what, weight, &edge["weight_over_threshold"]);
        }
    }
}

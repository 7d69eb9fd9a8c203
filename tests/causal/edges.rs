//! Edges: single tokens and sums of the reference, and finite differences.

use saescope::core::submodule::{FeatureId, FeatureIndex, Submodule};
use saescope::engine::activation::Trace;
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::edges::{STEPS, edges};
use saescope::engine::causal::plain::{Group, Plain, Sides};
use saescope::engine::causal::tracing::{Target, activation, decoder_row};
use saescope::engine::lanes::dot;
use serde_json::Value;

use super::support::{cpu_backends, reference_dictionaries, reference_model};
use super::{assert_near, golden, pairs};

const TOLERANCE: f64 = 4e-5;
const WIDTH: usize = 64;

/// A node of the reference: submodule, feature or error, position.
struct Node {
    submodule: Submodule,
    target: Target,
    position: usize,
}

fn node(value: &Value) -> Node {
    let target = value[1].as_u64().map_or(Target::Error, |feature| Target::Feature(feature as u32));
    Node { submodule: value[0].as_str().unwrap().parse().unwrap(), target, position: value[2].as_u64().unwrap() as usize }
}

/// One example of the reference on a backend, with the gradient of the metric at its downstream node.
struct Fixture<'a> {
    plain: &'a Plain<'a>,
    group: &'a Group,
    example: usize,
    down: Node,
    gradient: Vec<f32>,
}

impl Fixture<'_> {
    fn dictionary(&self, submodule: Submodule) -> usize {
        self.plain.dictionary(submodule).unwrap()
    }

    fn errors(&self, submodule: Submodule, side: usize, position: usize) -> Vec<f32> {
        let dictionary = self.dictionary(submodule);
        let codes = if side == 0 { self.group.clean(dictionary) } else { self.group.patch(dictionary) };
        let row = self.example * self.group.positions + position;
        let output = &self.group.traces[side][self.example].output(submodule)[position * WIDTH..(position + 1) * WIDTH];
        self.plain.errors_of(dictionary, output, &codes[row..=row], &Cancel::default()).unwrap()
    }

    /// The value of the downstream node when its submodule puts out `output` at its position.
    fn value(&self, output: &[f32]) -> f64 {
        let dictionary = self.dictionary(self.down.submodule);
        let codes = self.plain.codes_of(dictionary, output, &Cancel::default()).unwrap();
        match self.down.target {
            Target::Feature(feature) => f64::from(activation(&codes[0], feature)),
            Target::Error => {
                let errors = self.plain.errors_of(dictionary, output, &codes, &Cancel::default()).unwrap();
                f64::from(dot(&self.gradient, &errors))
            }
        }
    }

    fn clean_output(&self, submodule: Submodule, position: usize) -> &[f32] {
        &self.group.traces[0][self.example].output(submodule)[position * WIDTH..(position + 1) * WIDTH]
    }

    /// The change of the downstream node and of the metric when `step` is added to the output of `submodule` at `position`.
    fn measured(&self, submodule: Submodule, position: usize, step: &[f32]) -> (f64, f64) {
        let (cancel, place) = (Cancel::default(), self.down.position * WIDTH);
        let mut moved = vec![0.0; self.group.positions * WIDTH];
        moved[position * WIDTH..(position + 1) * WIDTH].copy_from_slice(step);
        let runs = [(self.example, moved)];
        let (metrics, seen) = self.plain.moved(self.group, submodule, &runs, &[self.down.submodule], &cancel).unwrap();
        let now = self.value(&seen[&self.down.submodule][0][place..place + WIDTH]);
        let before = self.value(self.clean_output(self.down.submodule, self.down.position));
        let clean = self.plain.metrics(&cancel).unwrap()[self.example];
        (now - before, f64::from(metrics[0] - clean))
    }
}

fn scaled(row: &[f32], factor: f64) -> Vec<f32> {
    row.iter().map(|value| (f64::from(*value) * factor) as f32).collect()
}

#[track_caller]
fn same(what: &str, found: f64, golden: &Value) {
    assert_near(what, found, golden.as_f64().unwrap(), TOLERANCE);
}

fn assert_measured(fixture: &Fixture<'_>, what: &str, up: &Node, step: &[f32], left: f64, golden: &Value) {
    let (change, metric_change) = fixture.measured(up.submodule, up.position, step);
    same(&format!("{what} change"), change, &golden["change"]);
    same(&format!("{what} weight"), left * change, &golden["weight"]);
    same(&format!("{what} metric_change"), metric_change, &golden["metric_change"]);
    if let Target::Feature(feature) = fixture.down.target {
        let dictionary = &fixture.plain.dictionaries[fixture.dictionary(fixture.down.submodule)];
        let row = scaled(&decoder_row(dictionary, feature).unwrap(), change);
        let (_, through) = fixture.measured(fixture.down.submodule, fixture.down.position, &row);
        same(&format!("{what} metric_change_through_v"), through, &golden["metric_change_through_v"]);
    }
}

#[test]
fn edges_of_single_tokens_and_their_measured_counterparts() {
    let golden = golden("edges");
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let cancel = Cancel::default();
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let [group] = &plain.groups[..] else { panic!("one length") };
        for edge in golden["edges"].as_array().unwrap() {
            let what = format!("{backend} {} to {} in {}", edge["upstream"], edge["downstream"], edge["example"]);
            let (up, down, example) =
                (node(&edge["upstream"]), node(&edge["downstream"]), edge["example"].as_u64().unwrap() as usize);
            let gradients = plain.metric_gradients(group, down.submodule, STEPS, &cancel).unwrap();
            let gradient = gradients[example][down.position * WIDTH..(down.position + 1) * WIDTH].to_vec();
            let (later, token) = (plain.dictionary(down.submodule).unwrap(), example * group.positions + down.position);
            let at = (group.output(0, down.submodule, token), &group.clean(later)[token]);
            let (derivative, left) = plain.target_derivative(later, down.target, at, &gradient).unwrap();
            let left = f64::from(left);
            same(&format!("{what} left"), left, &edge["left"]);
            let mut upstream = vec![vec![0.0; group.positions * WIDTH]; group.places.len()];
            upstream[example][down.position * WIDTH..(down.position + 1) * WIDTH].copy_from_slice(&derivative);
            let pulled = plain.pulled_back(group, down.submodule, &upstream, &cancel).unwrap();
            let start = (Trace::part(up.submodule, 3) * group.positions + up.position) * WIDTH;
            let pulled = &pulled[example][start..start + WIDTH];
            let same_position = up.position == down.position;
            let fixture = Fixture { plain: &plain, group, example, down, gradient };
            let step = match up.target {
                Target::Feature(feature) => {
                    let dictionary = plain.dictionary(up.submodule).unwrap();
                    let row = decoder_row(&dictionaries[dictionary], feature).unwrap();
                    let token = example * group.positions + up.position;
                    let clean = f64::from(activation(&group.clean(dictionary)[token], feature));
                    let patch = f64::from(activation(&group.patch(dictionary)[token], feature));
                    same(&format!("{what} u_clean"), clean, &edge["u_clean"]);
                    same(&format!("{what} u_patch"), patch, &edge["u_patch"]);
                    let jacobian = f64::from(dot(pulled, &row));
                    same(&format!("{what} jacobian"), jacobian, &edge["jacobian"]);
                    let zero = &edge["measured_zero"];
                    same(&format!("{what} zero"), -jacobian * clean, &zero["predicted_change"]);
                    assert_measured(&fixture, &format!("{what} zero"), &up, &scaled(&row, -clean), left, zero);
                    scaled(&row, patch - clean)
                }
                Target::Error => {
                    let [clean, patch] = [0, 1].map(|side| fixture.errors(up.submodule, side, up.position));
                    patch.iter().zip(&clean).map(|(patch, clean)| patch - clean).collect()
                }
            };
            let predicted = f64::from(dot(pulled, &step));
            same(&format!("{what} predicted"), predicted, &edge["predicted_change"]);
            same(&format!("{what} weight"), left * predicted, &edge["weight"]);
            assert_measured(&fixture, &format!("{what} patch"), &up, &step, left, &edge["measured_patch"]);
            if edge["direct"].is_object() {
                let [predicted, measured] = if same_position {
                    let clean = fixture.clean_output(fixture.down.submodule, fixture.down.position);
                    let held: Vec<f32> = clean.iter().zip(&step).map(|(value, step)| value + step).collect();
                    [f64::from(dot(&derivative, &step)), fixture.value(&held) - fixture.value(clean)]
                } else {
                    [0.0; 2]
                };
                same(&format!("{what} direct"), left * predicted, &edge["direct"]["weight"]);
                same(&format!("{what} direct measured"), left * measured, &edge["direct"]["measured_weight"]);
            }
        }
    }
}

#[test]
fn sums_over_positions_and_examples_of_the_reference() {
    let golden = golden("edges");
    let feature = |value: &Value| FeatureId {
        submodule: value[0].as_str().unwrap().parse().unwrap(),
        index: FeatureIndex(value[1].as_u64().unwrap() as u32),
    };
    let aggregated = golden["aggregated"].as_array().unwrap();
    let mut features: Vec<FeatureId> =
        aggregated.iter().flat_map(|edge| [feature(&edge["upstream"]), feature(&edge["downstream"])]).collect();
    features.sort_unstable();
    features.dedup();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("dictionaries/tiny-neox"));
        let cancel = Cancel::default();
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let found = edges(&plain, &features, &mut |_| {}, &cancel).unwrap();
        for golden in aggregated {
            let (upstream, downstream) = (feature(&golden["upstream"]), feature(&golden["downstream"]));
            let what = format!("{backend} {upstream} to {downstream}");
            let edge = found.iter().find(|edge| (edge.upstream, edge.downstream) == (upstream, downstream)).unwrap();
            same(&what, edge.weight, &golden["weight"]);
            let [group] = &plain.groups[..] else { panic!("one length") };
            let (measured, direct, silent) = recomputed(&plain, group, upstream, downstream);
            assert_near(&format!("{what} measured"), edge.measured, measured, TOLERANCE);
            assert_eq!(edge.silent, silent, "{what}");
            if let Some([_, found]) = edge.direct {
                assert_near(&format!("{what} direct measured"), found, direct, TOLERANCE);
            }
            if golden["direct"].is_number() {
                same(&format!("{what} direct"), edge.direct.unwrap()[0], &golden["direct"]);
            }
        }
    }
}

/// An edge's sums once more, from single runs: measured, the direct path measured, and the pairs that its weight cannot see.
fn recomputed(plain: &Plain<'_>, group: &Group, upstream: FeatureId, downstream: FeatureId) -> (f64, f64, usize) {
    let cancel = Cancel::default();
    let [up, down] = [upstream, downstream].map(|feature| plain.dictionary(feature.submodule).unwrap());
    let row = decoder_row(&plain.dictionaries[up], upstream.index.0).unwrap();
    let gradients = plain.metric_gradients(group, downstream.submodule, STEPS, &cancel).unwrap();
    let (positions, mut measured, mut direct, mut silent) = (group.positions, 0.0, 0.0, 0);
    for (pair, gradient) in gradients.iter().enumerate() {
        let tokens = pair * positions..(pair + 1) * positions;
        let of = |codes: &[_], feature: FeatureId| -> Vec<f32> {
            codes.iter().map(|codes| activation(codes, feature.index.0)).collect()
        };
        let [clean, patch] = [group.clean(up), group.patch(up)].map(|codes| of(&codes[tokens.clone()], upstream));
        let before = of(&group.clean(down)[tokens.clone()], downstream);
        let step: Vec<f32> =
            clean.iter().zip(&patch).flat_map(|(clean, patch)| row.iter().map(move |weight| (patch - clean) * weight)).collect();
        if clean != patch {
            silent += usize::from(before.iter().all(|value| *value == 0.0));
        }
        let (_, seen) =
            plain.moved(group, upstream.submodule, &[(pair, step.clone())], &[downstream.submodule], &cancel).unwrap();
        let output = group.traces[0][pair].output(downstream.submodule);
        let held: Vec<f32> = output.iter().zip(&step).map(|(value, step)| value + step).collect();
        let change = |output: &[f32]| -> f64 {
            let now = of(&plain.codes_of(down, output, &cancel).unwrap(), downstream);
            let at = |position: usize| {
                let token = tokens.start + position;
                let at = (group.output(0, downstream.submodule, token), &group.clean(down)[token]);
                let gradient = &gradient[position * WIDTH..(position + 1) * WIDTH];
                let target = Target::Feature(downstream.index.0);
                let (_, left) = plain.target_derivative(down, target, at, gradient).unwrap();
                f64::from(left) * f64::from(now[position] - before[position])
            };
            (0..positions).map(at).sum::<f64>() / plain.pairs as f64
        };
        measured += change(&seen[&downstream.submodule][0]);
        direct += change(&held);
    }
    (measured, direct, silent)
}

/// A small move of an output moves the target as its derivative says.
#[test]
fn pulled_back_gradients_agree_with_finite_differences() {
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let cancel = Cancel::default();
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let [group] = &plain.groups[..] else { panic!("one length") };
        for (earlier, later) in
            [("attn_0", "mlp_1"), ("resid_0", "attn_2"), ("mlp_1", "resid_2"), ("resid_0", "resid_1"), ("embed", "attn_1")]
        {
            let [earlier, later]: [Submodule; 2] = [earlier, later].map(|name| name.parse().unwrap());
            let upstream: Vec<Vec<f32>> = group.traces[1].iter().map(|trace| trace.output(later).to_vec()).collect();
            let pulled = plain.pulled_back(group, later, &upstream, &cancel).unwrap();
            let place = Trace::part(earlier, 3);
            for (pair, pulled) in pulled.iter().enumerate() {
                let size = group.positions * WIDTH;
                let gradient = &pulled[place * size..(place + 1) * size];
                // Along the gradient itself rounding matters least.
                let norm = dot(gradient, gradient).sqrt();
                let along = |sign: f32| {
                    let step: Vec<f32> = gradient.iter().map(|value| sign * 0.02 / norm * value).collect();
                    let (_, seen) = plain.moved(group, earlier, &[(pair, step)], &[later], &cancel).unwrap();
                    dot(&seen[&later][0], &upstream[pair])
                };
                let (found, expected) = ((along(1.0) - along(-1.0)) / 0.04, norm);
                let what = format!("{backend} {earlier} to {later}, pair {pair}");
                assert!((found - expected).abs() <= 0.01 * expected + 1e-3, "{what}: {found}, gradient says {expected}");
            }
        }
    }
}

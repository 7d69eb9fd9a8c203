//! Edges and steering with dictionaries that scale each token, or read it centred.

use saescope::core::causal::steering::Positions;
use saescope::core::submodule::{FeatureId, FeatureIndex};
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::edges::{STEPS, edges};
use saescope::engine::causal::plain::{Group, Plain, Sides};
use saescope::engine::causal::steering::Steering;
use saescope::engine::causal::tracing::{activation, decoder_row};
use saescope::engine::dictionary::Dictionary;
use saescope::engine::dictionary::arithmetic::{Arithmetic, Frame, Scale};
use saescope::engine::lanes::dot;

use super::support::{cpu_backends, reference_dictionaries, reference_model};
use super::{assert_near, pairs};

const WIDTH: usize = 64;

/// The reference's dictionaries with another scale and frame than their files say.
fn scaled(scale: Scale, frame: Frame) -> Vec<Dictionary> {
    let scaled = |dictionary: Dictionary| {
        let arithmetic = Arithmetic { scale, frame, ..dictionary.arithmetic().clone() };
        dictionary.computing(arithmetic)
    };
    reference_dictionaries("saelens").into_iter().map(scaled).collect()
}

/// The two features of `submodule` that move and are moved most along the metric's gradient, where they are active in clean prompts.
fn strongest(plain: &Plain<'_>, group: &Group, submodule: &str) -> [FeatureId; 2] {
    let submodule = submodule.parse().unwrap();
    let dictionary = plain.dictionary(submodule).unwrap();
    let [clean, patch] = [0, 1].map(|side| plain.written_in(group, side, dictionary));
    let gradients = plain.metric_gradients(group, submodule, STEPS, &Cancel::default()).unwrap().concat();
    let mut strengths: Vec<(f64, u32)> = (0..plain.dictionaries[dictionary].features() as u32)
        .map(|feature| {
            let row = decoder_row(&plain.dictionaries[dictionary], feature).unwrap();
            let lefts = gradients.chunks_exact(WIDTH).map(|gradient| f64::from(dot(gradient, &row)).abs());
            let [before, after] = [&clean, &patch].map(|codes| codes.iter().map(|codes| f64::from(activation(codes, feature))));
            let strength = |((before, after), left): ((f64, f64), f64)| left * before * (after - before).abs();
            (before.zip(after).zip(lefts).map(strength).sum(), feature)
        })
        .collect();
    strengths.sort_by(|one, other| other.0.total_cmp(&one.0));
    [0, 1].map(|place| FeatureId { submodule, index: FeatureIndex(strengths[place].1) })
}

/// The edge between two features by runs in which the upstream one moves a little, in both directions.
fn by_differences(plain: &Plain<'_>, group: &Group, upstream: FeatureId, downstream: FeatureId) -> f64 {
    const SHARE: f32 = 0.02;
    let cancel = Cancel::default();
    let [up, down] = [upstream, downstream].map(|feature| plain.dictionary(feature.submodule).unwrap());
    let [row, later] = [(up, upstream), (down, downstream)]
        .map(|(dictionary, feature)| decoder_row(&plain.dictionaries[dictionary], feature.index.0).unwrap());
    let gradients = plain.metric_gradients(group, downstream.submodule, STEPS, &cancel).unwrap();
    let [clean, patch] = [0, 1].map(|side| plain.written_in(group, side, up));
    let mut sum = 0.0;
    for (pair, gradient) in gradients.iter().enumerate() {
        let along = |share: f32| -> f64 {
            let tokens = pair * group.positions..(pair + 1) * group.positions;
            let delta =
                tokens.map(|token| activation(&patch[token], upstream.index.0) - activation(&clean[token], upstream.index.0));
            let step: Vec<f32> = delta.flat_map(|delta| row.iter().map(move |weight| share * delta * weight)).collect();
            let (_, seen) = plain.moved(group, upstream.submodule, &[(pair, step)], &[downstream.submodule], &cancel).unwrap();
            let written = plain.written_at(down, &seen[&downstream.submodule][0], &cancel).unwrap();
            let lefts = gradient.chunks_exact(WIDTH).map(|gradient| dot(gradient, &later));
            written.iter().zip(lefts).map(|(codes, left)| f64::from(left * activation(codes, downstream.index.0))).sum()
        };
        sum += (along(SHARE) - along(-SHARE)) / f64::from(2.0 * SHARE);
    }
    sum / plain.pairs as f64
}

#[test]
fn edges_agree_with_finite_differences() {
    let cancel = Cancel::default();
    let compute = reference_model(cpu_backends()[0]);
    for (scale, frame) in [
        (Scale::LayerNorm, Frame::Raw),
        (Scale::ConstantNorm, Frame::Raw),
        (Scale::ConstantNorm, Frame::Centred),
        (Scale::None, Frame::Centred),
    ] {
        let dictionaries = scaled(scale, frame);
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let [group] = &plain.groups[..] else { panic!("one length") };
        let features = ["attn_0", "resid_0", "mlp_1", "resid_1"].map(|submodule| strongest(&plain, group, submodule)).concat();
        let found = edges(&plain, &features, &mut |_| {}, &cancel).unwrap();
        let strong = found.iter().filter(|edge| edge.weight.abs() > 1e-4).count();
        assert!(found.len() == 24 && strong >= 8, "{scale:?} {frame:?}: {strong} of {}", found.len());
        for edge in found {
            let expected = by_differences(&plain, group, edge.upstream, edge.downstream);
            let what = format!("{scale:?} {frame:?} {} to {}", edge.upstream, edge.downstream);
            // A token at which a feature is barely on turns within the step; without the derivative of the scale they are a tenth apart.
            assert!((edge.weight - expected).abs() <= 0.04 * expected.abs() + 3e-6, "{what}: {}, not {expected}", edge.weight);
        }
    }
}

/// The row is added as the dictionary would write it: times the scale of the token.
#[test]
fn steering_writes_with_the_scale_of_the_token() {
    let cancel = Cancel::default();
    let compute = reference_model(cpu_backends()[0]);
    for scale in [Scale::LayerNorm, Scale::ConstantNorm] {
        let dictionaries = scaled(scale, Frame::Raw);
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let [group] = &plain.groups[..] else { panic!("one length") };
        let [feature, _] = strongest(&plain, group, "resid_2");
        let steering = Steering::new(&plain, feature).unwrap();
        assert!(steering.is_scaled());
        let found = steering.dose(&[3.0], Positions::Last, &mut |_| {}, &cancel).unwrap().remove(0).metrics;
        for (pair, place) in group.places.iter().enumerate() {
            let last = (pair + 1) * group.positions - 1;
            let x = group.output(0, feature.submodule, last);
            let factor = 3.0 * steering.dictionary.written(x).factor;
            let moved: Vec<f32> = x.iter().zip(&steering.row).map(|(value, weight)| value + factor * weight).collect();
            let expected = plain.metrics_of(&[&moved], &group.answers[pair..=pair], &cancel).unwrap()[0];
            assert_near(&format!("{scale:?} {pair}"), f64::from(found[*place]), f64::from(expected), 2e-5);
        }
    }
}

//! Side effects of edits against what they are defined by, computed in another way, on the reference model.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use saescope::core::causal::curve::Curve;
use saescope::core::causal::elsewhere::Neutral;
use saescope::core::causal::set::{FeatureSet, Part};
use saescope::core::causal::steering::Positions;
use saescope::core::causal::way::{ErrorTreatment, Way};
use saescope::core::submodule::FeatureId;
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::curve::{Plan, Texts, curve};
use saescope::engine::causal::elsewhere::{Around, Beside};
use saescope::engine::causal::neutral::Corpus;
use saescope::engine::causal::plain::{Pair, Plain, Sides};
use saescope::engine::causal::side_effects::{damage_of_steering, on_texts, plain_of};
use saescope::engine::causal::steering::Steering;
use saescope::engine::compute::Compute;
use saescope::engine::dictionary::Dictionary;
use saescope::engine::dictionary::codes::DecoderRows;
use support::{Prompts, cpu_backends, reference_dictionaries, reference_model};

/// A feature of the last residual, whose output goes straight into the logits.
const LAST: &str = "resid_2/56";

fn pairs() -> Vec<Pair> {
    let prompts = Prompts::of("names");
    let sides = prompts.clean.iter().zip(&prompts.patch).zip(prompts.answers());
    sides.map(|((clean, patch), answers)| Pair { clean: clean.clone(), patch: patch.clone(), answers }).collect()
}

fn logarithms(logits: &[f32]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
    logits.iter().map(|logit| f64::from(*logit) - sum.ln()).collect()
}

/// `KL(one || other)` of two lists of logits.
fn divergence(one: &[f32], other: &[f32]) -> f64 {
    let (one, other) = (logarithms(one), logarithms(other));
    one.iter().zip(&other).map(|(one, other)| one.exp() * (one - other)).sum()
}

/// The logits after each of the first `count` tokens of `text`, from a run of these tokens alone.
fn last_logits(compute: &dyn Compute, text: &[u32], count: usize) -> Vec<Vec<f32>> {
    (1..=count).map(|length| compute.last_logits(&[&text[..length]], &Cancel::default()).unwrap()).collect()
}

/// The logits after each predicting token of a plain run whose last output is changed by `change` at each token.
fn changed_logits(plain: &Plain<'_>, change: impl Fn(usize) -> Vec<f32>) -> Vec<Vec<f32>> {
    let (group, config) = (&plain.groups[0], plain.compute.config());
    let end = group.traces[0][0].entering(config.layers);
    let of = |(position, stream): (usize, &[f32])| {
        let stream: Vec<f32> = stream.iter().zip(change(position)).map(|(value, change)| value + change).collect();
        plain.compute.end_logits(&[&stream], &Cancel::default()).unwrap()
    };
    end.chunks_exact(config.width).enumerate().take(group.positions - 1).map(of).collect()
}

fn assert_is_that_of_plain_from_edited(found: f64, plain: &[Vec<f32>], edited: &[Vec<f32>]) -> f64 {
    let sum =
        |one: &[Vec<f32>], other: &[Vec<f32>]| -> f64 { one.iter().zip(other).map(|(one, other)| divergence(one, other)).sum() };
    let (expected, reverse) = (sum(plain, edited), sum(edited, plain));
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    assert!((expected - reverse).abs() > 1e-3, "the two directions are told apart: {expected}, {reverse}");
    expected
}

#[test]
fn the_divergence_of_steering_is_that_of_the_plain_from_the_edited_predictions() {
    let cancel = Cancel::default();
    let text = pairs()[0].clean.clone();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let texts = plain_of(compute.as_ref(), &dictionaries, std::slice::from_ref(&text), &cancel).unwrap();
        let steering = Steering::new(&texts, LAST.parse().unwrap()).unwrap();
        let damage = damage_of_steering(&steering, &[20.0], &mut |_| {}, &cancel).unwrap();
        let plain = last_logits(compute.as_ref(), &text, text.len() - 1);
        let edited = changed_logits(&texts, |_| steering.row.iter().map(|weight| 20.0 * weight).collect());
        let found = damage[0].divergence.mean.unwrap() * damage[0].tokens as f64;
        let expected = assert_is_that_of_plain_from_edited(found, &plain, &edited);
        assert!((expected - STEERED).abs() < 1e-4, "{expected}");
        let loss = |logits: &[Vec<f32>]| -> f64 {
            logits.iter().zip(&text[1..]).map(|(logits, next)| -logarithms(logits)[*next as usize]).sum()
        };
        let change = damage[0].loss_change.mean.unwrap() * damage[0].tokens as f64;
        assert!((change - (loss(&edited) - loss(&plain))).abs() < 1e-4, "{change}");
    }
}

/// `KL(plain || edited)` in nats of the text of the first pair, when 20 times the decoder row is added to the last output.
const STEERED: f64 = 4.238_66;

/// On neutral text features take their mean over all tokens of the clean prompts of the pairs.
#[test]
fn means_on_neutral_text_are_those_of_the_pairs() {
    let cancel = Cancel::default();
    let text = pairs()[0].patch.clone();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let prompts = Plain::new(compute.as_ref(), &dictionaries, &pairs(), Sides::Clean, &cancel).unwrap();
        let texts = plain_of(compute.as_ref(), &dictionaries, std::slice::from_ref(&text), &cancel).unwrap();
        let features: Vec<FeatureId> = active(&texts, LAST.parse::<FeatureId>().unwrap());
        let members = features.iter().map(|feature| feature.to_string().parse().unwrap()).collect();
        let edit: Vec<Part> = FeatureSet { name: "a".to_owned(), members }.parts(&texts.sizes()).unwrap();
        let how = (Way::MeanAll, ErrorTreatment::Recomputed);
        let found = on_texts(&prompts, &texts, &[edit], how, &mut |_| {}, &cancel).unwrap()[0][0];
        let plain = last_logits(compute.as_ref(), &text, text.len() - 1);
        let edited = changed_logits(&texts, |position| to_means(&prompts, &texts, &dictionaries, &features, position));
        let expected = assert_is_that_of_plain_from_edited(found.divergence, &plain, &edited);
        assert!((expected - AT_THEIR_MEANS).abs() < 1e-4, "{expected}");
    }
}

/// `KL(plain || edited)` in nats of the patch prompt of the first pair, when the features of the last output that are active in it take
/// their means over the clean prompts.
const AT_THEIR_MEANS: f64 = 3.256_18;

/// All features of the dictionary of `feature` that are active in the text.
fn active(texts: &Plain<'_>, feature: FeatureId) -> Vec<FeatureId> {
    let dictionary = texts.dictionary(feature.submodule).unwrap();
    let codes = texts.groups[0].clean(dictionary).iter().flat_map(|codes| codes.iter());
    let mut found: Vec<FeatureId> = codes.map(|(index, _)| format!("{}/{index}", feature.submodule).parse().unwrap()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What the output at `position` of the text gains when `features` take their means over all tokens of the prompts.
fn to_means(
    prompts: &Plain<'_>,
    texts: &Plain<'_>,
    dictionaries: &[Dictionary],
    features: &[FeatureId],
    position: usize,
) -> Vec<f32> {
    let place = texts.dictionary(features[0].submodule).unwrap();
    let rows =
        DecoderRows::read(&dictionaries[place], features.iter().map(|feature| feature.index.0), &Cancel::default()).unwrap();
    let value = |codes: &saescope::engine::dictionary::codes::TokenCodes, index: u32| {
        codes.iter().find(|(other, _)| *other == index).map_or(0.0, |(_, value)| *value)
    };
    let mut change = vec![0.0; dictionaries[place].width()];
    for feature in features {
        let index = feature.index.0;
        let tokens: Vec<f32> =
            prompts.groups.iter().flat_map(|group| group.clean(place)).map(|codes| value(codes, index)).collect();
        let mean = tokens.iter().sum::<f32>() / tokens.len() as f32;
        let step = mean - value(&texts.groups[0].clean(place)[position], index);
        change.iter_mut().zip(rows.row(index)).for_each(|(change, weight)| *change += step * weight);
    }
    change
}

/// A view whose prompts are too short for the position that is steered is not measured, and everything else is.
#[test]
fn a_view_without_the_steered_position_is_named_with_the_reason() {
    let cancel = Cancel::default();
    let (compute, dictionaries) = (reference_model(cpu_backends()[0]), reference_dictionaries("saelens"));
    let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs(), Sides::Both, &cancel).unwrap();
    let cut = |pair: Pair| Pair { clean: pair.clean[..2].to_vec(), patch: pair.patch[..2].to_vec(), ..pair };
    let beside = |name: &str, pairs: Vec<Pair>| Beside { name: name.to_owned(), pairs, dropped: 0 };
    let around = Around {
        text: Ok(Corpus { name: "texts".to_owned(), tokens: vec![vec![1, 2, 3]] }),
        others: vec![beside("short", pairs().into_iter().map(cut).collect()), beside("long", pairs())],
    };
    let feature = "resid_1/364".parse().unwrap();
    let found = around.steered(&plain, feature, &[5.0, 1e30], Positions::At(2), &mut |_| {}, &cancel).unwrap();
    let [short] = found.unmeasured.as_slice() else { panic!("{found:?}") };
    assert!(short.name == "short" && short.why.starts_with("position 2: there are prompts of 2 tokens"), "{short:?}");
    // A norm after the steered output bounds what a large multiple does.
    assert!(matches!(&found.text, Neutral::Measured(_, damages) if damages.len() == 2), "{:?}", found.text);
    let beside = around.steered(&plain, feature, &[5.0, f32::INFINITY], Positions::At(2), &mut |_| {}, &cancel).unwrap();
    assert_eq!(beside.damage(0), found.damage(0));
    assert_eq!(beside.damage(1).map(|damage| damage.divergence.mean), Some(None));
    assert_eq!((beside.others[0].bias[0].mean, beside.others[0].bias[1].mean), (found.others[0].bias[0].mean, None));
    let found = around.steered(&plain, feature, &[5.0], Positions::At(2), &mut |_| {}, &cancel).unwrap();
    assert_eq!(found.others.iter().map(|other| other.name.as_str()).collect::<Vec<_>>(), ["long"]);
    let expected = Steering::new(&plain, feature).unwrap().metrics(&[5.0], Positions::At(2), &cancel).unwrap();
    let mean = |metrics: &[f32]| metrics.iter().map(|metric| f64::from(*metric)).sum::<f64>() / metrics.len() as f64;
    let share = 1.0 - mean(&expected[0]) / mean(&plain.metrics(&cancel).unwrap());
    assert!((found.others[0].bias[0].mean.unwrap() - share).abs() < 1e-6);
    // Codes, which steering does not read, change nothing.
    assert_eq!(found.damages().len(), 1);
    // Features take values of pairs, token by token: neutral text has none.
    let sets = [FeatureSet { name: "a".to_owned(), members: vec!["resid_1/364".parse().unwrap()] }];
    let how = (Way::Resample, ErrorTreatment::Recomputed);
    let found = around.ablated(&plain, &sets, how, &mut |_| {}, &cancel).unwrap();
    assert!(matches!(&found.text, Neutral::Unmeasured(why) if why.starts_with("way resample")));
    assert_eq!((found.way, found.others.len(), found.unmeasured.len()), (Some(Way::Resample), 2, 0));
    cancel.cancel();
    assert!(around.ablated(&plain, &sets, how, &mut |_| {}, &cancel).unwrap_err().is_cancelled());
}

/// The curve of the pairs is whole where texts cannot be run, and where features have no values on them.
#[test]
fn a_curve_whose_damage_cannot_be_measured_is_whole_and_says_why() {
    let cancel = Cancel::default();
    let (compute, dictionaries) = (reference_model(cpu_backends()[0]), reference_dictionaries("saelens"));
    let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs(), Sides::Both, &cancel).unwrap();
    let strongest: Vec<FeatureId> = ["resid_1/364", "resid_1/306"].map(|name| name.parse().unwrap()).to_vec();
    let of = |way: Way, texts: &Texts<'_>| {
        let pool: Vec<(FeatureId, f32)> = strongest.iter().map(|feature| (*feature, 1.0)).collect();
        let wanted =
            Plan { strongest: &strongest, sizes: &[1, 2], pool: &pool, controls: 1, seed: 12, texts, damage_of_controls: false };
        let mut rungs = Vec::new();
        let mut heard = |so_far: &Curve| rungs.push(so_far.rungs.len());
        let found = curve(&plain, &wanted, (way, ErrorTreatment::Recomputed), &mut |_| {}, &mut heard, &cancel).unwrap();
        assert_eq!(rungs, [1, 2]);
        found
    };
    let corpus = |tokens: &[u32]| Corpus { name: "texts".to_owned(), tokens: vec![tokens.to_vec()] };
    let texts = |tokens: &[u32]| Texts::of(&plain, Ok(&corpus(tokens)), &cancel).unwrap();
    let measured = of(Way::Zero, &texts(&[1, 2, 3]));
    assert!(measured.rungs.iter().all(|rung| rung.damage.is_some()) && measured.not_measured().is_none());
    for (way, texts, why) in [
        (Way::Zero, texts(&[1]), "corpus: has no text of two tokens"),
        (Way::Resample, texts(&[1, 2, 3]), "way resample"),
        (Way::Zero, Texts::of(&plain, Err("there is no tokenizer"), &cancel).unwrap(), "there is no tokenizer"),
    ] {
        let found = of(way, &texts);
        assert!(found.rungs.iter().all(|rung| rung.damage.is_none()) && !found.broken_off, "{found:?}");
        let said = found.not_measured().unwrap();
        assert!(said.starts_with(&format!("Neutral text: not measured, since {why}")), "{said}");
        let without = of(way, &Texts::None);
        assert_eq!((&without.rungs, without.unmeasured), (&found.rungs, None));
    }
    cancel.cancel();
    assert!(Texts::of(&plain, Ok(&corpus(&[1, 2, 3])), &cancel).is_err());
}

//! Curves, searches, side effects and comparisons of methods, against what they are made of.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use saescope::core::causal::curve::Curve;
use saescope::core::causal::set::{FeatureSet, Part};
use saescope::core::causal::side_effects::Damage;
use saescope::core::causal::steering::Positions;
use saescope::core::causal::way::{ErrorTreatment, Way};
use saescope::core::quadrature::{Quadrature, Rule};
use saescope::core::request::Settings;
use saescope::core::run::Method;
use saescope::core::submodule::{FeatureId, FeatureIndex};
use saescope::engine::attribution::attribute;
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::ablation::{ablate, expect_finite, metrics};
use saescope::engine::causal::approximation::compare;
use saescope::engine::causal::curve::{Plan, Texts, curve};
use saescope::engine::causal::plain::{Group, Pair, Plain, Sides};
use saescope::engine::causal::search::search;
use saescope::engine::causal::side_effects::{damage_of_steering, on_texts, plain_of};
use saescope::engine::causal::steering::Steering;
use saescope::engine::dictionary::Dictionary;
use saescope::engine::dictionary::arithmetic::{Arithmetic, Frame, Scale};
use saescope::engine::dictionary::codes::TokenCodes;
use saescope::engine::dictionary::folder;
use saescope::engine::dictionary::host::Host;

use super::support::{self, Prompts, cpu_backends, reference_dictionaries, reference_model};
use super::{assert_near, pairs};

const WAY: (Way, ErrorTreatment) = (Way::Zero, ErrorTreatment::Recomputed);

fn set(members: &[&str]) -> FeatureSet {
    FeatureSet { name: "a".to_owned(), members: members.iter().map(|member| member.parse().unwrap()).collect() }
}

fn parts(plain: &Plain<'_>, members: &[&str]) -> Vec<Part> {
    set(members).parts(&plain.sizes()).unwrap()
}

fn feature(name: &str) -> FeatureId {
    let (submodule, index) = name.split_once('/').unwrap();
    FeatureId { submodule: submodule.parse().unwrap(), index: FeatureIndex(index.parse().unwrap()) }
}

/// Features of the reference that are active in its prompts.
const ACTIVE: [&str; 6] = ["resid_1/364", "resid_1/306", "attn_0/476", "mlp_0/91", "attn_1/178", "resid_2/56"];

#[test]
fn a_curve_is_the_ablation_of_its_sets() {
    let cancel = Cancel::default();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let strongest = ACTIVE.map(feature);
        let pool: Vec<(FeatureId, f32)> = strongest.iter().zip(0..).map(|(feature, effect)| (*feature, effect as f32)).collect();
        let wanted = Plan {
            strongest: &strongest[..4],
            sizes: &[1, 2, 3, 4],
            pool: &pool,
            controls: 2,
            seed: 12,
            texts: &Texts::None,
            damage_of_controls: false,
        };
        let how = (Way::Zero, ErrorTreatment::Recomputed);
        let mut sizes = Vec::new();
        let heard = &mut |so_far: &Curve| sizes.push(so_far.rungs.len());
        let found = curve(&plain, &wanted, how, &mut |_| {}, heard, &cancel).unwrap();
        assert_eq!(sizes, [1, 2, 3, 4]);
        assert_eq!(found, curve(&plain, &wanted, how, &mut |_| {}, &mut |_| {}, &cancel).unwrap());
        assert_eq!(found.rungs.iter().map(|rung| rung.size).collect::<Vec<_>>(), [1, 2, 3, 4]);
        for rung in &found.rungs {
            let alone = ablate(&plain, &[set(&ACTIVE[..rung.size])], WAY.0, WAY.1, &mut |_| {}, &cancel).unwrap();
            let expected = saescope::core::causal::scores::Scores::of(&alone);
            for (found, expected) in [
                (&rung.strongest.bias, &expected.sets[0].bias),
                (&rung.strongest.faithfulness, &expected.sets[0].faithfulness),
                (&found.all, &expected.all),
                (&found.empty, &expected.empty),
            ] {
                assert_near(&format!("{backend} {}", rung.size), found.mean.unwrap(), expected.mean.unwrap(), 1e-4);
            }
            assert!(rung.controls.iter().all(|controls| controls.bias.as_ref().unwrap().values.len() == 2));
        }
    }
}

#[test]
fn a_search_finds_the_subset_that_leaves_least() {
    let cancel = Cancel::default();
    let (compute, dictionaries) = (reference_model(cpu_backends()[0]), reference_dictionaries("saelens"));
    let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
    let found = search(&plain, &ACTIVE.map(feature), WAY.0, WAY.1, &mut |_| {}, &mut |_| {}, &cancel).unwrap();
    let left = |members: &[&str]| {
        let metrics = metrics(&plain, &[parts(&plain, members)], WAY.0, WAY.1, &mut |_| {}, &cancel).unwrap();
        (metrics[0].iter().map(|metric| f64::from(*metric)).sum::<f64>() / metrics[0].len() as f64).abs()
    };
    let of_bits =
        |bits: usize| ACTIVE.into_iter().enumerate().filter(move |(place, _)| bits >> place & 1 == 1).map(|(_, name)| name);
    let least = (0..64_usize).map(|bits| left(&of_bits(bits).collect::<Vec<_>>())).fold(f64::INFINITY, f64::min);
    let exhaustive = found.exhaustive.unwrap();
    let names: Vec<String> = exhaustive.features.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_near("least", left(&names), least, 1e-5);
    // Each step of the greedy search leaves less than the one before, and none less than the best of all subsets.
    let mut steps: Vec<String> = Vec::new();
    let mut before = left(&[]);
    assert!(!found.greedy.is_empty());
    for (added, bias) in &found.greedy {
        steps.push(added.to_string());
        let now = left(&steps.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(now < before && now >= least - 1e-5, "{steps:?}: {now}, {before}, {least}");
        assert_near("bias", (1.0 - bias.mean.unwrap()).abs(), now / left(&[]), 1e-4);
        before = now;
    }
}

/// The last token of a text changes nothing before it, so two texts that differ in it alone differ in their loss by the difference of two
/// logits: the metric.
#[test]
fn the_loss_of_an_answer_follows_the_metric() {
    let cancel = Cancel::default();
    let pairs = pairs("names");
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs, Sides::Both, &cancel).unwrap();
        let answered = |answer: fn(&saescope::engine::compute::Answers) -> u32| -> Vec<Vec<u32>> {
            pairs.iter().map(|pair| pair.clean.iter().copied().chain([answer(&pair.answers)]).collect()).collect()
        };
        let texts = [answered(|answers| answers.clean), answered(|answers| answers.patch)];
        let texts = texts.map(|texts| plain_of(compute.as_ref(), &dictionaries, &texts, &cancel).unwrap());
        let edits =
            [parts(&plain, &[]), parts(&plain, &["mlp_1/1"]), parts(&plain, &ACTIVE), parts(&plain, &["resid_2", "attn_0"])];
        for error in ErrorTreatment::ALL {
            let expected = metrics(&plain, &edits, Way::Zero, error, &mut |_| {}, &cancel).unwrap();
            let [clean, patch] =
                [0, 1].map(|side| on_texts(&plain, &texts[side], &edits, (Way::Zero, error), &mut |_| {}, &cancel).unwrap());
            for (edit, expected) in expected.iter().enumerate() {
                for (pair, expected) in expected.iter().enumerate() {
                    let found = clean[edit][pair].loss_after - patch[edit][pair].loss_after;
                    assert_near(&format!("{backend} {error}, edit {edit}, pair {pair}"), found, f64::from(*expected), 1e-4);
                    let sums = clean[edit][pair];
                    assert!(sums.tokens == 5 && sums.divergence >= -1e-6, "{sums:?}");
                    if edit < 2 {
                        // What is never active changes nothing.
                        assert_near("loss", sums.loss_after, sums.loss_before, 1e-4);
                        assert!(sums.divergence.abs() < 1e-5, "{sums:?}");
                    }
                    if edit > 2 {
                        assert!(sums.divergence > 1e-4, "{sums:?}");
                    }
                }
            }
        }
        let refused = on_texts(&plain, &texts[0], &edits, (Way::Resample, ErrorTreatment::Clean), &mut |_| {}, &cancel);
        assert!(refused.unwrap_err().to_string().contains("zero or mean_all"));
    }
}

/// The same of steering: where every position is steered, the loss of an answer follows the metric.
#[test]
fn the_loss_of_an_answer_follows_the_steered_metric() {
    const COEFFICIENTS: [f32; 3] = [-10.0, 0.0, 5.0];
    let cancel = Cancel::default();
    let pairs = pairs("names");
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs, Sides::Both, &cancel).unwrap();
        let unsteered = plain.metrics(&cancel).unwrap();
        for steered in ["resid_1/364", "attn_0/476", "mlp_0/91"].map(feature) {
            let expected = Steering::new(&plain, steered).unwrap().metrics(&COEFFICIENTS, Positions::All, &cancel).unwrap();
            let of_texts = |answer: fn(&saescope::engine::compute::Answers) -> u32| {
                let text = |pair: &Pair| pair.clean.iter().copied().chain([answer(&pair.answers)]).collect();
                let texts: Vec<Vec<u32>> = pairs.iter().map(text).collect();
                let texts = plain_of(compute.as_ref(), &dictionaries, &texts, &cancel).unwrap();
                damage_of_steering(&Steering::new(&texts, steered).unwrap(), &COEFFICIENTS, &mut |_| {}, &cancel).unwrap()
            };
            let (clean, patch) = (of_texts(|answers| answers.clean), of_texts(|answers| answers.patch));
            for (place, expected) in expected.iter().enumerate() {
                let changes = |damage: &Damage| damage.loss_change.per_example.clone();
                let changes = changes(&clean[place]).into_iter().zip(changes(&patch[place]));
                for (pair, (clean, patch)) in changes.enumerate() {
                    // A text's own change is a mean over its tokens.
                    let found = pairs[pair].clean.len() as f64 * (clean.unwrap() - patch.unwrap());
                    let expected = f64::from(expected[pair]) - f64::from(unsteered[pair]);
                    assert_near(&format!("{backend} {steered}, {}", COEFFICIENTS[place]), found, expected, 1e-4);
                }
                let divergence = clean[place].divergence.mean.unwrap();
                if COEFFICIENTS[place] == 0.0 {
                    assert_eq!((divergence, clean[place].loss_change.mean), (0.0, Some(0.0)));
                } else {
                    assert!(divergence > 1e-4, "{divergence}");
                }
            }
        }
    }
}

/// The loss before any edit is that of the model's own logits.
#[test]
fn the_plain_loss_is_that_of_the_logits() {
    let cancel = Cancel::default();
    let (compute, dictionaries) = (reference_model(cpu_backends()[0]), reference_dictionaries("saelens"));
    let text = pairs("names")[0].clean.clone();
    let plain = plain_of(compute.as_ref(), &dictionaries, std::slice::from_ref(&text), &cancel).unwrap();
    let found = on_texts(&plain, &plain, &[parts(&plain, &[])], WAY, &mut |_| {}, &cancel).unwrap()[0][0];
    let loss = |length: usize| {
        let logits = compute.last_logits(&[&text[..length]], &cancel).unwrap();
        let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
        sum.ln() - f64::from(logits[text[length] as usize])
    };
    assert_near("loss", found.loss_before, (1..text.len()).map(loss).sum(), 1e-4);
    assert!(plain_of(compute.as_ref(), &dictionaries, &[vec![3]], &cancel).is_err());
}

#[test]
fn compared_methods_are_those_of_the_attribution() {
    let cancel = Cancel::default();
    let examples = Prompts::of("names").examples();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let of = |method: Method| {
            let settings = Settings { method, rule: Rule::Riemann, steps: 10, batch: 8, detail: 0 };
            let views = &support::views(&examples, None)[..1];
            attribute(compute.as_ref(), &dictionaries, views, settings, &mut |_| {}, &cancel).unwrap().remove(0)
        };
        let [ig, attrib, exact] = [Method::Ig, Method::Attrib, Method::Exact].map(of);
        let found = compare(&plain, &ACTIVE.map(feature), Quadrature::riemann(10), &mut |_| {}, &mut |_| {}, &cancel).unwrap();
        assert!(found.features.iter().filter(|(_, effects)| effects.exact.abs() > 1e-3).count() > 3, "{found:?}");
        for (feature, effects) in &found.features {
            for (name, found, view) in
                [("ig", effects.ig, &ig), ("attrib", effects.attrib, &attrib), ("exact", effects.exact, &exact)]
            {
                assert_near(&format!("{backend} {name} {feature}"), found, f64::from(view.effect(*feature)), 2e-5);
            }
        }
        for (submodule, effects) in &found.errors {
            for (name, found, view) in
                [("ig", effects.ig, &ig), ("attrib", effects.attrib, &attrib), ("exact", effects.exact, &exact)]
            {
                let expected = f64::from(view.submodule(*submodule).unwrap().error.effect);
                assert_near(&format!("{backend} {name} error {submodule}"), found, expected, 5e-5);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, rng_seed: RngSeed::Fixed(12), failure_persistence: None, ..ProptestConfig::default() })]

    /// Dictionaries that scale each token, or read it centred: the same identities as without a scale.
    #[test]
    fn scaled_dictionaries_keep_the_identities(layer_norm: bool, centred: bool, members in prop::sample::subsequence(ACTIVE.to_vec(), 1..4)) {
        let cancel = Cancel::default();
        let scale = if layer_norm { Scale::LayerNorm } else { Scale::ConstantNorm };
        let frame = if centred { Frame::Centred } else { Frame::Raw };
        let compute = reference_model(cpu_backends()[0]);
        let dictionaries: Vec<_> = reference_dictionaries("saelens").into_iter().map(|dictionary| in_scale(dictionary.framed(frame), scale)).collect();
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &cancel).unwrap();
        let one = members[0].split_once('/').unwrap().0;
        let sets = [set(&[]), set(&["attn", "mlp", "resid"]), set(&members), set(&[one])];
        for way in Way::ALL {
            let mut of_one: Vec<Vec<f32>> = Vec::new();
            for error in ErrorTreatment::ALL {
                let found = ablate(&plain, &sets, way, error, &mut |_| {}, &cancel).unwrap();
                prop_assert_eq!((&found.sets[0].kept, &found.sets[0].removed), (&found.empty, &found.all));
                prop_assert_eq!((&found.sets[1].kept, &found.sets[1].removed), (&found.all, &found.empty));
                prop_assert!(found.sets[2].removed.iter().all(|metric| metric.is_finite()));
                of_one.push(found.sets[3].removed.clone());
            }
            // Within one submodule nothing came before, so the error of the modified output is that of the clean run.
            for (recomputed, touched) in of_one[0].iter().zip(&of_one[1]) {
                prop_assert!((recomputed - touched).abs() <= 1e-4 * (1.0 + recomputed.abs()), "{}: {} {}", way, recomputed, touched);
            }
        }
    }
}

/// The dictionary with another scale than its files say.
fn in_scale(dictionary: Dictionary, scale: Scale) -> Dictionary {
    let arithmetic = Arithmetic { scale, ..dictionary.arithmetic().clone() };
    dictionary.computing(arithmetic)
}

/// A feature set to 0 in a dictionary that scales each token: the output loses what the feature wrote there.
#[test]
fn what_a_scaled_feature_wrote_is_taken_out() {
    use saescope::engine::dictionary::codes::{DecoderRows, active_features, reconstruction_errors};
    let cancel = Cancel::default();
    let compute = reference_model(cpu_backends()[0]);
    let scaled = |dictionary| in_scale(dictionary, Scale::LayerNorm);
    let dictionaries: Vec<_> = reference_dictionaries("saelens").into_iter().map(scaled).collect();
    let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Clean, &cancel).unwrap();
    let [group] = &plain.groups[..] else { panic!("one length") };
    let place = plain.dictionary("mlp_2".parse().unwrap()).unwrap();
    let dictionary = &dictionaries[place];
    // The last layer, of whose output the metric reads the last position alone: what the MLP puts out is added to the stream there.
    let last = group.positions - 1;
    let active = |pair: &usize| group.clean(place)[pair * group.positions + last].len();
    let pair = (0..group.places.len()).max_by_key(active).unwrap();
    let codes = &group.clean(place)[pair * group.positions + last];
    let width = dictionary.width();
    let output = &group.traces[0][pair].output(dictionary.submodule())[last * width..];
    let decoder = DecoderRows::read(dictionary, active_features(std::slice::from_ref(codes)), &cancel).unwrap();
    let error = reconstruction_errors(dictionary, &[output], std::slice::from_ref(codes), &decoder);
    let feature = codes.iter().max_by(|one, other| one.1.total_cmp(&other.1)).unwrap().0;
    let written = dictionary.written(output);
    let expected: Vec<f32> = (0..width)
        .map(|index| {
            let others = codes.iter().filter(|(other, _)| *other != feature);
            let sum: f32 = others.map(|(other, activation)| activation * decoder.row(*other)[index]).sum();
            written.factor * (sum + dictionary.decoder_bias()[index]) + written.offset + error[index]
        })
        .collect();
    let mut stream = group.traces[0][pair].entering(3).to_vec();
    let changed = stream[last * width..].iter_mut().zip(expected.iter().zip(output));
    changed.for_each(|(value, (expected, output))| *value += expected - output);
    let expected = plain.metrics_of(&[&stream], &group.answers[pair..=pair], &cancel).unwrap()[0];
    let edit = parts(&plain, &[&format!("mlp_2/{feature}")]);
    // With clean errors everywhere the last residual would be frozen, too.
    for error in [ErrorTreatment::Recomputed, ErrorTreatment::CleanTouched] {
        let found =
            metrics(&plain, std::slice::from_ref(&edit), Way::Zero, error, &mut |_| {}, &cancel).unwrap()[0][group.places[pair]];
        assert_near(&error.to_string(), f64::from(found), f64::from(expected), 2e-5);
    }
    let plain_metric = plain.metrics(&cancel).unwrap()[group.places[pair]];
    assert!((plain_metric - expected).abs() > 1e-3, "{plain_metric}, {expected}");
}

/// What a coefficient does whose streams are not finite is not known; what the others do is, all the same.
#[test]
fn an_edit_that_is_not_finite_leaves_the_numbers_of_the_others() {
    let cancel = Cancel::default();
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let prompts = pairs("names");
        let plain = Plain::new(compute.as_ref(), &dictionaries, &prompts, Sides::Clean, &cancel).unwrap();
        let texts: Vec<Vec<u32>> = prompts.iter().map(|pair| pair.clean.clone()).collect();
        let texts = plain_of(compute.as_ref(), &dictionaries, &texts, &cancel).unwrap();
        let damage = |coefficients: &[f32]| {
            let steering = Steering::new(&texts, feature("resid_1/364")).unwrap();
            damage_of_steering(&steering, coefficients, &mut |_| {}, &cancel).unwrap()
        };
        let beside = damage(&[2.0, f32::INFINITY, -1.0]);
        assert_eq!((&beside[..1], &beside[2..]), (&damage(&[2.0])[..], &damage(&[-1.0])[..]), "{backend}");
        assert_eq!((beside[1].divergence.mean, beside[1].loss_change.mean), (None, None), "{backend}");
        let steering = Steering::new(&plain, feature("resid_1/364")).unwrap();
        let metrics = |coefficients: &[f32]| steering.metrics(coefficients, Positions::All, &cancel).unwrap();
        let found = metrics(&[2.0, f32::INFINITY]);
        assert_eq!(found[0], metrics(&[2.0])[0], "{backend}");
        assert!(found[1].iter().all(|metric| !metric.is_finite()), "{backend}: {:?}", found[1]);
        let refused = steering.dose(&[2.0, f32::INFINITY], Positions::All, &mut |_| {}, &cancel).unwrap_err().to_string();
        assert!(refused.contains("not a finite number with the coefficient inf"), "{refused}");
    }
}

/// An encoder finds no feature in what is no number, and errors of the clean run would take its place: a run that overflowed would come
/// back as an ordinary one.
#[test]
fn a_run_that_overflowed_stays_one_under_every_treatment_of_the_error() {
    let cancel = Cancel::default();
    let files = tempfile::tempdir().unwrap();
    for folder in std::fs::read_dir(support::reference("saelens")).unwrap() {
        let folder = folder.unwrap();
        std::fs::create_dir(files.path().join(folder.file_name())).unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), files.path().join(folder.file_name()).join(file.file_name())).unwrap();
        }
    }
    let prompts = pairs("names");
    let compute = reference_model(cpu_backends()[0]);
    let plain_of = |dictionaries| Plain::new(compute.as_ref(), dictionaries, &prompts, Sides::Both, &cancel).unwrap();
    let before = reference_dictionaries("saelens");
    // On the patch side it is on, and on the clean side it is off: only a value from the patch side writes its row.
    let chosen = {
        let plain = plain_of(&before);
        let place = plain.dictionary("mlp_0".parse().unwrap()).unwrap();
        let active = |side: fn(&Group, usize) -> &[TokenCodes]| -> BTreeSet<u32> {
            let codes = plain.groups.iter().flat_map(|group| side(group, place).iter());
            codes.flat_map(|codes| codes.iter().map(|(index, _)| *index)).collect()
        };
        *active(Group::patch).difference(&active(Group::clean)).next().unwrap()
    };
    let path = files.path().join("0-mlp-sm/sae_weights.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let header = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let described: serde_json::Value = serde_json::from_slice(&bytes[8..header]).unwrap();
    let decoder = &described["W_dec"];
    let width = usize::try_from(decoder["shape"][1].as_u64().unwrap()).unwrap();
    let first = header + usize::try_from(decoder["data_offsets"][0].as_u64().unwrap()).unwrap() + 4 * width * chosen as usize;
    bytes[first..first + 4 * width].chunks_exact_mut(4).for_each(|value| value.copy_from_slice(&3e38_f32.to_le_bytes()));
    std::fs::write(&path, bytes).unwrap();
    let dictionaries = folder::open_all(&[files.path().to_owned()], &Host::plain(3, 64), &cancel).unwrap();
    let plain = plain_of(&dictionaries);
    let chosen = format!("mlp_0/{chosen}");
    let edits = [parts(&plain, &ACTIVE), parts(&plain, &[&chosen]), parts(&plain, &[&chosen, ACTIVE[0], ACTIVE[5]])];
    for error in ErrorTreatment::ALL {
        let found = metrics(&plain, &edits, Way::Resample, error, &mut |_| {}, &cancel).unwrap();
        let alone = metrics(&plain, &edits[..1], Way::Resample, error, &mut |_| {}, &cancel).unwrap();
        assert_eq!(found[0], alone[0], "{error}");
        for found in &found[1..] {
            assert!(found.iter().any(|metric| !metric.is_finite()), "{error}: {found:?}");
        }
        let refused = expect_finite(&found, |place| format!("edit {place}")).unwrap_err().to_string();
        assert!(refused.contains("when edit 1 is ablated"), "{refused}");
    }
    // Where errors are recomputed, there is no denominator either. Clean ones replace every output when every feature is ablated.
    let refused = ablate(&plain, &[set(&ACTIVE[..2])], Way::Resample, WAY.1, &mut |_| {}, &cancel).unwrap_err().to_string();
    assert!(refused.contains("when every feature is ablated"), "{refused}");
}

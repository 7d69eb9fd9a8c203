//! Ablation: the golden numbers, its identities, and what must not change a result.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use saescope::core::causal::scores::{Ablation, Score, Scores};
use saescope::core::causal::set::{FeatureSet, Member, Part};
use saescope::core::causal::way::{ErrorTreatment, Way};
use saescope::core::quadrature::Rule;
use saescope::core::request::{Backend, Settings};
use saescope::core::run::Method;
use saescope::core::submodule::Submodule;
use saescope::engine::attribution::attribute;
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::ablation::{ablate, metrics};
use saescope::engine::causal::plain::{Pair, Plain, Sides};
use saescope::engine::compute::{self, Answers, Compute};
use saescope::engine::dictionary::host::Host;
use saescope::engine::dictionary::{Dictionary, folder};
use saescope::engine::model::config::Config;
use saescope::engine::model::weight_files::WeightFiles;
use serde_json::Value;

use super::support::random::{Numbers, Shape, VOCABULARY, write_model};
use super::support::{self, Prompts, cpu_backends, reference_dictionaries, reference_model};
use super::{assert_near, golden, numbers, pairs};

fn set(name: &str, members: &[&str]) -> FeatureSet {
    FeatureSet { name: name.to_owned(), members: members.iter().map(|member| member.parse().unwrap()).collect() }
}

/// The sets of the reference, in order.
fn golden_sets(golden: &Value) -> Vec<FeatureSet> {
    let of = |(name, value): (&String, &Value)| {
        let features = value["features"].as_array().into_iter().flatten();
        let features = features.map(|pair| format!("{}/{}", pair[0].as_str().unwrap(), pair[1]));
        let submodules = value["submodules"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
        let members = features.chain(submodules).map(|member| member.parse().unwrap()).collect();
        FeatureSet { name: name.clone(), members }
    };
    golden["sets"].as_object().unwrap().iter().map(of).collect()
}

fn run(plain: &Plain<'_>, sets: &[FeatureSet], way: Way, error: ErrorTreatment) -> Ablation {
    ablate(plain, sets, way, error, &mut |_| {}, &Cancel::default()).unwrap()
}

fn assert_metric(what: &str, found: &Score, golden: &Value) {
    for (example, (found, golden)) in found.per_example.iter().zip(numbers(&golden["per_example"])).enumerate() {
        assert_near(&format!("{what}, example {example}"), found.unwrap(), golden, 2e-4);
    }
    assert_near(what, found.mean.unwrap(), golden["mean"].as_f64().unwrap(), 2e-4);
}

#[test]
fn golden_numbers_in_five_ways_with_three_treatments() {
    let golden = golden("ablation");
    let sets = golden_sets(&golden);
    assert_eq!(sets.len(), 29);
    for (backend, layout) in cpu_backends().into_iter().zip(["saelens", "dictionaries/tiny-neox"].into_iter().cycle()) {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries(layout));
        for data in ["names", "baseline"] {
            let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs(data), Sides::Both, &Cancel::default()).unwrap();
            for way in Way::ALL {
                for error in ErrorTreatment::ALL {
                    let scores = Scores::of(&run(&plain, &sets, way, error));
                    let expected = &golden[data][way.name()][error.name()];
                    let what = format!("{backend} {data} {way} {error}");
                    assert_metric(&format!("{what} F_M"), &scores.all, &golden[data]["F_M"]);
                    assert_metric(&format!("{what} F_empty"), &scores.empty, &expected["F_empty"]);
                    for (set, found) in sets.iter().zip(&scores.sets) {
                        let (what, expected) = (format!("{what} {}", set.name), &expected["sets"][&set.name]);
                        assert_metric(&format!("{what} F_C"), &found.kept, &expected["F_C"]);
                        assert_metric(&format!("{what} F_Cbar"), &found.removed, &expected["F_Cbar"]);
                        for (key, ratio) in
                            [("faithfulness", &found.faithfulness), ("completeness", &found.completeness), ("bias", &found.bias)]
                        {
                            assert_near(&format!("{what} {key}"), ratio.mean.unwrap(), expected[key].as_f64().unwrap(), 3e-3);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_must_hold() {
    let sets = [
        set("nothing", &[]),
        set("everything", &["attn", "mlp", "resid"]),
        set("never active", &["mlp_1/1"]),
        set("two", &["resid_1/364", "resid_1/306"]),
        set("the other order", &["1-res-sm/306", "resid_1/364", "resid_1/364"]),
    ];
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs("names"), Sides::Both, &Cancel::default()).unwrap();
        for way in Way::ALL {
            let mut two_removed = Vec::new();
            for error in ErrorTreatment::ALL {
                let Ablation { all, empty, sets, .. } = run(&plain, &sets, way, error);
                let [nothing, everything, never, two, other] = &sets[..] else { panic!("five sets") };
                assert_eq!((&nothing.kept, &nothing.removed), (&empty, &all), "{way} {error}");
                assert_eq!((&everything.kept, &everything.removed), (&all, &empty), "{way} {error}");
                for (removed, all) in never.removed.iter().zip(&all) {
                    assert!((removed - all).abs() <= 1e-5, "{way} {error}: {removed}, {all}");
                }
                assert_eq!((&two.kept, &two.removed), (&other.kept, &other.removed), "{way} {error}");
                two_removed.push(two.removed.clone());
                if error != ErrorTreatment::Recomputed {
                    // Without a feature of the last residual nothing of the set reaches the metric.
                    for (kept, empty) in two.kept.iter().zip(&empty) {
                        assert!((kept - empty).abs() <= 2e-5, "{way} {error}: {kept}, {empty}");
                    }
                }
            }
            let [recomputed, touched, clean] = &two_removed[..] else { panic!("three treatments") };
            let apart = |left: &[f32], right: &[f32]| {
                left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0_f32, f32::max)
            };
            assert!(apart(recomputed, touched) <= 2e-5, "{way}");
            assert!(apart(recomputed, clean) > 1e-3, "{way}: later errors must freeze");
        }
    }
}

/// One feature set to 0 at all positions: with a prompt of one token that is the exact effect of the feature toward a run in which it is off.
#[test]
fn zero_ablating_one_feature_is_the_exact_effect_of_a_zero_patch() {
    let mut examples = Prompts::of("names").examples();
    for example in &mut examples {
        example.clean.truncate(1);
        example.patch.truncate(1);
    }
    for backend in cpu_backends() {
        let (compute, dictionaries) = (reference_model(backend), reference_dictionaries("saelens"));
        let settings = Settings { method: Method::Exact, rule: Rule::Riemann, steps: 1, batch: 64, detail: usize::MAX };
        let views = &support::views(&examples, None)[..1];
        let exact =
            attribute(compute.as_ref(), &dictionaries, views, settings, &mut |_| {}, &Cancel::default()).unwrap().remove(0);
        let detail = &exact.detail;
        let pairs: Vec<Pair> = examples
            .iter()
            .map(|example| {
                let answers = Answers { clean: example.clean_answer, patch: example.patch_answer };
                Pair { clean: example.clean.clone(), patch: example.patch.clone(), answers }
            })
            .collect();
        let plain = Plain::new(compute.as_ref(), &dictionaries, &pairs, Sides::Clean, &Cancel::default()).unwrap();
        // Entries of features that are on in the clean run and off in the patch run.
        let off: Vec<usize> = (0..detail.entry_features.len())
            .filter(|entry| detail.entry_patch[*entry] == 0.0 && detail.entry_clean[*entry] > 0.0)
            .step_by(7)
            .collect();
        assert!(off.len() > 50, "{}", off.len());
        let feature = |entry: usize| detail.features[detail.entry_features[entry] as usize];
        let edits: Vec<Vec<Part>> = off
            .iter()
            .map(|entry| {
                let members = vec![Member::Feature(feature(*entry))];
                FeatureSet { name: String::new(), members }.parts(&plain.sizes()).unwrap()
            })
            .collect();
        let removed = metrics(&plain, &edits, Way::Zero, ErrorTreatment::Recomputed, &mut |_| {}, &Cancel::default()).unwrap();
        let all = plain.metrics(&Cancel::default()).unwrap();
        for (entry, removed) in off.into_iter().zip(removed) {
            let example = detail.entry_examples[entry] as usize;
            let effect = f64::from(removed[example] - all[example]);
            assert_near(&format!("{backend} {}", feature(entry)), effect, f64::from(detail.entry_effects[entry]), 2e-5);
        }
    }
}

/// A random small model with pairs of several lengths.
struct Random {
    /// Keeps the mapped files in place.
    _folder: tempfile::TempDir,
    compute: Box<dyn Compute>,
    dictionaries: Vec<Dictionary>,
    pairs: Vec<Pair>,
}

impl Random {
    fn new(shape: Shape, backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), shape);
        let cancel = Cancel::default();
        let config = Config::parse(&std::fs::read(folder.path().join("model/config.json")).unwrap(), "config.json").unwrap();
        let weights = WeightFiles::open(&folder.path().join("model")).unwrap();
        let compute = compute::open(Some(backend), &config, &weights, &cancel).unwrap();
        let dictionaries =
            folder::open_all(&[folder.path().join("dictionaries")], &Host::plain(shape.layers, shape.width()), &cancel).unwrap();
        let mut numbers = Numbers::new(shape.seed ^ 0x5eed);
        let mut tokens = |length: usize| (0..length).map(|_| numbers.below(VOCABULARY) as u32).collect::<Vec<u32>>();
        let pair = |index: usize| {
            let length = 2 + index % 3;
            Pair { clean: tokens(length), patch: tokens(length), answers: Answers { clean: 7, patch: 8 } }
        };
        Self { _folder: folder, compute, dictionaries, pairs: (0..6).map(pair).collect() }
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let sizes = (any::<u32>(), 1..4_usize, 1..3_usize, 8..40_usize);
    (sizes, any::<bool>()).prop_map(|((seed, layers, heads, features), parallel)| Shape {
        seed,
        layers,
        heads,
        head_width: 8,
        rotary_share: 0.25,
        parallel,
        activation: "gelu",
        features,
    })
}

/// Members of a set, as numbers that a shape turns into features and, now and then, into whole submodules.
fn members() -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::bool::weighted(0.1)), 1..12)
        .prop_map(|picks| {
            picks.into_iter().map(|(submodule, index, whole)| (submodule.index(1000), index.index(1000), whole)).collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, rng_seed: RngSeed::Fixed(12), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_grouping_change_nothing(shape in shapes(), members in members()) {
        let submodules = Submodule::all(shape.layers);
        let name = |(submodule, index, whole): &(usize, usize, bool)| {
            let submodule = submodules[submodule % submodules.len()];
            let name = if *whole { submodule.to_string() } else { format!("{submodule}/{}", index % shape.features) };
            name.parse::<Member>().unwrap()
        };
        let forward: Vec<Member> = members.iter().map(name).collect();
        let sets = |members: Vec<Member>| FeatureSet { name: "a".to_owned(), members };
        let mut backward = forward.clone();
        backward.reverse();
        backward.extend(forward.clone());
        for backend in support::cpu_backends() {
            let random = Random::new(shape, backend);
            let plain =
                Plain::new(random.compute.as_ref(), &random.dictionaries, &random.pairs, Sides::Both, &Cancel::default()).unwrap();
            for (way, error) in [
                (Way::Zero, ErrorTreatment::Recomputed),
                (Way::MeanPosition, ErrorTreatment::CleanTouched),
                (Way::Resample, ErrorTreatment::Clean),
            ] {
                let alone = run(&plain, &[sets(forward.clone())], way, error);
                // Beside other sets, in another order, with members that repeat.
                let others = [sets(vec![forward[0]]), sets(backward.clone()), sets(Vec::new())];
                let beside = run(&plain, &others, way, error);
                for (left, right) in [
                    (&alone.empty, &beside.empty),
                    (&alone.sets[0].kept, &beside.sets[1].kept),
                    (&alone.sets[0].removed, &beside.sets[1].removed),
                ] {
                    for (left, right) in left.iter().zip(right) {
                        prop_assert!((left - right).abs() <= 1e-5 * (1.0 + left.abs()), "{} {}: {} {}", way, error, left, right);
                    }
                }
                // Example by example, each in a group of its own.
                for (place, pair) in random.pairs.iter().enumerate().filter(|_| way != Way::MeanPosition) {
                    let one = std::slice::from_ref(pair);
                    let plain = Plain::new(random.compute.as_ref(), &random.dictionaries, one, Sides::Both, &Cancel::default()).unwrap();
                    let one = run(&plain, &[sets(forward.clone())], way, error);
                    let (found, expected) = (one.sets[0].removed[0], alone.sets[0].removed[place]);
                    prop_assert!((found - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{} {}: {} {}", way, error, found, expected);
                }
            }
        }
    }
}

//! What is written is read back: every edge of a study goes run, check, export, merge, open; a file that claims too much is refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use saescope::core::dictionary_report::{DecoderNorms, FitSums};
use saescope::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use saescope::core::merge::merge;
use saescope::core::pair_effects::PairEffects;
use saescope::core::progress::Event;
use saescope::core::quadrature::Rule;
use saescope::core::release::Release;
use saescope::core::request::{ModelSource, Options, Request, Settings};
use saescope::core::run::{ExampleRecord, Method, Run, ShardRecord};
use saescope::core::submodule::{FeatureId, FeatureIndex};
use saescope::engine::cache::Cache;
use saescope::engine::cancel::Cancel;
use saescope::engine::study::OpenStudy;
use saescope::store::run_file::{from_bytes, read, to_bytes};
use saescope::store::studies;
use support::random::{Numbers, Shape, VOCABULARY, write_model};

const SHAPE: Shape =
    Shape { seed: 3, layers: 1, heads: 1, head_width: 4, rotary_share: 0.5, parallel: true, activation: "gelu", features: 12 };

fn saescope(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saescope")).args(arguments.split(' ')).current_dir(folder).output().unwrap()
}

fn succeed(folder: &Path, arguments: &str) {
    let output = saescope(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

fn pairs(numbers: &mut Numbers, count: usize) -> String {
    let line = |_| {
        let mut tokens: Vec<usize> = (0..=1 + numbers.below(2)).map(|_| numbers.below(VOCABULARY)).collect();
        let clean = format!("{tokens:?}");
        tokens[0] = (tokens[0] + 1) % VOCABULARY;
        format!("{{\"clean_prefix\": {clean}, \"patch_prefix\": {tokens:?}, \"clean_answer\": [7], \"patch_answer\": [8]}}\n")
    };
    (0..count).map(line).collect()
}

/// A folder with a random model, and a run of two views and a baseline in `run`.
fn home() -> (tempfile::TempDir, Run) {
    let home = tempfile::tempdir().unwrap();
    write_model(home.path(), SHAPE);
    let mut numbers = Numbers::new(5);
    std::fs::write(home.path().join("pairs.json"), pairs(&mut numbers, 2)).unwrap();
    std::fs::write(home.path().join("baseline.json"), pairs(&mut numbers, 1)).unwrap();
    succeed(
        home.path(),
        "run --model model --dictionaries dictionaries --pairs pairs.json --baseline baseline.json --output run",
    );
    let run = read(&home.path().join("run")).unwrap();
    (home, run)
}

#[test]
fn every_edge_of_a_study_goes_run_check_export_merge_open() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    write_model(folder, SHAPE);
    // Numbers of pairs, of prompts of the baseline, and of shards.
    for (case, (pair_count, baseline_count, shards, method)) in
        [(1, 0, 1, "ig"), (1, 1, 2, "attrib"), (3, 1, 4, "ig"), (2, 3, 2, "exact")].into_iter().enumerate()
    {
        let mut numbers = Numbers::new(case as u32);
        std::fs::write(folder.join("pairs.json"), pairs(&mut numbers, pair_count)).unwrap();
        std::fs::write(folder.join("baseline.json"), pairs(&mut numbers, baseline_count)).unwrap();
        let baseline = if baseline_count > 0 { " --baseline baseline.json" } else { "" };
        let run =
            format!("run --model model --dictionaries dictionaries --pairs pairs.json{baseline} --method {method} --steps 2");
        let mut parts = Vec::new();
        for number in 1..=shards {
            let part = format!("{case}-{number}");
            succeed(folder, &format!("{run} --shard {number}/{shards} --output {part}"));
            parts.push(part);
        }
        let merged = format!("{case}-merged");
        succeed(folder, &format!("merge {} --output {merged}", parts.join(" ")));
        for file in parts.iter().chain([&merged]) {
            for arguments in ["check FILE", "open FILE --plain", "export FILE --view male --top-k 5 --format json"] {
                succeed(folder, &arguments.replace("FILE", file));
            }
            let bytes = std::fs::read(folder.join(file)).unwrap();
            assert!(to_bytes(&from_bytes(&bytes, file).unwrap()).unwrap() == bytes, "{file}");
        }
        // One more shard than there are pairs has nothing to do, and says so before the work.
        let output = saescope(folder, &format!("{run} --shard 9/9 --output none"));
        assert!(output.status.code() == Some(2) && !folder.join("none").exists(), "{output:?}");
    }
}

/// A random view over `examples`, as an attribution could leave it.
fn random_view(numbers: &mut Numbers, former: &ViewEffects, examples: &[ExampleRecord], method: Method) -> ViewEffects {
    let positions = examples.iter().map(|example| example.clean_tokens.len()).max().unwrap_or(0);
    let count = examples.len();
    let values = |numbers: &mut Numbers, count: usize| (0..count).map(|_| numbers.next()).collect::<Vec<f32>>();
    let spread = |numbers: &mut Numbers| if count > 1 { numbers.next().abs() } else { f32::NAN };
    let mut submodules = Vec::new();
    for former in &former.submodules {
        let all = (0..former.dictionary_features as u32).map(FeatureIndex);
        let features: Vec<FeatureIndex> = all.filter(|_| count > 0 && numbers.below(3) == 0).collect();
        let mut pair_effects = PairEffects::default();
        for _ in &features {
            let is_kept = numbers.below(4) > 0;
            let pairs: Vec<u32> = (0..count as u32).filter(|_| numbers.below(2) == 0).collect();
            let entries: Vec<(u32, f32)> = pairs.into_iter().map(|pair| (pair, numbers.next())).collect();
            pair_effects.push(is_kept.then_some(entries));
        }
        submodules.push(SubmoduleEffects {
            submodule: former.submodule,
            dictionary_features: former.dictionary_features,
            effects: values(numbers, features.len()),
            standard_errors: features.iter().map(|_| spread(numbers)).collect(),
            position_effects: values(numbers, features.len() * positions),
            pair_effects,
            error: ErrorTerm {
                effect: numbers.next(),
                standard_error: spread(numbers),
                position_effects: values(numbers, positions),
            },
            gradient_dot_change: (method != Method::Exact).then(|| numbers.next()),
            features,
        });
    }
    let features: Vec<FeatureId> = submodules
        .iter()
        .flat_map(|effects| effects.features.iter().map(|index| FeatureId { submodule: effects.submodule, index: *index }))
        .filter(|_| numbers.below(2) == 0)
        .collect();
    let entries = features.len();
    let detail = Detail {
        entry_features: (0..entries as u32).collect(),
        entry_examples: (0..entries).map(|_| numbers.below(count.max(1)) as u32).collect(),
        entry_positions: (0..entries).map(|_| numbers.below(positions.max(1)) as u32).collect(),
        entry_effects: values(numbers, entries),
        entry_clean: values(numbers, entries),
        entry_patch: values(numbers, entries),
        incomplete: numbers.below(3),
        features,
    };
    ViewEffects {
        view: former.view,
        clean_metrics: values(numbers, count),
        patch_metrics: values(numbers, count),
        positions,
        submodules,
        detail,
    }
}

/// Random shards of one study: `counts` says how many examples of each pair list each shard has.
fn random_shards(numbers: &mut Numbers, base: &Run, method: Method, counts: &[[usize; 2]]) -> Vec<Run> {
    let mut next = [0, 0];
    let mut shards = Vec::new();
    for (index, of_lists) in counts.iter().enumerate() {
        let mut run = base.clone();
        run.manifest.method = method;
        let mut places = Vec::new();
        for (list, count) in of_lists.iter().enumerate() {
            let examples = (0..*count).map(|_| {
                let length = 1 + numbers.below(3);
                let texts = || (0..length).map(|_| "\u{1f600}\"\n".to_owned()).collect();
                let record = base.manifest.data[list].examples[0].clone();
                let tokens = || vec![5; length];
                ExampleRecord {
                    clean_tokens: tokens(),
                    patch_tokens: tokens(),
                    clean_text: texts(),
                    patch_text: texts(),
                    ..record
                }
            });
            run.manifest.data[list].examples = examples.collect();
            places.push((next[list]..next[list] + count).collect());
            next[list] += count;
        }
        run.manifest.shard = Some(ShardRecord { number: index + 1, of: counts.len(), places });
        run.views = base
            .views
            .iter()
            .map(|former| {
                let examples = run.manifest.data(former.view).examples.clone();
                random_view(numbers, former, &examples, method)
            })
            .collect();
        shards.push(run);
    }
    shards
}

#[test]
fn random_shards_and_what_they_merge_into_are_read_back() {
    let (_home, base) = home();
    let config =
        ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..ProptestConfig::default() };
    let method = prop::sample::select(Method::ALL.to_vec());
    proptest!(config, |(seed: u32, method in method, mut counts in prop::collection::vec([0..3_usize, 0..3_usize], 1..5))| {
        // A whole study has an example of each list.
        counts[0] = counts[0].map(|count| count.max(1));
        let shards = random_shards(&mut Numbers::new(seed), &base, method, &counts);
        let mut named = Vec::new();
        for (index, shard) in shards.into_iter().enumerate() {
            let bytes = to_bytes(&shard).unwrap();
            let again = from_bytes(&bytes, "shard").unwrap();
            prop_assert!(to_bytes(&again).unwrap() == bytes);
            named.push((format!("shard {index}"), again));
        }
        let bytes = to_bytes(&merge(named).unwrap()).unwrap();
        prop_assert!(to_bytes(&from_bytes(&bytes, "merged").unwrap()).unwrap() == bytes);
    });
}

type Damage = fn(&mut Run);

#[test]
fn a_run_that_could_not_be_read_again_is_not_written() {
    let (_home, run) = home();
    let cases: [(Damage, &str); 11] = [
        (
            |run| run.manifest.dictionaries[0].fit = Some(FitSums { active: 5, ..FitSums::default() }),
            "it says that 5 of 12 features of attn_0 are active at 0 tokens",
        ),
        (
            |run| {
                let effects = &mut run.views[0].submodules[0];
                effects.pair_effects = PairEffects::default();
                effects.features.iter().for_each(|_| effects.pair_effects.push(Some([(0, f32::NAN)])));
            },
            "an effect in attn_0 is NaN",
        ),
        (|run| run.views[0].clean_metrics[1] = f32::INFINITY, "the metric of example 2 is not a finite number"),
        (|run| run.views[1].submodules[2].error.effect = f32::NAN, "an effect in resid_0 is NaN"),
        (|run| run.views[0].submodules[0].error.standard_error = f32::INFINITY, "an effect in attn_0 is inf"),
        (|run| run.views[0].submodules[1].error.position_effects[0] = f32::NEG_INFINITY, "an effect in mlp_0 is -inf"),
        (|run| run.views[0].detail.entry_clean[0] = f32::NAN, "an effect at a single token is NaN"),
        (
            |run| {
                let norms = DecoderNorms { least: 1.0, median: 1.0, largest: f32::INFINITY };
                run.manifest.dictionaries[1].decoder_norms = Some(norms);
            },
            "the decoder norms of mlp_0 are not finite numbers",
        ),
        (|run| drop(run.manifest.data[0].examples[1].clean_text.pop()), "do not have one text for each token"),
        (
            |run| run.manifest.shard = Some(ShardRecord { number: 0, of: 1, places: vec![vec![0, 1], vec![0]] }),
            "it says that it is shard 0 of 1",
        ),
        (
            |run| run.manifest.shard = Some(ShardRecord { number: 1, of: 1, places: vec![vec![0], vec![0]] }),
            "its shard does not say the place of each example",
        ),
    ];
    for (damage, says) in cases {
        let mut changed = run.clone();
        damage(&mut changed);
        let problem = to_bytes(&changed).map(drop).unwrap_err().to_string();
        assert!(problem.contains(says), "{problem}");
    }
}

/// The bytes of a safetensors file with this header and these data.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

#[test]
fn a_file_that_claims_too_much_is_refused_in_words() {
    let (home, run) = home();
    let bytes = to_bytes(&run).unwrap();
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let (header, data) = (std::str::from_utf8(&bytes[8..8 + length]).unwrap(), &bytes[8 + length..]);
    let replaced = |from: &str, to: &str| {
        assert!(header.contains(from), "{from} is not in {header}");
        file(&header.replacen(from, to, 1), data)
    };
    let entry = r#""x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#;
    let entries: String = (0..500).map(|index| entry.replace('x', &format!("x{index}"))).collect();
    let tensors: serde_json::Value = serde_json::from_str(header).unwrap();
    let metric = 8 + length + tensors["male.clean_metric"]["data_offsets"][0].as_u64().unwrap() as usize;
    let mut not_finite = bytes.clone();
    not_finite[metric..metric + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    // The first number of a tensor of the first submodule in place of the one that is there.
    let with_first = |tensor: &str, number: i32| {
        let start = 8 + length + tensors[format!("male.attn_0.{tensor}")]["data_offsets"][0].as_u64().unwrap() as usize;
        let mut changed = bytes.clone();
        changed[start..start + 4].copy_from_slice(&number.to_le_bytes());
        changed
    };
    let cases = [
        (Vec::new(), "it ends within its header"),
        (b"{\"one\": [\"resid_1/364\"]}".to_vec(), "is a text, not a run file"),
        (u64::MAX.to_le_bytes().to_vec(), "it ends within its header"),
        (vec![0; 64], "its header ends too early"),
        (file("{\"__metadata__\":{}}", b""), "is a safetensors file, but not a run"),
        (
            file(&format!("{{\"a\":[{}0]}}", "0,".repeat(100_000)), b""),
            "its header holds 0 where a list of at most 8 lengths should be",
        ),
        (file(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), b""), "its header"),
        (replaced("{", &format!("{{{entries}")), "tensors, more than its study has"),
        (replaced(r#"\"largest\":"#, r#"\"largest\":null,\"former\":"#), "its manifest holds null where a number should be"),
        (replaced(r#"\"largest\":"#, r#"\"largest\":1e99,\"former\":"#), "its manifest holds a number that is out of range"),
        (replaced(r#"\"layers\":1"#, r#"\"layers\":1099511627776"#), "dictionaries are not those of 1099511627776 layers"),
        (replaced(r#"\"format\":2"#, r#"\"format\":{}"#), "has run format none"),
        (bytes[..bytes.len() - 1].to_vec(), "it is cut short"),
        (with_first("pair_count", 99), "its tensor 'male.attn_0.pair' does not fit 'male.attn_0.pair_count'"),
        (with_first("pair_count", -2), "its tensor 'male.attn_0.pair_count' holds -2, which is no number of pairs"),
        (replaced(r#""male.attn_0.pair_count"#, r#""male.attn_0.pair_kount"#), "holds no tensor 'male.attn_0.pair_count'"),
        (with_first("pair_count", -1), "its tensor 'male.attn_0.pair' "),
        (with_first("pair", 99), "its tensor 'male.attn_0.pair' holds 99, which is not below 2"),
        (not_finite, "in its view male, the metric of example 1 is not a finite number"),
    ];
    for (bytes, says) in cases {
        std::fs::write(home.path().join("claims"), &bytes).unwrap();
        for command in ["check claims", "merge claims claims --output merged"] {
            let output = saescope(home.path(), command);
            let message = String::from_utf8(output.stderr).unwrap();
            assert!(
                output.status.code() == Some(2) && message.contains(says) && message.lines().count() == 1,
                "{says}: {message}"
            );
            assert!(!message.contains("expected") && !message.contains("column"), "{message}");
        }
    }
}

#[test]
fn a_weight_file_that_changes_during_a_run_ends_it() {
    let (home, _) = home();
    let place = |name: &str| home.path().join(name);
    let request = || Request {
        model: ModelSource::Folder {
            model: place("model"),
            dictionaries: vec![place("dictionaries")],
            name: None,
            release: Release::default(),
        },
        study: studies::pairs_only(place("pairs.json"), None).unwrap(),
        options: Options { seed: 12, tokens: None, examples: None },
        settings: Settings { method: Method::Ig, rule: Rule::Riemann, steps: 2, batch: 64, detail: 10 },
        backend: None,
        threads: None,
        shard: None,
    };
    let open = || OpenStudy::open(request(), &Cache::default(), &Cancel::default()).unwrap();
    let changed = |file: &Path| {
        let study = open();
        // As a program that saves whole files does it: the former file stays readable.
        let copy = place("copy");
        std::fs::copy(file, &copy).unwrap();
        std::fs::rename(&copy, file).unwrap();
        study.run(&|_| {}, &Cancel::default()).map_err(|problem| problem.to_string())
    };
    for file in ["model/model.safetensors", "dictionaries/0-mlp-sm/sae_weights.safetensors"] {
        let problem = changed(&place(file)).unwrap_err();
        assert!(problem.contains(file) && problem.contains("was changed while it was used"), "{problem}");
    }
    // Another mode or another link changes no content.
    let study = open();
    let weights = place("model/model.safetensors");
    study.run(&|_| {}, &Cancel::default()).unwrap();
    std::fs::hard_link(&weights, place("link")).unwrap();
    assert!(study.run(&|_| {}, &Cancel::default()).is_ok());
    // What tells the two apart is hashed again, which ends with the caller's own flag: whoever leaves does not wait for it.
    let told = AtomicUsize::new(0);
    let tell = |_: Event| _ = told.fetch_add(1, Ordering::Relaxed);
    study.run(&tell, &Cancel::default()).unwrap();
    let (cancel, last) = (Cancel::default(), told.swap(0, Ordering::Relaxed));
    let tell = |_: Event| {
        if told.fetch_add(1, Ordering::Relaxed) + 1 == last {
            cancel.cancel();
        }
    };
    assert!(study.run(&tell, &cancel).unwrap_err().is_cancelled());
    // Other content with the former size and time is another file.
    let (bytes, time) = (std::fs::read(&weights).unwrap(), std::fs::metadata(&weights).unwrap().modified().unwrap());
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    let overwrite = |bytes: &[u8]| {
        let mut file = File::options().write(true).open(&weights).unwrap();
        file.write_all(bytes).unwrap();
        file.set_modified(time).unwrap();
    };
    overwrite(&other);
    let problem = study.run(&|_| {}, &Cancel::default()).unwrap_err().to_string();
    assert!(problem.contains("was changed while it was used"), "{problem}");
    overwrite(&bytes);
    // A configuration was read whole before the run.
    assert!(changed(&place("model/config.json")).is_ok());
    // A file that comes into a folder changes none of those that were read.
    let study = open();
    std::fs::write(place("model/notes"), "").unwrap();
    std::fs::write(place("dictionaries/notes"), "").unwrap();
    assert!(study.run(&|_| {}, &Cancel::default()).is_ok());
}

#[test]
fn merging_counts_the_shards_that_a_file_claims() {
    let (_home, run) = home();
    let shard = |number, of| {
        let mut run = run.clone();
        run.manifest.shard = Some(ShardRecord { number, of, places: vec![vec![0, 1], vec![0]] });
        (format!("part{number}"), run)
    };
    let missing = merge(vec![shard(2, 1 << 40)]).unwrap_err().to_string();
    assert!(missing.contains("shards 1/1099511627776, 3/") && missing.contains(" and 1099511627763 more missing"), "{missing}");
    let mut wider = shard(2, 2);
    wider.1.manifest.dictionaries[0].features += 1;
    let differs = merge(vec![shard(1, 2), wider]).unwrap_err().to_string();
    assert!(differs.contains("differs from the first shard in its dictionaries"), "{differs}");
}

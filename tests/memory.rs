//! What a computation remembers for the next one: how much of it is used, and that it does not change a number.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use saescope::core::effects::ViewEffects;
use saescope::core::quadrature::Rule;
use saescope::core::release::Release;
use saescope::core::request::{Backend, Care, ModelSource, Options, Request, Settings};
use saescope::core::run::Method;
use saescope::engine::cache::Cache;
use saescope::engine::cancel::Cancel;
use saescope::engine::memory::{Bounds, Usage};
use saescope::engine::study::OpenStudy;
use saescope::store::studies;

const SUBMODULES: u64 = 12;
const VIEWS: u64 = 3;
/// Paths of a pair in both directions: residual outputs, four of the twelve, pass the same points from both ends.
const BOTH_DIRECTIONS: u64 = 2 * SUBMODULES - 4;
/// The same and those of the baseline.
const PATHS: u64 = BOTH_DIRECTIONS + SUBMODULES;

fn request(backend: Backend, method: Method, examples: usize) -> Request {
    Request {
        model: ModelSource::Demo,
        study: studies::names().unwrap(),
        options: Options { seed: 12, tokens: None, examples: Some(examples) },
        settings: Settings { method, rule: Rule::Riemann, steps: 3, batch: 5, detail: 10 },
        backend: Some(backend),
        threads: None,
        shard: None,
    }
}

fn compute(request: &Request, cache: &Cache) -> (Vec<ViewEffects>, Usage) {
    let study = OpenStudy::open(request.clone(), cache, &Cancel::default()).unwrap();
    let run = study.run(&|_| {}, &Cancel::default()).unwrap();
    (run.views, study.usage())
}

/// Batches of other sizes add f32 numbers in another order.
fn expect_same(found: &[ViewEffects], expected: &[ViewEffects]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.view, found.submodules.len()), (expected.view, expected.submodules.len()));
        for (found, expected) in
            [(&found.clean_metrics, &expected.clean_metrics), (&found.patch_metrics, &expected.patch_metrics)]
        {
            assert_eq!(found.len(), expected.len());
            assert!(
                found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= 1e-5 * expected.abs().max(1.0))
            );
        }
        for (found, expected) in found.submodules.iter().zip(&expected.submodules) {
            let largest = expected.effects.iter().fold(0.0_f32, |largest, effect| largest.max(effect.abs()));
            // A feature that is barely active in one order of sums may not be in the other.
            let effect = |of: &saescope::core::effects::SubmoduleEffects, feature| {
                of.features.binary_search(&feature).map_or(0.0, |slot| of.effects[slot])
            };
            let error = |of: &saescope::core::effects::SubmoduleEffects, feature| {
                of.features.binary_search(&feature).map_or(0.0, |slot| of.standard_errors[slot])
            };
            for feature in found.features.iter().chain(&expected.features) {
                let errors = (error(found, *feature), error(expected, *feature));
                assert!((errors.0 - errors.1).abs() <= 1e-5 * largest, "{errors:?} of {largest}");
                let (found, expected) = (effect(found, *feature), effect(expected, *feature));
                assert!((found - expected).abs() <= 1e-6 * largest, "{found} and {expected} of {largest}");
            }
            assert!((found.error.effect - expected.error.effect).abs() <= 1e-6 * largest.max(expected.error.effect.abs()));
        }
    }
}

fn fresh(request: &Request) -> Vec<ViewEffects> {
    compute(request, &Cache::new(Bounds::NONE)).0
}

/// A limit that is a little too small gives up a layer after the other, and no bit of an effect; then it is refused.
#[test]
fn less_memory_gives_up_layers_and_changes_no_effect() {
    for backend in support::cpu_backends() {
        let mut request = request(backend, Method::Ig, 2);
        (request.settings.batch, request.settings.steps) = (1, 2);
        let (mut whole, mut limit, mut kept) = (None, u64::MAX, Vec::new());
        let refused = loop {
            let care = Care { fit: false, memory: Some(limit) };
            let study = match OpenStudy::open_careful(request.clone(), care, &Cancel::default()) {
                Ok(study) => study,
                Err(problem) => break problem.to_string(),
            };
            let footprint = study.footprint().unwrap();
            assert!(footprint.sum() <= limit && footprint.pairs == 1);
            let stated = study.opened().notes[0].contains("the others are read for each pass");
            assert_eq!(stated, footprint.kept < footprint.layers);
            let views = study.run(&|_| {}, &Cancel::default()).unwrap().views;
            assert!(*whole.get_or_insert_with(|| views.clone()) == views, "{backend}, {} kept", footprint.kept);
            kept.push(footprint.kept);
            limit = footprint.sum() - 1;
        };
        // Where what is there twice while it is read outweighs a layer, giving up the last one or two helps nobody.
        assert!(kept.len() > 2, "{backend}: {kept:?}");
        assert_eq!(kept, (0..=4).rev().take(kept.len()).collect::<Vec<_>>(), "{backend}");
        assert!(refused.starts_with("--memory ") && refused.contains("is less than the study takes, "), "{refused}");
    }
}

#[test]
fn the_same_again_computes_nothing_and_a_change_only_what_changed() {
    for backend in support::cpu_backends() {
        let cache = Cache::new(Bounds::EXPLORER);
        let first = request(backend, Method::Ig, 12);
        let (views, usage) = compute(&first, &cache);
        // Names return among the examples, and so do prefixes in later batches: nothing else is there yet.
        assert!(usage.computed > PATHS * 12 && usage.found < usage.computed, "{usage:?}");
        expect_same(&views, &fresh(&first));
        let (again, usage) = compute(&first, &cache);
        assert_eq!((again, usage.computed), (views, 0));

        let more = request(backend, Method::Ig, 13);
        let (views, usage) = compute(&more, &cache);
        // One pair: two runs, at most three prefixes each, and the gradients of three views.
        let most = 2 + 6 * SUBMODULES + VIEWS + PATHS;
        assert!((PATHS + VIEWS..=most).contains(&usage.computed), "{usage:?}");
        expect_same(&views, &fresh(&more));

        for method in [Method::Attrib, Method::Exact] {
            let other = request(backend, method, 13);
            let (views, usage) = compute(&other, &cache);
            assert_eq!(usage.computed, 0, "activations, codes and gradients at the start are those of {}", Method::Ig);
            expect_same(&views, &fresh(&other));
        }
        // Other points on the path: only the paths.
        let mut steps = more;
        steps.settings.steps = 4;
        let (views, usage) = compute(&steps, &cache);
        assert_eq!(usage.computed, PATHS * 13);
        expect_same(&views, &fresh(&steps));
    }
}

#[test]
fn other_answers_find_the_codes_of_their_prompts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, answers: [&str; 2]| -> PathBuf {
        let line = |subject: &str, patch: &str| {
            format!(
                "{{\"clean_prefix\": \"{subject} runs because\", \"patch_prefix\": \"{patch} runs because\", \"clean_answer\": \"{}\", \
                 \"patch_answer\": \"{}\"}}\n",
                answers[0], answers[1]
            )
        };
        let path = folder.path().join(name);
        fs::write(&path, line("John", "Anna") + &line("Roger", "Mary")).unwrap();
        path
    };
    let request = |pairs: PathBuf| Request {
        study: studies::pairs_only(pairs, None).unwrap(),
        ..request(Backend::NdArray, Method::Ig, 50)
    };
    let cache = Cache::new(Bounds::EXPLORER);
    let (he, him) = (request(write("he", [" he", " she"])), request(write("him", [" him", " her"])));
    let (first, usage) = compute(&he, &cache);
    let prefixes = 3 * 4 * SUBMODULES;
    // Runs, codes, gradients at the start, paths.
    assert_eq!(usage.computed, 4 + prefixes + 4 + 2 * BOTH_DIRECTIONS);
    let (other, usage) = compute(&him, &cache);
    let returning = 4 * SUBMODULES - 2 * BOTH_DIRECTIONS;
    assert_eq!((usage.found, usage.computed), (4 + prefixes + returning, 4 + 2 * BOTH_DIRECTIONS));
    assert_ne!(first, other);
    expect_same(&other, &fresh(&him));
    // Both are there now.
    assert_eq!(
        compute(&he, &cache),
        (first, Usage { found: 8 + prefixes + 4 * SUBMODULES, computed: 0, ..cache_usage(&cache, &he) })
    );
}

fn cache_usage(cache: &Cache, request: &Request) -> Usage {
    cache.loaded(&request.model, request.backend, &Cancel::default()).unwrap().memory.usage()
}

/// Prompts of each length are batches of their own, and one may begin another.
#[test]
fn prompts_of_several_lengths_share_what_they_begin_with() {
    let folder = tempfile::tempdir().unwrap();
    let pair = |clean: &str, patch: &str| {
        format!("{{\"clean_prefix\": {clean}, \"patch_prefix\": {patch}, \"clean_answer\": [7], \"patch_answer\": [8]}}\n")
    };
    let (short, long) = (pair("[20, 30]", "[21, 30]"), pair("[20, 30, 31, 32]", "[21, 30, 31, 32]"));
    let request = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        Request { study: studies::pairs_only(path, None).unwrap(), ..request(Backend::NdArray, Method::Ig, 50) }
    };
    let cache = Cache::new(Bounds::EXPLORER);
    let first = request("long", &long);
    let gradients = 2 + BOTH_DIRECTIONS;
    assert_eq!(compute(&first, &cache).1.computed, 2 + 8 * SUBMODULES + gradients);
    let both = request("both", &(short + &long));
    let (views, usage) = compute(&both, &cache);
    // The codes of the short prompts are those of how the long ones begin.
    assert_eq!(usage.computed, 2 + gradients);
    expect_same(&views, &fresh(&both));
}

/// What is remembered of a computation that was cancelled is whole.
#[test]
fn after_a_cancelled_computation_the_next_one_is_right_and_takes_less() {
    for backend in support::cpu_backends() {
        let request = request(backend, Method::Ig, 12);
        let expected = fresh(&request);
        let (_, of_all) = compute(&request, &Cache::new(Bounds::EXPLORER));
        for steps in [1, 20, 60] {
            let cache = Cache::new(Bounds::EXPLORER);
            let (cancel, told) = (Cancel::default(), AtomicU64::new(0));
            let study = OpenStudy::open(request.clone(), &cache, &cancel).unwrap();
            let tell = |_| {
                if told.fetch_add(1, Ordering::Relaxed) == steps {
                    cancel.cancel();
                }
            };
            study.run(&tell, &cancel).unwrap_err();
            let (views, usage) = compute(&request, &cache);
            expect_same(&views, &expected);
            assert!(usage.computed < of_all.computed && usage.found > of_all.found, "{steps}: {usage:?} of {of_all:?}");
        }
    }
}

#[test]
fn little_room_costs_time_and_no_number() {
    let request = request(Backend::NdArray, Method::Ig, 12);
    let bounds = Bounds { arrays: 200_000, codes: 20_000 };
    let cache = Cache::new(bounds);
    let (first, _) = compute(&request, &cache);
    let (again, usage) = compute(&request, &cache);
    assert!(usage.found > 0 && usage.computed > 0 && usage.bytes <= bounds.arrays + bounds.codes, "{usage:?}");
    expect_same(&again, &first);
}

#[test]
fn a_file_that_changed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_saescope"))
        .args(["synth", "--preset", "tiny", "--pairs", "8", "--output", "w"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let at = |path: &str| folder.path().join(path);
    let request = Request {
        model: ModelSource::Folder {
            model: at("w/model"),
            dictionaries: vec![at("w/sae-lens")],
            name: None,
            release: Release::default(),
        },
        study: studies::pairs_only(at("w/pairs.json"), None).unwrap(),
        ..request(Backend::NdArray, Method::Attrib, 8)
    };
    let cache = Cache::new(Bounds::EXPLORER);
    let open = || cache.loaded(&request.model, request.backend, &Cancel::default()).unwrap();
    let first = open();
    assert!(Arc::ptr_eq(&first, &open()));
    let (views, _) = compute(&request, &cache);
    // One dictionary in another's place.
    let (from, to) = (at("w/sae-lens/0-mlp-sm/sae_weights.safetensors"), at("w/sae-lens/1-mlp-sm/sae_weights.safetensors"));
    fs::remove_file(&to).unwrap();
    fs::copy(from, &to).unwrap();
    assert!(!Arc::ptr_eq(&first, &open()));
    let (changed, usage) = compute(&request, &cache);
    assert!(usage.computed > 0 && changed != views);
    expect_same(&changed, &fresh(&request));
    // Any other file that was read, or that was not there.
    for file in ["w/model/config.json", "w/model/model.safetensors", "w/sae-lens/0-att-sm/cfg.json"] {
        let before = open();
        let content = fs::read(at(file)).unwrap();
        fs::remove_file(at(file)).unwrap();
        fs::write(at(file), content).unwrap();
        assert!(!Arc::ptr_eq(&before, &open()), "{file}");
    }
    let before = open();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/model/tokenizer.json"), at("w/model/tokenizer.json"))
        .unwrap();
    let after = open();
    assert!(!Arc::ptr_eq(&before, &after) && after.tokenizer.is_some());
}

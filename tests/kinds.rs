//! Dictionaries of every kind, made by the packages that people train them with: `tests/fixtures/kinds` holds their files and what the
//! packages compute of them. Codes and reconstructions are compared on every backend, and what must not be read is refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use saescope::core::effects::{SubmoduleEffects, ViewEffects};
use saescope::core::invariant;
use saescope::core::problem::Result;
use saescope::core::quadrature::Rule;
use saescope::core::request::{Backend, Settings};
use saescope::core::run::Method;
use saescope::core::submodule::Submodule;
use saescope::engine::attribution::attribute;
use saescope::engine::cancel::Cancel;
use saescope::engine::compute::{Answers, Compute, Inner};
use saescope::engine::dataset::Example;
use saescope::engine::dictionary::arithmetic::Frame;
use saescope::engine::dictionary::codes::{DecoderRows, TokenCodes, active_features, transcoding_errors};
use saescope::engine::dictionary::host::Host;
use saescope::engine::dictionary::place::Place;
use saescope::engine::dictionary::{Dictionary, Purpose, folder, formats};
use saescope::engine::model::config::NormKind;
use saescope::engine::tensor_file::TensorFile;
use serde_json::{Value, json};
use support::fixture;

/// Largest difference to the packages' numbers, divided by `max(1, max |x|)` of the row: the bound that the fixtures' README states.
const TOLERANCE: f32 = 1e-5;

/// The one folder at or below `folder` that holds a dictionary.
fn dictionary_folder(folder: &Path) -> PathBuf {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        found.extend(formats::detect(&folder).map(|_| folder.clone()));
        open.extend(fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()));
    }
    assert_eq!(found.len(), 1, "{}: {found:?}", folder.display());
    found.pop().unwrap()
}

fn submodule(name: &str) -> Submodule {
    name.parse().unwrap()
}

fn look(folder: &Path) -> Result<Dictionary> {
    formats::open(&dictionary_folder(folder), Purpose::Look { submodule: submodule("resid_1") })
}

/// A copy of the kind `name` with a key added to its configuration.
fn with_key(name: &str, key: &str, value: f64) -> tempfile::TempDir {
    let (from, to) = (dictionary_folder(&fixture("kinds").join(name)), tempfile::tempdir().unwrap());
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        fs::copy(&entry, to.path().join(entry.file_name().unwrap())).unwrap();
    }
    let config = ["cfg.json", "config.json"].map(|file| to.path().join(file)).into_iter().find(|path| path.exists()).unwrap();
    let mut json: serde_json::Map<_, _> = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    json.insert(key.to_owned(), value.into());
    fs::write(config, serde_json::to_vec(&json).unwrap()).unwrap();
    to
}

/// The matrix `name` of a golden file, as rows.
fn rows(golden: &TensorFile, name: &str) -> Vec<Vec<f32>> {
    let tensor = golden.tensor(name).unwrap();
    let width = tensor.shape()[1];
    tensor.values().unwrap().chunks_exact(width).map(<[f32]>::to_vec).collect()
}

fn slices(rows: &[Vec<f32>]) -> Vec<&[f32]> {
    rows.iter().map(Vec::as_slice).collect()
}

fn scale(row: &[f32]) -> f32 {
    row.iter().fold(1.0, |largest, value| largest.max(value.abs()))
}

/// Fails unless `codes` are the golden ones: the same features, with the same values up to rounding.
fn expect_codes(what: &str, x: &[Vec<f32>], golden: &[Vec<f32>], codes: &[TokenCodes]) {
    for (row, ((x, golden), codes)) in x.iter().zip(golden).zip(codes).enumerate() {
        let expected: Vec<(u32, f32)> = golden
            .iter()
            .enumerate()
            .filter(|(_, value)| **value != 0.0)
            .map(|(feature, value)| (feature as u32, *value))
            .collect();
        let features = |codes: &[(u32, f32)]| codes.iter().map(|(feature, _)| *feature).collect::<Vec<_>>();
        assert_eq!(features(codes), features(&expected), "{what}, row {row}");
        for ((feature, code), (_, golden)) in codes.iter().zip(&expected) {
            let difference = (code - golden).abs() / scale(x);
            assert!(difference <= TOLERANCE, "{what}, row {row}, feature {feature}: {code}, not {golden}");
        }
    }
}

/// Codes and reconstructions of one kind on one backend.
fn expect_golden(what: &str, dictionary: &Dictionary, golden: &TensorFile, compute: &dyn Compute) {
    let (x, cancel) = (rows(golden, "x"), Cancel::default());
    let codes = compute.encode(dictionary, &slices(&x), &cancel).unwrap();
    expect_codes(what, &x, &rows(golden, "f"), &codes);
    let transcodes = golden.names().unwrap().iter().any(|name| name == "y_hat");
    let written = rows(golden, if transcodes { "y_hat" } else { "x_hat" });
    let decoder = DecoderRows::read(dictionary, active_features(&codes), &cancel).unwrap();
    let errors = transcoding_errors(dictionary, &slices(&x), &slices(&written), &codes, &decoder).unwrap();
    for (row, (x, errors)) in x.iter().zip(errors.chunks_exact(dictionary.written_width())).enumerate() {
        let largest = errors.iter().fold(0.0_f32, |largest, error| largest.max(error.abs())) / scale(x);
        assert!(largest <= TOLERANCE, "{what}, reconstruction of row {row}: off by {largest}");
    }
}

#[test]
fn every_kind_gives_the_codes_and_reconstructions_of_its_package() {
    let index: Vec<Value> = serde_json::from_slice(&fs::read(fixture("kinds/index.json")).unwrap()).unwrap();
    assert_eq!(index.len(), 50);
    let backends = support::cpu_backends().into_iter().map(support::reference_model).collect::<Vec<_>>();
    for kind in index {
        let name = kind["name"].as_str().unwrap();
        let folder = fixture("kinds").join(name);
        let golden = TensorFile::open(&folder.join("golden.safetensors")).unwrap();
        // Two packages keep a constant outside of their files: a user has to add it.
        let outside = name == "llama_scope_r1" || name == "saelens_standard_expected_average";
        let given = outside.then(|| with_key(name, "norm_scaling_factor", kind["scale_in"].as_f64().unwrap()));
        let dictionary = look(given.as_ref().map_or(folder.as_path(), |given| given.path())).unwrap();
        assert_eq!(dictionary.features() as u64, kind["d_sae"].as_u64().unwrap(), "{name}");
        assert_eq!(dictionary.arithmetic().subtracts_bias, kind["subtract_b_dec"].as_bool().unwrap(), "{name}");
        for (key, place) in [("hook", dictionary.reads()), ("hook_out", dictionary.writes())] {
            // SAELens's list has hook_mlp_in, which TransformerLens puts before the norm, for what Gemma Scope 2's own file says comes after
            // it: pre_feedforward_layernorm.output.
            if name == "gemma_scope_2_transcoder_affine" && key == "hook" {
                assert_eq!(*place, Place::MlpInput(1));
            } else if let Some(hook) = kind[key].as_str() {
                assert_eq!(*place, Place::of_hook(hook), "{name}");
            }
        }
        // The golden activations are in the frame of the dictionary already.
        assert_eq!(dictionary.arithmetic().frame == Frame::Centred, name == "saelens5_standard", "{name}");
        let dictionary = dictionary.framed(Frame::Raw);
        for compute in &backends {
            expect_golden(&format!("{name} on {}", compute.backend()), &dictionary, &golden, compute.as_ref());
        }
        if outside {
            let said = look(&folder).unwrap_err().to_string();
            assert!(said.contains("norm_scaling_factor"), "{name}: {said}");
        }
    }
}

#[test]
fn a_token_of_nothing_is_refused_where_its_package_gives_nan() {
    let dictionary = look(&fixture("kinds/saelens_standard_constant_norm")).unwrap();
    for compute in support::cpu_backends().into_iter().map(support::reference_model) {
        let said = compute.encode(&dictionary, &[&[0.0; 24]], &Cancel::default()).unwrap_err().to_string();
        assert!(said.contains("sae_weights.safetensors") && said.contains("constant_norm_rescale"), "{said}");
    }
}

#[test]
fn what_must_not_be_read_is_refused_for_its_reason() {
    let reasons = [
        ("unknown_architecture", &["cfg.json", "architecture is \"temporal\""][..]),
        ("topk_without_k", &["cfg.json", "holds no k"]),
        ("threshold_nan", &["sae_weights.safetensors", "'threshold'", "NaN"]),
        ("threshold_missing", &["sae_weights.safetensors", "'threshold'"]),
        ("shapes_disagree", &["'W_dec'", "[95, 24]", "[96, 24]"]),
        ("size_not_as_declared", &["cfg.json", "d_sae 128", "96"]),
        ("unknown_normalisation", &["cfg.json", "normalize_activations is \"unit_rms\""]),
        ("expected_average_without_factor", &["cfg.json", "expected_average_only_in", "norm_scaling_factor"]),
        ("transcoder_as_sae", &["blocks.1.ln2.hook_normalized", "resid_1"]),
        ("weights_not_finite", &["'W_dec'", "inf"]),
        ("dl_k_disagrees", &["ae.pt", "k is 10", "config.json says 12"]),
        ("dl_unknown_class", &["config.json", "dict_class is \"CrossCoder\""]),
        ("npz_without_threshold", &["params.npz", "'threshold'", "ReLU"]),
        ("sparsify_signed", &["cfg.json", "signed is true"]),
    ];
    let listed: serde_json::Map<_, _> = serde_json::from_slice(&fs::read(fixture("kinds/refused/why.json")).unwrap()).unwrap();
    assert_eq!(listed.len(), reasons.len());
    let compute = support::reference_model(Backend::NdArray);
    for (name, says) in reasons {
        assert!(listed.contains_key(name), "{name}");
        let folder = dictionary_folder(&fixture("kinds/refused").join(name));
        let purpose = Purpose::Use { submodule: submodule("resid_1"), width: 24 };
        // Weights are read when they are needed: those of the decoder when a feature writes.
        let used = formats::open(&folder, purpose).and_then(|dictionary| {
            let codes = compute.encode(&dictionary, &[&[0.5; 24]], &Cancel::default())?;
            DecoderRows::read(&dictionary, (0..dictionary.features() as u32).chain(active_features(&codes)), &Cancel::default())
        });
        let said = used.err().unwrap_or_else(|| panic!("{name} is read")).to_string();
        assert!(says.iter().all(|words| said.contains(words)), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
    }
}

#[test]
fn a_transcoder_stands_for_the_mlp_that_it_writes_alone() {
    for name in
        ["saelens_transcoder", "gemma_scope_2_transcoder_affine", "sparsify_transcoder_skip", "gemma_scope_2b-pt-transcoders"]
    {
        let folder = dictionary_folder(&fixture("kinds").join(name));
        let open = |place: &str| formats::open(&folder, Purpose::Use { submodule: submodule(place), width: 24 });
        assert!(open("mlp_1").unwrap().is_transcoder(), "{name}");
        for place in ["mlp_0", "resid_1", "attn_1"] {
            let said = open(place).unwrap_err().to_string();
            assert!(said.contains("transcoder") || said.contains("hook_mlp_out"), "{name}, {place}: {said}");
        }
    }
    let folder = dictionary_folder(&fixture("kinds/saelens_skip_transcoder"));
    let said = formats::open(&folder, Purpose::Use { submodule: submodule("mlp_1"), width: 24 }).unwrap_err().to_string();
    assert!(said.contains("reads activations of width 24 and writes some of width 32"), "{said}");
}

/// Numbers between -1 and 1 that follow no pattern.
fn scattered(length: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from((state >> 16) as u16) / 32_768.0 - 1.0
    };
    (0..length).map(|_| next()).collect()
}

/// Writes a transcoder of the MLP of `layer` of the reference model that reads `hook`; its decoder and skip are multiplied by `factor`.
fn write_transcoder(root: &Path, layer: usize, hook: &str, skips: bool, factor: f32) {
    let (width, features) = (64, 96);
    let folder = root.join(format!("transcoder_{layer}"));
    fs::create_dir(&folder).unwrap();
    let architecture = if skips { "skip_transcoder" } else { "transcoder" };
    let config = json!({
        "architecture": architecture, "d_in": width, "d_out": width, "d_sae": features, "apply_b_dec_to_input": false,
        "normalize_activations": "none",
        "metadata": {"hook_name": format!("blocks.{layer}.{hook}"), "hook_name_out": format!("blocks.{layer}.hook_mlp_out")},
    });
    fs::write(folder.join("cfg.json"), config.to_string()).unwrap();
    let scaled = |length: usize, seed: u32, factor: f32| scattered(length, seed).iter().map(|value| factor * value).collect();
    let tensors: Vec<(&str, Vec<usize>, Vec<f32>)> = vec![
        ("W_enc", vec![width, features], scaled(width * features, 3, 0.3)),
        ("b_enc", vec![features], scaled(features, 4, 0.1)),
        ("W_dec", vec![features, width], scaled(width * features, 5, factor)),
        ("b_dec", vec![width], scaled(width, 6, 0.1)),
        ("W_skip", vec![width, width], scaled(width * width, 7, factor)),
    ];
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(.., values)| values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).filter(|((name, ..), _)| skips || *name != "W_skip");
    let views = views.map(|((name, shape, _), bytes)| {
        (*name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    fs::write(folder.join("sae_weights.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
}

/// Features and error term add up to the change of the MLP's output; what is small has the effect of its gradient in a whole pass; the
/// error term is the output less what the transcoder writes, its skip connection apart.
#[test]
fn transcoders_are_attributed_where_they_write() {
    let cancel = Cancel::default();
    let examples: Vec<_> = support::Prompts::of("names").examples().into_iter().take(3).collect();
    for (backend, hook, skips) in [
        (Backend::NdArray, "ln2.hook_normalized", false),
        (Backend::NdArray, "hook_mlp_in", true),
        (Backend::NdArray, "ln2.hook_normalized", true),
    ] {
        let compute = support::reference_model(backend);
        let what = format!("{hook}, skips {skips}, on {backend}");
        let open = |factor: f32| {
            let root = tempfile::tempdir().unwrap();
            (0..3).for_each(|layer| write_transcoder(root.path(), layer, hook, skips, factor));
            let found = folder::open_all(&[root.path().to_owned()], &Host::plain(3, 64), &cancel).unwrap();
            assert_eq!(found.iter().map(|one| one.submodule().to_string()).collect::<Vec<_>>(), ["mlp_0", "mlp_1", "mlp_2"]);
            (root, found)
        };
        let (_root, dictionaries) = open(0.2);
        for method in [Method::Ig, Method::Attrib] {
            for view in attributed(compute.as_ref(), &dictionaries, method) {
                for check in invariant::check(&view) {
                    assert!(check.gap.is_some() && check.broken.is_none(), "{what}, {method}: {check:?}");
                }
            }
        }
        let found = &attributed(compute.as_ref(), &dictionaries, Method::Attrib)[0];
        for (dictionary, effects) in dictionaries.iter().zip(&found.submodules) {
            expect_transcoded(compute.as_ref(), dictionary, effects, hook, &examples, &what);
        }
        let (_root, small) = open(0.002);
        let [exact, linear] = [Method::Exact, Method::Attrib].map(|method| attributed(compute.as_ref(), &small, method));
        for (exact, linear) in exact[0].submodules.iter().zip(&linear[0].submodules) {
            let largest = linear.effects.iter().fold(0.0_f32, |largest, effect| largest.max(effect.abs()));
            assert!(largest > 1e-5 && exact.features == linear.features, "{what}: {largest}");
            for (exact, linear) in exact.effects.iter().zip(&linear.effects) {
                assert!((exact - linear).abs() <= 0.03 * largest + 2e-6, "{what}: {exact}, not {linear} of {largest}");
            }
        }
    }
}

/// Recomputes the effects of a transcoder by attribution patching, from what it reads and what the MLP puts out.
fn expect_transcoded(
    compute: &dyn Compute,
    dictionary: &Dictionary,
    effects: &SubmoduleEffects,
    hook: &str,
    examples: &[Example],
    what: &str,
) {
    let (cancel, layer) = (Cancel::default(), dictionary.submodule().layer.0);
    let read = if hook == "hook_mlp_in" { Inner::MlpStream(layer) } else { Inner::MlpInput(layer) };
    let answers: Vec<Answers> = examples.iter().map(|of| Answers { clean: of.clean_answer, patch: of.patch_answer }).collect();
    let clean: Vec<&[u32]> = examples.iter().map(|example| &example.clean[..]).collect();
    let patch: Vec<&[u32]> = examples.iter().map(|example| &example.patch[..]).collect();
    let gradients = &support::plain_gradients(compute, &clean, &answers)[dictionary.submodule().ordinal(3)];
    let (mut features, mut left) = (vec![0.0_f64; dictionary.features()], 0.0_f64);
    for (prompts, sign) in [(&clean, -1.0), (&patch, 1.0)] {
        let read = compute.activations(&[read], prompts, &cancel).unwrap().remove(0).concat();
        let outputs: Vec<f32> = compute
            .traces(prompts, &cancel)
            .unwrap()
            .iter()
            .flat_map(|trace| trace.output(dictionary.submodule()))
            .copied()
            .collect();
        let tokens: Vec<&[f32]> = read.chunks_exact(64).collect();
        let targets: Vec<&[f32]> = outputs.chunks_exact(64).collect();
        let codes = compute.encode(dictionary, &tokens, &cancel).unwrap();
        let decoder = DecoderRows::read(dictionary, active_features(&codes), &cancel).unwrap();
        let along =
            |gradient: &[f32], row: &[f32]| -> f64 { gradient.iter().zip(row).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum() };
        for ((target, codes), gradient) in targets.iter().zip(&codes).zip(gradients.chunks_exact(64)) {
            left += sign * along(gradient, target) / 3.0;
            for (feature, code) in codes.iter() {
                let effect = sign * f64::from(*code) * along(gradient, decoder.row(*feature)) / 3.0;
                features[*feature as usize] += effect;
                left -= effect;
            }
        }
    }
    let largest = features.iter().fold(1e-3_f64, |largest, effect| largest.max(effect.abs()));
    for (feature, effect) in effects.features.iter().zip(&effects.effects) {
        let difference = (f64::from(*effect) - features[feature.0 as usize]).abs();
        assert!(difference <= 1e-4 * largest, "{what}, feature {}: {effect}, not {}", feature.0, features[feature.0 as usize]);
    }
    assert!(
        (f64::from(effects.error.effect) - left).abs() <= 1e-3 * largest,
        "{what}: {} is left, not {left}",
        effects.error.effect
    );
}

/// The reference's SAELens dictionaries of `kinds` (`res`, `mlp`, ..), with keys set in every configuration.
fn reference_with(kinds: &[&str], keys: &Value) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for folder in fs::read_dir(support::reference("saelens")).unwrap().map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if !kinds.iter().any(|kind| name.contains(kind)) {
            continue;
        }
        fs::create_dir(to.path().join(&name)).unwrap();
        let mut config: serde_json::Map<_, _> = serde_json::from_slice(&fs::read(folder.join("cfg.json")).unwrap()).unwrap();
        config.extend(keys.as_object().unwrap().clone());
        fs::write(to.path().join(&name).join("cfg.json"), serde_json::to_vec(&config).unwrap()).unwrap();
        fs::copy(folder.join("sae_weights.safetensors"), to.path().join(&name).join("sae_weights.safetensors")).unwrap();
    }
    to
}

fn attributed(compute: &dyn Compute, dictionaries: &[Dictionary], method: Method) -> Vec<ViewEffects> {
    let examples = support::Prompts::of("names").examples();
    let examples: Vec<_> = examples.into_iter().take(3).collect();
    let settings = Settings { method, rule: Rule::Riemann, steps: 3, batch: 2, detail: 0 };
    let views = support::views(&examples, None);
    attribute(compute, dictionaries, &views, settings, &mut |_| (), &Cancel::default()).unwrap()
}

/// Whatever rule, scale and frame: what features write and what is left add up to the change of the output, and each feature counts by
/// the change of what it writes.
#[test]
fn effects_are_those_of_what_features_write() {
    let compute = support::reference_model(Backend::NdArray);
    let all = ["att", "mlp", "res"];
    for keys in [
        json!({}),
        json!({"normalize_activations": "layer_norm"}),
        json!({"normalize_activations": "constant_norm_rescale"}),
        json!({"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 9}}),
        json!({"activation_fn_str": null, "architecture": "abstopk", "k": 9, "rescale_acts_by_decoder_norm": true}),
        json!({"model_from_pretrained_kwargs": {"center_writing_weights": true}}),
    ] {
        let folder = reference_with(&all, &keys);
        let dictionaries = folder::open_all(&[folder.path().to_owned()], &Host::plain(3, 64), &Cancel::default()).unwrap();
        for method in [Method::Ig, Method::Attrib] {
            for view in attributed(compute.as_ref(), &dictionaries, method) {
                for check in invariant::check(&view) {
                    assert!(check.gap.is_some() && check.broken.is_none(), "{keys}, {method}: {check:?}");
                }
            }
        }
        let found = &attributed(compute.as_ref(), &dictionaries, Method::Attrib)[0];
        for (dictionary, effects) in dictionaries.iter().zip(&found.submodules).skip(1).step_by(4) {
            expect_effects(compute.as_ref(), dictionary, effects, &format!("{keys}, {}", dictionary.submodule()));
        }
    }
}

/// Recomputes the effects of one submodule by attribution patching: `sum over tokens of (s_patch f_patch - s_clean f_clean) <g, d>`.
fn expect_effects(compute: &dyn Compute, dictionary: &Dictionary, effects: &SubmoduleEffects, what: &str) {
    let cancel = Cancel::default();
    let prompts = support::Prompts::of("names");
    let (clean, patch, answers) = (&prompts.clean_rows()[..3], &prompts.patch_rows()[..3], &prompts.answers()[..3]);
    let gradients = &support::plain_gradients(compute, clean, answers)[dictionary.submodule().ordinal(3)];
    let mut expected = vec![0.0_f64; dictionary.features()];
    for (prompts, sign) in [(clean, -1.0), (patch, 1.0)] {
        let traces = compute.traces(prompts, &cancel).unwrap();
        let outputs: Vec<&[f32]> =
            traces.iter().flat_map(|trace| trace.output(dictionary.submodule()).chunks_exact(64)).collect();
        let codes = compute.encode(dictionary, &outputs, &cancel).unwrap();
        let decoder = DecoderRows::read(dictionary, active_features(&codes), &cancel).unwrap();
        for ((x, codes), gradient) in outputs.iter().zip(&codes).zip(gradients.chunks_exact(64)) {
            for (feature, code) in codes.iter() {
                let along: f64 = gradient.iter().zip(decoder.row(*feature)).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
                expected[*feature as usize] += sign * f64::from(dictionary.written(x).factor * code) * along / 3.0;
            }
        }
    }
    let largest = expected.iter().fold(1e-3_f64, |largest, effect| largest.max(effect.abs()));
    for (feature, effect) in effects.features.iter().zip(&effects.effects) {
        let difference = (f64::from(*effect) - expected[feature.0 as usize]).abs();
        assert!(difference <= 1e-4 * largest, "{what}, feature {}: {effect}, not {}", feature.0, expected[feature.0 as usize]);
    }
    assert!(effects.effects.iter().any(|effect| effect.abs() > 1e-4), "{what}: some feature counts");
}

#[test]
fn dictionaries_of_some_submodules_find_what_they_find_among_all() {
    let compute = support::reference_model(Backend::NdArray);
    let folder = reference_with(&["res"], &json!({}));
    let some = folder::open_all(&[folder.path().to_owned()], &Host::plain(3, 64), &Cancel::default()).unwrap();
    assert_eq!(some.iter().map(|one| one.submodule().to_string()).collect::<Vec<_>>(), ["resid_0", "resid_1", "resid_2"]);
    let all = support::reference_dictionaries("saelens");
    for method in [Method::Ig, Method::Attrib, Method::Exact] {
        let [some, all] = [&some, &all].map(|dictionaries| attributed(compute.as_ref(), dictionaries, method));
        for (some, all) in some.iter().zip(&all) {
            assert_eq!(some.submodules, all.submodules[6..], "{method}");
        }
    }
    // Through the program, its file and its tables.
    let out = folder.path().join("out");
    let saescope = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_saescope")).args(arguments).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    };
    let pairs = folder.path().join("pairs");
    fs::write(&pairs, r#"{"clean_prefix": [1, 2], "patch_prefix": [3, 2], "clean_answer": 5, "patch_answer": 6}"#).unwrap();
    let [model, dictionaries] = [support::reference("model"), folder.path().to_owned()].map(|path| path.display().to_string());
    let (pairs, out) = (pairs.display().to_string(), out.display().to_string());
    let said = saescope(&["run", "--model", &model, "--dictionaries", &dictionaries, "--pairs", &pairs, "--output", &out]);
    assert!(said.contains("resid_2") && !said.contains("attn_0"), "{said}");
    saescope(&["check", &out]);
    let said = saescope(&["export", &out, "--view", "male", "--top-k", "3", "--format", "csv"]);
    assert!(said.contains("resid") && !said.contains("mlp"), "{said}");
}

#[test]
fn files_say_their_place_where_names_do_not() {
    let open = |folder: &Path, width: usize| folder::open_all(&[folder.to_owned()], &Host::plain(3, width), &Cancel::default());
    let place = |name: &str| {
        let dictionaries = open(&fixture("kinds").join(name), 24).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(dictionaries.len(), 1, "{name}");
        dictionaries[0].submodule().to_string()
    };
    for (name, submodule) in [
        ("saelens0_standard", "resid_1"),
        ("sparsify_topk", "resid_1"),
        ("sparsify_topk_mlp", "mlp_1"),
        ("gemma_scope_2b-pt-res", "resid_1"),
        ("gemma_scope_2_resid", "resid_1"),
        ("dl_batch_topk", "resid_1"),
    ] {
        assert_eq!(place(name), submodule);
    }
    let host = Host { heads_width: 32, ..Host::plain(3, 24) };
    let open_in = |name: &str, host: &Host| folder::open_all(&[fixture("kinds").join(name)], host, &Cancel::default());
    for (name, submodule) in [
        ("gemma_scope_2b-pt-att", "z_1"),
        ("gemma_scope_2b-pt-res_embedding", "embed"),
        ("gemma_scope_2b-pt-transcoders", "mlp_1"),
        ("sparsify_transcoder", "mlp_1"),
    ] {
        let found = open_in(name, &host).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(found.iter().map(|one| one.submodule().to_string()).collect::<Vec<_>>(), [submodule], "{name}");
    }
    // sparsify hooks the MLP itself, and Gemma's norms come after it.
    let with_norms = Host { output_norms: true, norm: NormKind::Rms, ..host };
    assert_eq!(open_in("sparsify_topk_mlp", &with_norms).unwrap()[0].submodule().to_string(), "mlp_raw_1");
    let positions = Host { learned_positions: true, ..host };
    let said = open_in("gemma_scope_2b-pt-res_embedding", &positions).unwrap_err().to_string();
    assert!(said.contains("token embedding without positions"), "{said}");
    // TransformerLens leaves writing weights of such models as they are, and says so.
    let said = open_in("saelens5_standard", &with_norms).unwrap_err().to_string();
    assert!(said.contains("center_writing_weights") && said.contains("RMSNorm"), "{said}");
    // A download into a folder of another name has lost what says the place.
    let own = tempfile::tempdir().unwrap();
    let kept = own.path().join("gs/layer_1/width_16k/average_l0_9");
    fs::create_dir_all(&kept).unwrap();
    fs::copy(dictionary_folder(&fixture("kinds/gemma_scope_2b-pt-res")).join("params.npz"), kept.join("params.npz")).unwrap();
    let said = open(&own.path().join("gs"), 24).unwrap_err().to_string();
    assert!(said.starts_with(&kept.display().to_string()) && said.contains("says no place"), "{said}");
    assert!(said.contains("gemma-scope-2b-pt-res"), "{said}");
    let said = open(&fixture("kinds/saelens_jumprelu"), 24).unwrap_err().to_string();
    assert!(said.contains("width 32"), "{said}");
    let said = open(&fixture("kinds"), 24).unwrap_err().to_string();
    assert_eq!(said.lines().count(), 1, "{said}");
}

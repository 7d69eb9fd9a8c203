//! Dictionaries of every kind, made by the packages that people train them with: `tests/fixtures/kinds` holds their files and what the
//! packages compute of them. Codes and reconstructions are compared on every backend, and what must not be read is refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use saescope::core::problem::Result;
use saescope::core::submodule::Submodule;
use saescope::engine::cancel::Cancel;
use saescope::engine::compute::Compute;
use saescope::engine::dictionary::arithmetic::Frame;
use saescope::engine::dictionary::codes::{DecoderRows, TokenCodes, active_features, transcoding_errors};
use saescope::engine::dictionary::place::Place;
use saescope::engine::dictionary::{Dictionary, Purpose, formats};
use saescope::engine::tensor_file::TensorFile;
use serde_json::Value;
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
            if let Some(hook) = kind[key].as_str() {
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
    let compute = support::reference_model(saescope::core::request::Backend::Native);
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
fn a_transcoder_is_no_dictionary_of_the_place_that_it_writes() {
    for name in
        ["saelens_transcoder", "gemma_scope_2_transcoder_affine", "sparsify_transcoder_skip", "gemma_scope_2b-pt-transcoders"]
    {
        let folder = dictionary_folder(&fixture("kinds").join(name));
        let said = formats::open(&folder, Purpose::Use { submodule: submodule("mlp_1"), width: 24 }).unwrap_err().to_string();
        assert!(said.contains("transcoder") || said.contains("ln2.hook_normalized"), "{name}: {said}");
    }
}

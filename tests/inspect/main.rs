//! `saescope inspect` and `saescope models` by the built program: the set-up that a dictionary was trained in is named, whatever its files
//! say. The dictionaries are the demo's own, which fit; what is wrong is one key.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod remembering;
#[path = "../support/mod.rs"]
mod support;
mod traps;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// The demo's dictionary `name` with keys set in its configuration, and the demo's sentences.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new(name: &str, keys: &Value) -> Self {
        let (root, to) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
        let from = root.join("assets/demo/dictionaries").join(name);
        let mut config: serde_json::Map<_, _> = serde_json::from_slice(&fs::read(from.join("cfg.json")).unwrap()).unwrap();
        config.extend(keys.as_object().unwrap().clone());
        fs::write(to.path().join("cfg.json"), serde_json::to_vec(&config).unwrap()).unwrap();
        fs::copy(from.join("sae_weights.safetensors"), to.path().join("sae_weights.safetensors")).unwrap();
        let pairs = fs::read_to_string(root.join("data/names.json")).unwrap();
        let texts = pairs.lines().filter_map(|line| {
            let pair: Value = serde_json::from_str(line).ok()?;
            Some(format!("{}\n{}\n", pair["clean_prefix"].as_str()?, pair["patch_prefix"].as_str()?))
        });
        fs::write(to.path().join("texts"), texts.collect::<String>()).unwrap();
        Self(to)
    }

    fn inspect(&self, more: &[&str]) -> (Option<i32>, String) {
        let text = self.0.path().join("texts");
        let output = Command::new(env!("CARGO_BIN_EXE_saescope"))
            .args(["inspect", "demo", self.0.path().to_str().unwrap(), "--text", text.to_str().unwrap()])
            .args(more)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }
}

#[test]
fn a_dictionary_that_says_what_it_is_fits() {
    let (status, said) = Bench::new("2-res-sm", &json!({})).inspect(&[]);
    assert_eq!(status, Some(0), "{said}");
    for words in ["computes  ReLU, b_dec subtracted", "reads     resid_2", "It fits as its files say: resid_2, raw", "stated"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// Known wrong set-ups, each made by one key: the right one is named.
#[test]
fn wrong_set_ups_are_named_with_the_one_that_fits() {
    for (keys, stated) in [
        (json!({"hook_name": "blocks.1.hook_resid_post", "hook_layer": 1}), "resid_1, raw"),
        (json!({"hook_name": "blocks.2.hook_resid_pre", "hook_layer": 2}), "resid_1, raw"),
        (json!({"hook_name": "blocks.2.hook_mlp_out"}), "mlp_2, raw"),
        (json!({"normalize_activations": "layer_norm"}), "resid_2, raw, layer_norm"),
        (json!({"normalize_activations": "constant_norm_rescale"}), "resid_2, raw, constant_norm_rescale"),
    ] {
        let (status, said) = Bench::new("2-res-sm", &keys).inspect(&[]);
        assert_eq!(status, Some(1), "{keys}: {said}");
        let verdict = said.lines().last().unwrap();
        assert!(verdict.starts_with("It fits best at resid_2, raw, without a BOS token"), "{keys}: {said}");
        assert!(verdict.contains("not as its files say") && verdict.contains(stated), "{keys}: {said}");
    }
}

#[test]
fn a_dictionary_of_nothing_fits_nowhere() {
    // Its features are drawn at random.
    let mut numbers = rand_mt::Mt::new(5);
    let mut row = |_| (0..64).map(|_| numbers.next_u32() as f32 / u32::MAX as f32 - 0.5).collect::<Vec<f32>>();
    let rows: Vec<Vec<f32>> = (0..40).map(&mut row).collect();
    let bench = Bench::new("2-res-sm", &json!({}));
    let config = json!({"architecture": "topk", "k": 1, "metadata": {"hook_name": "blocks.2.hook_resid_post"}});
    remembering::Remembering::autoencoder(&rows).write(bench.0.path(), &config, None, 1.0);
    let (status, said) = bench.inspect(&[]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.lines().last().unwrap().starts_with("It fits in none"), "{said}");
}

#[test]
fn what_cannot_be_measured_is_one_line() {
    let bench = Bench::new("2-res-sm", &json!({}));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kinds");
    let inspect = |dictionary: &str, more: &[&str]| {
        let dictionary = folder.join(dictionary);
        let output = Command::new(env!("CARGO_BIN_EXE_saescope"))
            .args(["inspect", "demo", dictionary.to_str().unwrap()])
            .args(more)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (dictionary, says) in [
        ("saelens_transcoder", "reads activations of width 24"),
        ("saelens_standard", "reads activations of width 24"),
        ("refused/topk_without_k", "holds no k"),
        ("", "holds no dictionary"),
    ] {
        let (status, said) = inspect(dictionary, &[]);
        assert!(status == Some(2) && said.contains(says) && said.lines().count() == 1, "{dictionary}: {said}");
    }
    // A path need not be text.
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let model = bench.0.path().join(std::ffi::OsStr::from_bytes(b"m\xff"));
        fs::create_dir(&model).unwrap();
        fs::write(model.join("model.safetensors"), "").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_saescope")).arg("inspect").args([&model, bench.0.path()]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("config.json") && fs::remove_dir_all(&model).is_ok(), "{said}");
    }
    let (status, said) = bench.inspect(&["--bos", "1000000"]);
    assert!(status == Some(2) && said.contains("--bos"), "{said}");
}

#[test]
fn the_page_of_formats_names_every_format() {
    let output = Command::new(env!("CARGO_BIN_EXE_saescope")).arg("models").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    let names = ["SAELens", "sparsify", "dictionary_learning", "Gemma Scope", "Gemma Scope 2", "Llama Scope", "Llama Scope R1"];
    for name in names {
        assert!(said.lines().any(|line| line.starts_with(&format!("{name} ("))), "{name}: {said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
}

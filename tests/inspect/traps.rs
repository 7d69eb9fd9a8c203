//! Wrong set-ups that people have used for months, made from golden activations and the small study of GPT-2: each is named, by the fit
//! against what is declared or by the set-up that fits. Sources: TransformerLens issue 346; SAELens pull request 279, issues 553, 608, 645,
//! pull request 483; interp-engine's documentation of sites.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde_json::{Value, json};

use super::remembering::{Remembering, rows, texts};
use super::support::fixture;

/// What the program says of `dictionary` on `model`, and its exit status.
fn inspect(model: &Path, dictionary: &Path, text: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_saescope"))
        .arg("inspect")
        .args([model, dictionary])
        .arg("--text")
        .arg(text)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn host(path: &str) -> PathBuf {
    fixture("hosts").join(path)
}

/// A dictionary of the study of GPT-2 with keys set in its metadata.
fn of_study(name: &str, keys: &Value, folder: &Path) {
    let from = host("gpt2/study/dictionaries").join(name);
    let mut config: Value = serde_json::from_slice(&fs::read(from.join("cfg.json")).unwrap()).unwrap();
    config["metadata"].as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    fs::write(folder.join("cfg.json"), config.to_string()).unwrap();
    fs::copy(from.join("sae_weights.safetensors"), folder.join("sae_weights.safetensors")).unwrap();
}

/// The first lines of the text that the study's dictionaries were fitted on.
fn study_text(folder: &Path) -> PathBuf {
    let text: Value = serde_json::from_slice(&fs::read(host("gpt2/study/text.json")).unwrap()).unwrap();
    let lines = text["ids"].as_array().unwrap().iter().take(60).map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
    fs::write(folder.join("text"), lines).unwrap();
    folder.join("text")
}

#[test]
fn set_ups_of_a_trained_dictionary_are_named() {
    let declared = json!({"l0": 18.172, "variance_explained": 0.8735});
    let with = |keys: Value| {
        let mut all = declared.clone();
        all.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        all
    };
    for (what, keys, status, says) in [
        ("right", json!({}), 0, &["It fits as its files say: resid_1, centred, with a BOS token", ": as declared."][..]),
        (
            "res-jb a block early",
            json!({"hook_name": "blocks.1.hook_resid_pre"}),
            1,
            &[
                "It fits best at resid_1, centred, with a BOS token",
                "not as its files say (resid_0, centred",
                "far off what is declared",
            ],
        ),
        (
            "not centred",
            json!({"model_from_pretrained_kwargs": {}}),
            1,
            &[
                "It fits best at resid_1, centred, with a BOS token",
                "not as its files say (resid_1, raw",
                "far off what is declared",
            ],
        ),
        (
            "no BOS",
            json!({"prepend_bos": false}),
            0,
            &["It fits as its files say: resid_1, centred, without a BOS token", "better at resid_1, centred, with a BOS token"],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        of_study("blocks.2.hook_resid_pre", &with(keys), folder.path());
        let (code, said) = inspect(&host("gpt2/model_hub"), folder.path(), &study_text(folder.path()));
        assert_eq!(code, Some(status), "{what}: {said}");
        says.iter().for_each(|words| assert!(said.contains(words), "{what}, {words}: {said}"));
    }
}

/// Where the activations of a case come from: a host model, the tensors of its golden file, and the prompts behind them.
struct Source {
    host: &'static str,
    model: &'static str,
    sides: &'static [&'static str],
}

const LONG: [&str; 3] = ["long.x_clean", "bos.x_clean", "bos.x_patch"];
const LONG_TEXTS: [&str; 3] = ["long.ids_clean", "bos.ids_clean", "bos.ids_patch"];

impl Source {
    fn rows(&self, site: &str) -> Vec<Vec<f32>> {
        let names: Vec<String> = self.sides.iter().map(|side| format!("{side}.{site}")).collect();
        rows(&host(self.host), &names)
    }

    fn texts(&self) -> String {
        let names: Vec<&str> =
            LONG.iter().zip(LONG_TEXTS).filter(|(side, _)| self.sides.contains(side)).map(|(_, ids)| ids).collect();
        texts(&host(self.host), &names)
    }
}

const GEMMA: Source = Source { host: "gemma2", model: "gemma2/model", sides: &LONG };
const LLAMA: Source = Source { host: "llama", model: "llama/model", sides: &LONG };
/// What the MLP reads is in the golden files for one side alone.
const GPT2_ONE_SIDE: Source = Source { host: "gpt2", model: "gpt2/model", sides: &["bos.x_clean"] };

fn config(architecture: &str, hook: &str, keys: &Value) -> Value {
    let mut config = json!({"architecture": architecture, "metadata": {"hook_name": hook, "prepend_bos": true}});
    config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    config
}

/// Inspects the dictionary that `write` makes, with the model in `model` or as it is.
fn of_remembered(source: &Source, model: Option<&Path>, write: &dyn Fn(&Path)) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    fs::write(folder.path().join("text"), source.texts()).unwrap();
    let own = host(source.model);
    inspect(model.unwrap_or(&own), folder.path(), &folder.path().join("text"))
}

#[test]
fn a_top_k_read_as_relu_is_named() {
    let remembered = Remembering::autoencoder(&LLAMA.rows("resid_1"));
    for (architecture, keys, status, says) in [
        ("topk", json!({"k": 1}), 0, &["It fits as its files say: resid_1"][..]),
        ("standard", json!({}), 1, &["It fits best at resid_1, raw, read as TopK 1", "far off what is declared"]),
    ] {
        let mut config = config(architecture, "blocks.1.hook_resid_post", &keys);
        config["metadata"]["l0"] = 1.into();
        let (code, said) = of_remembered(&LLAMA, None, &|folder| remembered.write(folder, &config, None, 1.0));
        assert_eq!(code, Some(status), "{architecture}: {said}");
        says.iter().for_each(|words| assert!(said.contains(words), "{architecture}, {words}: {said}"));
    }
}

/// Activations times a constant: said by the files, not said, and said for the activations but not for the thresholds.
#[test]
fn a_scale_that_is_not_folded_and_thresholds_of_another_scale_are_named() {
    let mut remembered = Remembering::autoencoder(&LLAMA.rows("resid_1"));
    let thresholds = remembered.thresholds();
    let rows = LLAMA.rows("resid_1");
    let lengths: f32 = rows.iter().map(|row| row.iter().map(|value| value * value).sum::<f32>().sqrt()).sum();
    let factor = (rows[0].len() as f32).sqrt() * rows.len() as f32 / lengths;
    assert!((factor - 1.0).abs() > 0.3, "the scale matters: {factor}");
    let said_factor = json!({"normalize_activations": "expected_average_only_in", "norm_scaling_factor": factor});
    for (what, keys, threshold_factor, status, says) in [
        ("right", said_factor.clone(), factor, 0, "It fits as its files say: resid_1, raw, times".to_owned()),
        // The factor without first tokens is as near here, and comes first.
        ("not folded", json!({}), factor, 1, format!("It fits best at resid_1, raw, times {factor:.2}")),
        ("thresholds of raw activations", said_factor, 1.0, 1, format!("thresholds times {factor:.3}, with a BOS token")),
    ] {
        let config = config("jumprelu", "blocks.1.hook_resid_post", &keys);
        let write = |folder: &Path| remembered.write(folder, &config, Some(&thresholds), threshold_factor);
        let (code, said) = of_remembered(&LLAMA, None, &write);
        assert_eq!(code, Some(status), "{what}: {said}");
        assert!(said.contains(&says), "{what}, {says}: {said}");
    }
}

/// Gemma's MLP before and after the norm behind it, and its attention's heads.
#[test]
fn places_around_norms_are_named() {
    for (site, hook, status, says) in [
        ("mlp_1", "blocks.1.hook_mlp_out", 0, "It fits as its files say: mlp_1, raw"),
        ("mlp_raw_1", "blocks.1.hook_mlp_out", 1, "It fits best at mlp_1 before the norm behind it, raw"),
        ("attn_raw_1", "blocks.1.hook_attn_out", 1, "It fits best at attn_1 before the norm behind it, raw"),
        ("z_1", "blocks.1.attn.hook_z", 0, "It fits as its files say: the attention heads of layer 1"),
        ("z_1", "blocks.2.attn.hook_z", 1, "It fits best at the attention heads of layer 1"),
    ] {
        let mut remembered = Remembering::autoencoder(&GEMMA.rows(site));
        let thresholds = remembered.thresholds();
        let config = config("jumprelu", hook, &json!({}));
        let (code, said) = of_remembered(&GEMMA, None, &|folder| remembered.write(folder, &config, Some(&thresholds), 1.0));
        assert_eq!(code, Some(status), "{site}: {said}");
        assert!(said.contains(says), "{site}, {says}: {said}");
    }
}

#[test]
fn a_transcoder_that_reads_without_the_gain_is_named() {
    let mut remembered = Remembering::new(&GPT2_ONE_SIDE.rows("mlp_plain_1"), &GPT2_ONE_SIDE.rows("mlp_1"));
    remembered.thresholds();
    // Near the lengths themselves, so that the gain decides what fires.
    let length = |row: &Vec<f32>| row.iter().map(|value| value * value).sum::<f32>().sqrt();
    let thresholds: Vec<f32> = remembered.reads.iter().map(|row| 0.999 * length(row)).collect();
    for (hook, folds, status, says) in [
        // TransformerLens puts this hook behind the gain, unless the gain is folded into the next weights: as `run` reads it.
        (
            "blocks.1.ln2.hook_normalized",
            true,
            0,
            "It fits as its files say: what the MLP of layer 1 reads, without the norm's gain",
        ),
        ("blocks.1.ln2.hook_normalized", false, 1, "not as its files say (what the MLP of layer 1 reads, raw"),
        ("blocks.1.hook_mlp_in", false, 1, "It fits best at what the MLP of layer 1 reads, without the norm's gain"),
    ] {
        let mut config = config("jumprelu_transcoder", hook, &json!({}));
        config["metadata"]["hook_name_out"] = "blocks.1.hook_mlp_out".into();
        config["metadata"]["model_from_pretrained_kwargs"] = json!({"fold_ln": folds});
        let write = |folder: &Path| remembered.write(folder, &config, Some(&thresholds), 1.0);
        let (code, said) = of_remembered(&GPT2_ONE_SIDE, None, &write);
        assert_eq!(code, Some(status), "{hook}: {said}");
        assert!(said.contains(says), "{hook}, {says}: {said}");
    }
}

/// A model whose rotary keys are not looked at computes something else: transformers 5 writes `rope_parameters`, older ones other keys.
#[test]
fn a_model_without_its_rotary_keys_is_named_and_both_forms_of_them_are_not() {
    let remembered = Remembering::autoencoder(&LLAMA.rows("z_1"));
    let mut said_keys = config("topk", "blocks.1.attn.hook_z", &json!({"k": 1}));
    said_keys["metadata"]["variance_explained"] = 0.999.into();
    let read = |path: &str| serde_json::from_slice::<Value>(&fs::read(host(path)).unwrap()).unwrap();
    let mut ignored = read("llama/config_v5.json");
    ignored.as_object_mut().unwrap().remove("rope_parameters");
    for (what, config, status, says) in [
        ("transformers 4", read("llama/model/config.json"), 0, ": as declared."),
        ("transformers 5", read("llama/config_v5.json"), 0, ": as declared."),
        ("ignored", ignored, 1, "declared 99.9 % of the variance"),
    ] {
        let model = tempfile::tempdir().unwrap();
        fs::write(model.path().join("config.json"), config.to_string()).unwrap();
        fs::copy(host("llama/model/model.safetensors"), model.path().join("model.safetensors")).unwrap();
        let write = |folder: &Path| remembered.write(folder, &said_keys, None, 1.0);
        let (code, said) = of_remembered(&LLAMA, Some(model.path()), &write);
        assert_eq!(code, Some(status), "{what}: {said}");
        assert!(said.contains(says), "{what}: {said}");
        assert!(status == 0 || said.contains("differs from what") || said.contains("far off what"), "{what}: {said}");
    }
}

/// What does not fit into f16 is infinite in a file of f16: named by its tensor, not computed.
#[test]
fn an_overflow_of_16_bits_is_refused_by_its_tensor() {
    let model = tempfile::tempdir().unwrap();
    let from = host("pythia-lm-head/model");
    fs::copy(from.join("config.json"), model.path().join("config.json")).unwrap();
    let bytes = fs::read(from.join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = file
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            // Large enough for one kind of layer to leave the range of f16.
            let factor = if name.ends_with("dense_4h_to_h.weight") { 1e7 } else { 1.0 };
            let halves = values.flat_map(|value| half::f16::from_f32(value * factor).to_le_bytes()).collect();
            (name, view.shape().to_vec(), halves)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F16, shape.clone(), bytes).unwrap()));
    fs::write(model.path().join("model.safetensors"), serialize(views, None).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    of_study("blocks.1.hook_resid_pre", &json!({}), folder.path());
    let (code, said) = inspect(model.path(), folder.path(), &study_text(folder.path()));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("dense_4h_to_h.weight': holds the value inf"), "{said}");
}

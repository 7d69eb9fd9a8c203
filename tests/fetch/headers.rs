//! `saescope inspect hf://..`: what a dictionary is, from its headers alone.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use crate::hub::{Hub, Reply, Repository};

const FEATURES: usize = 40_000;
const WIDTH: usize = 8;

fn weights(features: usize) -> Vec<u8> {
    let numbers = |count: usize, value: f32| vec![value; count].into_iter().flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
    let tensors = [
        ("W_enc", vec![WIDTH, features], numbers(WIDTH * features, 0.5)),
        ("W_dec", vec![features, WIDTH], numbers(WIDTH * features, 0.5)),
        ("b_enc", vec![features], numbers(features, 0.0)),
        ("b_dec", vec![WIDTH], numbers(WIDTH, 0.0)),
        ("threshold", vec![features], numbers(features, 0.25)),
    ];
    let views = tensors.iter().map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    serialize(views, None).unwrap()
}

fn repository(architecture: &str) -> Repository {
    let config = serde_json::json!({
        "architecture": architecture, "d_in": WIDTH, "d_sae": FEATURES,
        "metadata": {"hook_name": "blocks.3.hook_resid_pre", "prepend_bos": true, "l0": 54.0, "variance_explained": 0.77},
    });
    let folder = |file: &str| format!("deep/blocks.3/{file}");
    let (cfg, file) = (folder("cfg.json"), folder("sae_weights.safetensors"));
    Repository::new(
        "me/saes",
        &[(&cfg, config.to_string().into_bytes()), (&file, weights(FEATURES)), ("elsewhere/cfg.json", b"{".to_vec())],
    )
}

fn inspect(hub: &Hub, address: &str) -> (Option<i32>, String) {
    let home = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_saescope"))
        .args(["inspect", address])
        .env("HF_ENDPOINT", hub.address())
        .env("HF_HOME", home.path())
        .env_remove("HF_HUB_OFFLINE")
        .env_remove("HF_TOKEN")
        .output()
        .unwrap();
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing is left in the cache");
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn headers_say_what_a_dictionary_is_and_matrices_stay_where_they_are() {
    let hub = Hub::new(&[repository("jumprelu")]);
    let (status, said) = inspect(&hub, "hf://me/saes/deep");
    assert_eq!(status, Some(0), "{said}");
    for words in [
        "deep/blocks.3/sae_weights.safetensors: SAELens, 40000 features of width 8",
        "computes  JumpReLU",
        "reads     resid_2",
        "declared 54 active features, 77.0 % of the variance",
        "BOS       in front of every text",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let asked = hub.files_asked();
    assert!(asked.iter().all(|request| request.end().is_some() && !request.path.contains("elsewhere")), "{asked:?}");
    let read: usize = asked.iter().map(|request| request.end().unwrap() - request.start()).sum();
    assert!(read < 600_000 && weights(FEATURES).len() > 2_500_000, "{read} bytes were read");
}

#[test]
fn what_would_be_refused_is_refused_before_the_download() {
    let hub = Hub::new(&[repository("temporal")]);
    let (status, said) = inspect(&hub, "hf://me/saes/deep/blocks.3");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("refused: deep/blocks.3/cfg.json: architecture is \"temporal\""), "{said}");
    for (address, says) in [
        ("hf://me/saes/nowhere", "holds no file"),
        ("hf://me/other", "404"),
        ("hf://me", "no address of a folder on the hub"),
        ("hf://me/saes/../x", "no address of a folder on the hub"),
    ] {
        let (status, said) = inspect(&hub, address);
        assert!(status == Some(2) && said.contains(says) && said.lines().count() == 1, "{address}: {said}");
    }
}

#[test]
fn a_hub_without_ranges_is_named_and_damage_is_no_panic() {
    let whole = Hub::with(&[repository("jumprelu")], |request, usual| request.end().map(|_| Reply::new(200, usual.body.clone())));
    let (status, said) = inspect(&whole, "hf://me/saes/deep");
    assert!(status == Some(2) && said.contains("sends the whole file instead of a part"), "{said}");
    let damaged = Repository::new(
        "me/saes",
        &[("cut.safetensors", vec![255; 40]), ("empty.safetensors", Vec::new()), ("text.npz", b"no zip".to_vec())],
    );
    for file in ["cut.safetensors", "empty.safetensors", "text.npz"] {
        let content = damaged.files[file].clone();
        let hub = Hub::new(&[Repository::new("me/saes", &[(&format!("x/{file}"), content)])]);
        let (status, said) = inspect(&hub, "hf://me/saes/x");
        assert!(status == Some(2) && said.contains(file) && said.lines().count() == 1, "{file}: {said}");
    }
}

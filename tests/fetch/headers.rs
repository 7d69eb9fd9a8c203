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

/// Reading a header takes many times its size in memory.
#[test]
fn a_header_beyond_those_of_models_is_refused_before_it_is_read() {
    let mut file = (20_u64 << 20).to_le_bytes().to_vec();
    file.resize((20 << 20) + 100, b' ');
    let hub = Hub::new(&[Repository::new("me/saes", &[("x/a.safetensors", file)])]);
    let (status, said) = inspect(&hub, "hf://me/saes/x");
    assert!(status == Some(2) && said.contains("a.safetensors of me/saes: has a header of 20971520 bytes"), "{said}");
    let read: usize = hub.files_asked().iter().map(|request| request.end().unwrap() - request.start()).sum();
    assert!(read < 100_000, "{read} bytes were read");
}

#[test]
fn a_size_that_no_file_has_is_refused_by_the_listing() {
    let hub = Hub::with(&[repository("jumprelu")], |_, usual| {
        let text = String::from_utf8_lossy(&usual.body);
        text.starts_with('{').then(|| Reply::new(200, with_sizes(&text).into_bytes()))
    });
    let (status, said) = inspect(&hub, "hf://me/saes/deep");
    assert!(status == Some(2) && said.contains("the listing says that") && said.contains("HF_ENDPOINT"), "{said}");
}

/// A listing in which every file has nine exabytes.
fn with_sizes(listing: &str) -> String {
    let mut listing: serde_json::Value = serde_json::from_str(listing).unwrap();
    for sibling in listing["siblings"].as_array_mut().into_iter().flatten() {
        sibling["size"] = 9_000_000_000_000_000_000_u64.into();
        if sibling["lfs"].is_object() {
            sibling["lfs"]["size"] = 9_000_000_000_000_000_000_u64.into();
        }
    }
    listing.to_string()
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

//! Dictionaries in every format.

use std::io::{Cursor, Read, Write};

use saescope::core::submodule::{LayerIndex, Submodule, SubmoduleKind};
use saescope::engine::cancel::Cancel;
use saescope::engine::dictionary::host::Host;
use saescope::engine::dictionary::{Dictionary, Purpose, ae_pt, folder, formats, saelens};
use saescope::engine::tensor_file::Bytes;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Small, all_finite, repository};
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

const MLP: Submodule = Submodule { layer: LayerIndex(0), kind: SubmoduleKind::Mlp };

/// A dictionary that was opened is read whole, as a run does.
fn readable(dictionary: &Dictionary) -> Result<(), String> {
    // Weights are checked when they are read.
    let Ok(encoder) = dictionary.encoder(0..dictionary.features()) else { return Ok(()) };
    all_finite("the encoder", &encoder)?;
    all_finite("a bias", dictionary.encoder_bias().iter().chain(dictionary.decoder_bias()))?;
    let mut row = vec![0.0; dictionary.written_width()];
    match dictionary.read_decoder_row(dictionary.features() as u32 - 1, &mut row) {
        Ok(()) => all_finite("the decoder", &row),
        Err(_) => Ok(()),
    }
}

/// A configuration with what SAELens records of the training.
const RECORDS: &[u8] = br#"{"architecture": "standard", "activation_fn_str": "relu", "d_in": 8, "d_sae": 12, "dtype": "torch.float32",
"device": "cpu", "hook_name": "blocks.0.hook_mlp_out", "hook_layer": 0, "hook_head_index": null, "context_size": 16, "lr": [0.001, 0.1],
"l1_coefficient": 2, "seed": 42, "verbose": false, "prepend_bos": true,
"neuronpedia_id": "pythia-70m-deduped/0-mlp-sm", "metadata": {"l0": 3.5, "sae_lens_version": "6.0.0"}}"#;

fn sae_lens(name: &'static str, file: &str, mutator: Mutator) {
    let small = Small::new();
    let place = small.path("dictionaries/0-mlp-sm");
    let mut seeds = vec![small.read(&format!("dictionaries/0-mlp-sm/{file}"))];
    if mutator == Mutator::Json {
        seeds.push(RECORDS.to_vec());
    }
    let read = |bytes: &[u8]| {
        std::fs::write(place.join(file), bytes).unwrap();
        let purpose = Purpose::Use { submodule: MLP, width: Small::SHAPE.width() };
        Verdict::of(saelens::open(&place, purpose), |dictionary| readable(&dictionary))
    };
    Door { name, seeds, mutator, one_in: 1, read: &read }.pass();
}

#[test]
fn sae_lens_weights() {
    sae_lens("sae_lens_weights", "sae_weights.safetensors", Mutator::SafeTensors);
}

#[test]
fn sae_lens_config() {
    sae_lens("sae_lens_config", "cfg.json", Mutator::Json);
}

/// The configuration of the training beside an `ae.pt`.
#[test]
fn training_config() {
    kind("training_config", "dl_topk", ["config.json", "ae.pt"], Mutator::Json);
}

#[test]
fn training_config_of_groups() {
    kind("training_config_of_groups", "dl_matryoshka", ["config.json", "ae.pt"], Mutator::Json);
}

/// One file of a dictionary of `tests/fixtures/kinds`, with its other files as they are.
fn kind(name: &'static str, folder: &str, files: [&str; 2], mutator: Mutator) {
    let [damaged, other] = files;
    let place = tempfile::tempdir().unwrap();
    let folder = format!("tests/fixtures/kinds/{folder}");
    std::fs::create_dir(place.path().join("checkpoints")).unwrap();
    if !other.is_empty() {
        std::fs::write(place.path().join(other), repository(&format!("{folder}/{other}"))).unwrap();
    }
    let seeds = vec![repository(&format!("{folder}/{damaged}"))];
    let read = |bytes: &[u8]| {
        std::fs::write(place.path().join(damaged), bytes).unwrap();
        let opened = formats::open(place.path(), Purpose::Look { submodule: MLP });
        Verdict::of(opened, |dictionary| readable(&dictionary))
    };
    Door { name, seeds, mutator, one_in: 5, read: &read }.pass();
}

#[test]
fn sae_lens_config_of_top_k() {
    kind("sae_lens_config_of_top_k", "saelens_topk_rescale", ["cfg.json", "sae_weights.safetensors"], Mutator::Json);
}

#[test]
fn sparsify_config() {
    kind("sparsify_config", "sparsify_groupmax/layers.1", ["cfg.json", "sae.safetensors"], Mutator::Json);
}

#[test]
fn gemma_scope_npz() {
    kind("gemma_scope_npz", "gemma_scope_2b-pt-res/layer_1/width_16k/average_l0_9", ["params.npz", ""], Mutator::Bytes);
}

#[test]
fn gemma_scope_2_config() {
    let folder = "gemma_scope_2_transcoder_affine/transcoder/layer_1_width_16k_l0_medium_affine";
    kind("gemma_scope_2_config", folder, ["config.json", "params.safetensors"], Mutator::Json);
}

#[test]
fn llama_scope_config() {
    let folder = "llama_scope/Llama3_1-8B-Base-L1R-8x";
    kind("llama_scope_config", folder, ["hyperparams.json", "checkpoints/final.safetensors"], Mutator::Json);
}

/// The reference's dictionary of the first MLP, which is 64 wide and has 512 features.
fn reference() -> Vec<u8> {
    repository("tests/fixtures/reference/dictionaries/tiny-neox/mlp_out_layer0/10_512/ae.pt")
}

fn read_ae_pt(bytes: Vec<u8>) -> Verdict {
    let purpose = Purpose::Use { submodule: MLP, width: 64 };
    let opened = ae_pt::read(Bytes::Owned(bytes.into()), "ae.pt".to_owned(), None, purpose);
    Verdict::of(opened, |dictionary| readable(&dictionary))
}

#[test]
fn ae_pt_files() {
    let read = |bytes: &[u8]| read_ae_pt(bytes.to_vec());
    Door { name: "ae_pt", seeds: vec![reference()], mutator: Mutator::Bytes, one_in: 10, read: &read }.pass();
}

#[test]
fn ae_pt_pickle() {
    let whole = reference();
    let mut archive = ZipArchive::new(Cursor::new(&whole)).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.name().unwrap().into_owned(), content));
    }
    let pickle = entries.iter().find(|(name, _)| name.ends_with("/data.pkl")).unwrap().1.clone();
    let read = |bytes: &[u8]| {
        let contents =
            entries.iter().map(|(name, content)| (name.as_str(), if name.ends_with("/data.pkl") { bytes } else { content }));
        read_ae_pt(zip(contents))
    };
    Door { name: "ae_pt_pickle", seeds: vec![pickle], mutator: Mutator::Bytes, one_in: 10, read: &read }.pass();
}

/// A zip of entries that are stored as they are.
fn zip<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn archive_of_dictionaries() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("dictionaries.zip");
    let names = ["attn", "mlp", "resid"].map(|kind| format!("dictionaries/m/{kind}_out_layer0/10_512/ae.pt"));
    let contents: Vec<Vec<u8>> = ["attn", "mlp", "resid"]
        .map(|kind| repository(&format!("tests/fixtures/reference/dictionaries/tiny-neox/{kind}_out_layer0/10_512/ae.pt")))
        .to_vec();
    let seed = zip(names.iter().map(String::as_str).zip(contents.iter().map(Vec::as_slice)));
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let opened = folder::open_all(std::slice::from_ref(&path), &Host::plain(1, 64), &Cancel::default());
        Verdict::of(opened, |dictionaries| dictionaries.iter().try_for_each(readable))
    };
    Door { name: "archive_of_dictionaries", seeds: vec![seed], mutator: Mutator::Bytes, one_in: 20, read: &read }.pass();
}

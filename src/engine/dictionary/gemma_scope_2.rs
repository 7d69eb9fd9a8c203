//! Gemma Scope 2: `resid_post/layer_1_width_16k_l0_medium/` with `config.json` and `params.safetensors`: `w_enc [d, n]`,
//! `w_dec [n, d_out]`, `b_enc`, `b_dec`, `threshold`, perhaps `affine_skip_connection [d, d_out]`.
//!
//! Source: <https://huggingface.co/google/gemma-scope-2>; the arithmetic as in SAELens's loader for it.

use std::path::Path;

use super::arithmetic::Arithmetic;
use super::configuration::{Configuration, expect_only};
use super::parts::Parts;
use super::place::Place;
use super::rule::Rule;
use super::{Dictionary, Format, Purpose, Stated};
use crate::core::problem::{Problem, Result};
use crate::engine::json::Fields;
use crate::engine::tensor_file::{StoredTensor, TensorFile};
use crate::files::stamp::Stamp;

/// The weight file's name.
pub const FILE: &str = "params.safetensors";

/// Keys that are read.
const KEYS: &str = "affine_connection architecture hf_hook_point_in hf_hook_point_out l0 model_name type width";

/// What is read and what is refused, in words.
pub fn capability() -> (String, String) {
    let reads = "jump_relu; transcoders with and without affine connection";
    (reads.to_owned(), "types other than sae and transcoder, a key or tensor that is not known".to_owned())
}

/// Opens the dictionary in `folder`.
pub fn open(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    let (config, weights) = (folder.join("config.json"), folder.join(FILE));
    let stamps = [&config, &weights].map(|path| Stamp::of(path)).to_vec();
    let config = Configuration::read(&config)?;
    let fields = config.fields();
    fields.expect_keys(KEYS)?;
    fields.expect_value("architecture", &["\"jump_relu\""])?;
    fields.expect_value("type", &["\"sae\"", "\"transcoder\""])?;
    let affine = fields.flag("affine_connection")?.unwrap_or(false);
    let weights = TensorFile::open(&weights)?;
    let mut tensors = vec!["w_enc", "w_dec", "b_enc", "b_dec", "threshold"];
    tensors.extend(affine.then_some("affine_skip_connection"));
    expect_only(&weights, &tensors)?;
    let place = |key: &str| -> Result<Place> {
        let name = fields.text(key)?.ok_or_else(|| fields.wrong(key, "a module of the model, such as model.layers.1.output"))?;
        Ok(Place::of_gemma(name))
    };
    let encoder = weights.tensor("w_enc")?;
    expect_width(fields, encoder.shape())?;
    let parts = Parts {
        encoder,
        encoder_bias: Some(weights.tensor("b_enc")?),
        decoder: weights.tensor("w_dec")?,
        decoder_bias: weights.tensor("b_dec")?,
        // The file has it the other way round than SAELens's W_skip.
        skip: affine.then(|| weights.tensor("affine_skip_connection").map(StoredTensor::transposed)).transpose()?,
        arithmetic: Arithmetic::plain(Rule::JumpRelu { thresholds: weights.tensor("threshold")?.values()? }, false),
        reads: place("hf_hook_point_in")?,
        writes: place("hf_hook_point_out")?,
    };
    let stated = Stated {
        config_sha256: Some(config.sha256()),
        model: fields.text_or_null("model_name")?.map(str::to_owned),
        bos: Some(true),
        active: fields.number_within("l0", 0.0, f64::MAX)?,
        ..Stated::default()
    };
    let dictionary =
        Dictionary::assemble(Format::GemmaScope2, purpose, parts, weights.shared_bytes(), weights.name().to_owned())?;
    Ok(dictionary.with_stated(stated).read_from(stamps))
}

fn expect_width(fields: Fields<'_>, encoder: &[usize]) -> Result<()> {
    match (fields.count("width", usize::MAX)?, encoder.get(1)) {
        (Some(said), Some(features)) if said != *features => Err(Problem::new(
            fields.file,
            format_args!("says width {said}, but w_enc has {features} features"),
            "configuration and weights belong to different dictionaries: fetch both again",
        )),
        _ => Ok(()),
    }
}

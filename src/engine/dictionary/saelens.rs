//! SAELens folders: `cfg.json` and `sae_weights.safetensors` with `W_enc [d, n]`, `b_enc`, `W_dec [n, d]`, `b_dec`.
//!
//! Source: <https://github.com/jbloomAus/SAELens>. Every configuration key that changes the arithmetic is checked; a value that
//! is not implemented is an error, never an approximation.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Dictionary, Format, Parts};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::core::text::excerpt;
use crate::engine::tensor_file::{Bytes, TensorFile};

/// Key, the values that mean "a standard ReLU autoencoder". A missing key has that meaning too: SAELens's own defaults.
const ARITHMETIC: [(&str, &[&str]); 9] = [
    ("architecture", &["\"standard\""]),
    ("apply_b_dec_to_input", &["true"]),
    ("normalize_activations", &["\"none\""]),
    ("finetuning_scaling_factor", &["false"]),
    ("activation_fn", &["\"relu\""]),
    ("activation_fn_str", &["\"relu\""]),
    ("prepend_bos", &["false"]),
    ("reshape_activations", &["\"none\""]),
    ("hook_head_index", &["null"]),
];

/// Opens the dictionary in `folder`.
pub fn open(folder: &Path, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let path = folder.join("cfg.json");
    let config = std::fs::read(&path).map_err(|error| Problem::from_io(&path, "read it", &error))?;
    let weights = TensorFile::open(&folder.join("sae_weights.safetensors"))?;
    assemble(&config, &path.display().to_string(), &weights, submodule, model_width)
}

/// A dictionary compiled into the program; `name` is what messages call it.
pub fn embedded(config: &[u8], weights: &'static [u8], name: &str, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let weights = TensorFile::from_bytes(Bytes::Embedded(weights), format!("{name}/sae_weights.safetensors"))?;
    assemble(config, &format!("{name}/cfg.json"), &weights, submodule, model_width)
}

fn assemble(config: &[u8], config_name: &str, weights: &TensorFile, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let config: Map<String, Value> = serde_json::from_slice(config).map_err(|error| {
        Problem::new(config_name, format_args!("is no JSON object: {error}"), "use the cfg.json that SAELens wrote beside the weights")
    })?;
    check_arithmetic(&config, config_name)?;
    let parts = Parts {
        encoder: weights.tensor("W_enc")?,
        encoder_bias: weights.tensor("b_enc")?,
        decoder: weights.tensor("W_dec")?,
        decoder_bias: weights.tensor("b_dec")?,
    };
    for (key, position) in [("d_in", 0), ("d_sae", 1)] {
        let (stated, stored) = (config.get(key).and_then(Value::as_u64), parts.encoder.shape().get(position).copied());
        if let (Some(stated), Some(stored)) = (stated, stored)
            && stated != stored as u64
        {
            return Err(Problem::new(
                config_name,
                format_args!("says {key} {stated}, but W_enc has {stored}"),
                "configuration and weights belong to different dictionaries: fetch both again",
            ));
        }
    }
    if weights.contains("scaling_factor")? || weights.contains("threshold")? || weights.contains("r_mag")? {
        return Err(Problem::new(
            weights.name(),
            "holds parameters of another architecture (scaling_factor, threshold or r_mag)",
            "only standard ReLU dictionaries are supported",
        ));
    }
    let mut dictionary =
        Dictionary::assemble(submodule, Format::SaeLens, model_width, parts, weights.shared_bytes(), weights.name().to_owned())?;
    dictionary.neuronpedia_model = config
        .get("neuronpedia_id")
        .or_else(|| config.get("metadata").and_then(|metadata| metadata.get("neuronpedia_id")))
        .and_then(Value::as_str)
        .and_then(|id| id.split('/').next())
        .map(str::to_owned);
    Ok(dictionary)
}

/// SAELens 6 moved some keys into `metadata`: both places are checked.
fn check_arithmetic(config: &Map<String, Value>, config_name: &str) -> Result<()> {
    let metadata = config.get("metadata").and_then(Value::as_object);
    for (key, allowed) in ARITHMETIC {
        for value in [config.get(key), metadata.and_then(|metadata| metadata.get(key))].into_iter().flatten() {
            let text = value.to_string();
            if !allowed.contains(&text.as_str()) {
                return Err(Problem::new(
                    config_name,
                    format_args!("{key} is {}, which is not supported", excerpt(&text, 60)),
                    format_args!("supported: {}", allowed.join(", ")),
                ));
            }
        }
    }
    Ok(())
}

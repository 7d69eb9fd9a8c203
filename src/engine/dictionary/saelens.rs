//! SAELens folders: `cfg.json` and `sae_weights.safetensors` with `W_enc [d, n]`, `b_enc`, `W_dec [n, d]`, `b_dec`.
//!
//! Source: <https://github.com/jbloomAus/SAELens>. Every configuration key that changes the arithmetic is checked; a value that
//! is not implemented is an error, never an approximation.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Dictionary, Format, Parts};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::excerpt;
use crate::engine::hash::sha256_hex;
use crate::engine::stamp::Stamp;
use crate::engine::tensor_file::{Bytes, TensorFile};

/// Keys, with their values that mean "a standard ReLU autoencoder on plain activations". A missing key counts as such a value.
const ARITHMETIC: [(&str, &[&str]); 10] = [
    ("architecture", &["\"standard\""]),
    ("apply_b_dec_to_input", &["true"]),
    // SAELens before version 6 wrote false or null for "none".
    ("normalize_activations", &["\"none\"", "false", "null"]),
    ("finetuning_scaling_factor", &["false"]),
    ("activation_fn", &["\"relu\""]),
    ("activation_fn_str", &["\"relu\""]),
    ("prepend_bos", &["false"]),
    ("reshape_activations", &["\"none\""]),
    ("hook_head_index", &["null"]),
    // The name of hook_head_index before SAELens 3.
    ("hook_point_head_index", &["null"]),
];

/// Opens the dictionary in `folder`.
pub fn open(folder: &Path, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let path = folder.join("cfg.json");
    let weights_path = folder.join("sae_weights.safetensors");
    let stamps = [&path, &weights_path].map(|path| Stamp::of(path)).to_vec();
    let config = std::fs::read(&path).map_err(|error| Problem::from_io(&path, "read it", &error))?;
    let weights = TensorFile::open(&weights_path)?;
    let dictionary = assemble(&config, &path.display().to_string(), &weights, submodule, model_width)?;
    Ok(dictionary.read_from(stamps))
}

/// Opens a dictionary that is compiled into the program; `name` is what messages call it.
pub fn embedded(
    config: &[u8],
    weights: &'static [u8],
    name: &str,
    submodule: Submodule,
    model_width: usize,
) -> Result<Dictionary> {
    let weights = TensorFile::from_bytes(Bytes::Embedded(weights), format!("{name}/sae_weights.safetensors"))?;
    assemble(config, &format!("{name}/cfg.json"), &weights, submodule, model_width)
}

fn assemble(
    text: &[u8],
    config_name: &str,
    weights: &TensorFile,
    submodule: Submodule,
    model_width: usize,
) -> Result<Dictionary> {
    let config: Map<String, Value> = serde_json::from_slice(text).map_err(|error| {
        Problem::new(
            config_name,
            format_args!("is no JSON object: {error}"),
            "use the cfg.json that SAELens wrote beside the weights",
        )
    })?;
    check_arithmetic(&config, config_name)?;
    check_hook(&config, config_name, submodule)?;
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
    dictionary.config_sha256 = Some(sha256_hex(text));
    dictionary.neuronpedia_model = stated(&config, "neuronpedia_id")
        .find_map(Value::as_str)
        .and_then(|id| id.split('/').next())
        .filter(|model| !model.is_empty())
        .map(str::to_owned);
    Ok(dictionary)
}

/// The values of `key` at the top level and in `metadata`, into which SAELens 6 moved some keys.
fn stated<'a>(config: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Value> {
    let metadata = config.get("metadata").and_then(|metadata| metadata.get(key));
    [config.get(key), metadata].into_iter().flatten()
}

/// Fails unless the dictionary was trained on the place in the model that it is used for. All places are equally wide, so
/// nothing else would notice.
fn check_hook(config: &Map<String, Value>, config_name: &str, submodule: Submodule) -> Result<()> {
    let layer = submodule.layer.0;
    let names = match submodule.kind {
        SubmoduleKind::Attention => vec![format!("blocks.{layer}.hook_attn_out")],
        SubmoduleKind::Mlp => vec![format!("blocks.{layer}.hook_mlp_out")],
        // The same stream under two names.
        SubmoduleKind::Residual => {
            vec![format!("blocks.{layer}.hook_resid_post"), format!("blocks.{}.hook_resid_pre", layer + 1)]
        }
    };
    for name in ["hook_name", "hook_point"].into_iter().flat_map(|key| stated(config, key)) {
        if !name.as_str().is_some_and(|name| names.iter().any(|allowed| allowed == name)) {
            return Err(Problem::new(
                config_name,
                format_args!("was trained on {}, but is used for {submodule}", excerpt(&name.to_string(), 60)),
                format_args!("expected {}: put the folder under the name of its own place", names.join(" or ")),
            ));
        }
    }
    Ok(())
}

fn check_arithmetic(config: &Map<String, Value>, config_name: &str) -> Result<()> {
    for (key, allowed) in ARITHMETIC {
        for value in stated(config, key) {
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

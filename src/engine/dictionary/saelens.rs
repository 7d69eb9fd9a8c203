//! SAELens folders: `cfg.json` and `sae_weights.safetensors` with `W_enc [d, n]`, `b_enc`, `W_dec [n, d]`, `b_dec`.
//!
//! Source: <https://github.com/jbloomAus/SAELens>. Every tensor and every configuration key is accounted for; what is not
//! implemented is an error, never an approximation.

use std::path::Path;

use super::saelens_config::check;
use super::{Dictionary, Format, Parts, Stated};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::core::text::excerpt;
use crate::engine::hash::sha256_hex;
use crate::engine::json::{Fields, object};
use crate::engine::small_file::{LARGEST_CONFIGURATION, read};
use crate::engine::stamp::Stamp;
use crate::engine::tensor_file::{Bytes, TensorFile};

/// The tensors of a standard dictionary.
const TENSORS: [&str; 4] = ["W_enc", "b_enc", "W_dec", "b_dec"];

/// Factors of features, which SAELens of spring 2024 wrote whether or not they were trained; it drops them if all are 1.
const FACTORS: [&str; 2] = ["scaling_factor", "finetuning_scaling_factor"];

/// Opens the dictionary in `folder`.
pub fn open(folder: &Path, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let path = folder.join("cfg.json");
    let weights_path = folder.join("sae_weights.safetensors");
    let stamps = [&path, &weights_path].map(|path| Stamp::of(path)).to_vec();
    let config = read(&path, LARGEST_CONFIGURATION)?;
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
    let config =
        object(text).map_err(|what| Problem::new(config_name, what, "use the cfg.json that SAELens wrote beside the weights"))?;
    let factors = expect_known_tensors(weights)?;
    let parts = Parts {
        encoder: weights.tensor("W_enc")?,
        encoder_bias: weights.tensor("b_enc")?,
        decoder: weights.tensor("W_dec")?,
        decoder_bias: weights.tensor("b_dec")?,
    };
    let mut stated = check(Fields { object: &config, file: config_name }, submodule, parts.encoder.shape())?;
    stated.notes.extend(factors);
    let dictionary =
        Dictionary::assemble(submodule, Format::SaeLens, model_width, parts, weights.shared_bytes(), weights.name().to_owned())?;
    Ok(dictionary.with_stated(Stated { config_sha256: Some(sha256_hex(text)), ..stated }))
}

/// Fails if the file holds a tensor that would change what the dictionary computes; the notes about those that change nothing.
fn expect_known_tensors(weights: &TensorFile) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for name in weights.names()? {
        if TENSORS.contains(&name.as_str()) {
            continue;
        }
        let factor = FACTORS.contains(&name.as_str());
        if !factor || weights.tensor(&name)?.values()?.iter().any(|value| value.to_bits() != 1.0_f32.to_bits()) {
            let not_one = if factor { " with values other than 1" } else { "" };
            return Err(Problem::new(
                weights.name(),
                format_args!(
                    "holds the unexpected tensor '{}'{not_one}: a parameter of another architecture",
                    excerpt(&name, 60)
                ),
                format_args!("only standard ReLU dictionaries are supported, with {}", TENSORS.join(", ")),
            ));
        }
        notes.push(format!("its tensor {name} is 1 everywhere and changes nothing"));
    }
    Ok(notes)
}

//! sparsify: `layers.1/` or `layers.1.mlp/` with `cfg.json` and `sae.safetensors`: `encoder.weight [n, d]`, `encoder.bias`,
//! `W_dec [n, d]`, `b_dec`, perhaps `W_skip [d, d]`.
//!
//! Source: EleutherAI's `sparsify/config.py` and `sparsify/sparse_coder.py` (<https://github.com/EleutherAI/sparsify>). The folder's
//! name is the module whose output was encoded; a transcoder reads the module's input.

use std::path::Path;

use super::arithmetic::Arithmetic;
use super::configuration::{Configuration, expect_only};
use super::parts::Parts;
use super::place::Place;
use super::rule::Rule;
use super::{Dictionary, Format, Purpose, Stated};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::SubmoduleKind;
use crate::engine::json::Fields;
use crate::engine::tensor_file::TensorFile;
use crate::files::stamp::Stamp;

/// The weight file's name.
pub const FILE: &str = "sae.safetensors";

/// Keys that are read, or that concern the training alone (`normalize_decoder`, `multi_topk`).
const KEYS: &str = "activation d_in expansion_factor k multi_topk normalize_decoder num_latents signed skip_connection transcode";

/// The activations that are read.
const ACTIVATIONS: [&str; 2] = ["\"topk\"", "\"groupmax\""];

/// What is read and what is refused, in words.
pub fn capability() -> (String, String) {
    let activations = ACTIVATIONS.map(|activation| activation.trim_matches('"')).join(", ");
    let reads = format!("activation {activations}; transcoders with and without skip connection");
    (reads, "signed true, no k, a key or tensor that is not known".to_owned())
}

/// Opens the dictionary in `folder`.
pub fn open(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    let (config, weights) = (folder.join("cfg.json"), folder.join(FILE));
    let stamps = [&config, &weights].map(|path| Stamp::of(path)).to_vec();
    let config = Configuration::read(&config)?;
    let fields = config.fields();
    fields.expect_keys(KEYS)?;
    if fields.flag("signed")? == Some(true) {
        return Err(Problem::new(
            fields.file,
            "signed is true: the k largest sizes keep their sign, which sparsify itself no longer computes",
            "supported: false; sparsify of today would read the file as ReLU, which gives other codes",
        ));
    }
    for key in ["multi_topk", "normalize_decoder"] {
        fields.flag(key)?;
    }
    let transcodes = fields.flag("transcode")?.unwrap_or(false);
    let skips = fields.flag("skip_connection")?.unwrap_or(false);
    let weights = TensorFile::open(&weights)?;
    let mut tensors = vec!["encoder.weight", "encoder.bias", "W_dec", "b_dec"];
    tensors.extend(skips.then_some("W_skip"));
    expect_only(&weights, &tensors)?;
    let encoder = weights.tensor("encoder.weight")?.transposed();
    let rule = rule(fields, encoder.shape())?;
    let writes = place(folder);
    let parts = Parts {
        encoder,
        encoder_bias: Some(weights.tensor("encoder.bias")?),
        decoder: weights.tensor("W_dec")?,
        decoder_bias: weights.tensor("b_dec")?,
        skip: skips.then(|| weights.tensor("W_skip")).transpose()?,
        arithmetic: Arithmetic::plain(rule, !transcodes),
        reads: if transcodes { input_of(&writes) } else { writes.clone() },
        writes,
    };
    let mut stated = Stated { config_sha256: Some(config.sha256()), ..Stated::default() };
    if matches!(parts.reads, Place::Unknown(_)) {
        stated.notes.push(format!("its folder's name says the place {}, which is not known", parts.reads));
    }
    let dictionary = Dictionary::assemble(Format::Sparsify, purpose, parts, weights.shared_bytes(), weights.name().to_owned())?;
    Ok(dictionary.with_stated(stated).read_from(stamps))
}

/// The rule, once the sizes agree with the encoder's shape `[width, features]`.
fn rule(fields: Fields<'_>, encoder: &[usize]) -> Result<Rule> {
    fields.expect_value("activation", &ACTIVATIONS)?;
    let &[width, features] = encoder else {
        return Err(Problem::new(fields.file, "belongs to an encoder that is not a matrix", "fetch the weights again"));
    };
    let fits = |key: &str, said: usize, found: usize| {
        (said == found).then_some(()).ok_or_else(|| {
            Problem::new(
                fields.file,
                format_args!("says {key} {said}, but encoder.weight has {found}"),
                "configuration and weights belong to different dictionaries: fetch both again",
            )
        })
    };
    if let Some(said) = fields.count("d_in", usize::MAX)? {
        fits("d_in", said, width)?;
    }
    let factor = fields.count("expansion_factor", usize::MAX)?;
    // 0 means that the size follows from the factor.
    let is_zero = fields.object.get("num_latents").and_then(serde_json::Value::as_u64) == Some(0);
    let stated = if is_zero { None } else { fields.count("num_latents", usize::MAX)? };
    match (stated, factor) {
        (Some(stated), _) => fits("num_latents", stated, features)?,
        (None, Some(factor)) => fits("expansion_factor times d_in", factor.saturating_mul(width), features)?,
        (None, None) => {}
    }
    let k = fields.count("k", features)?.ok_or_else(|| {
        Problem::new(
            fields.file,
            "holds no k: how many features of a token are active",
            "use the cfg.json that came with the weights",
        )
    })?;
    if fields.text("activation")? != Some("groupmax") {
        return Ok(Rule::TopK { k, signed: false, by_decoder_norm: false });
    }
    if features.is_multiple_of(k) {
        return Ok(Rule::GroupMax { size: features / k });
    }
    Err(Problem::new(
        fields.file,
        format_args!("activation is groupmax with k {k}, which does not divide {features} features into groups"),
        "configuration and weights belong to different dictionaries: fetch both again",
    ))
}

/// The place that the folder's name says: a module of the model, such as `layers.3.mlp` or GPT-2's `h.3`.
pub fn place(folder: &Path) -> Place {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let rest = name.strip_prefix("layers.").or_else(|| name.strip_prefix("h."));
    let (layer, part) =
        rest.map_or(("", None), |rest| rest.split_once('.').map_or((rest, None), |(layer, part)| (layer, Some(part))));
    match (layer.parse(), part) {
        (Ok(layer), None) => Place::output(SubmoduleKind::Residual, layer),
        (Ok(layer), Some("mlp")) => Place::output(SubmoduleKind::Mlp, layer),
        (Ok(layer), Some("attention" | "attn" | "self_attn")) => Place::output(SubmoduleKind::Attention, layer),
        _ => Place::Unknown(name),
    }
}

/// What a transcoder of the module whose output is `output` reads.
fn input_of(output: &Place) -> Place {
    match output {
        Place::Output(submodule) if submodule.kind == SubmoduleKind::Mlp => Place::MlpInput(submodule.layer.0),
        other => Place::Unknown(format!("the input of {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_s_name_is_the_module() {
        for (name, said) in [
            ("layers.10", "resid_10"),
            ("layers.1.mlp", "mlp_1"),
            ("layers.1.attention", "attn_1"),
            ("h.4", "resid_4"),
            ("h.4.attn", "attn_4"),
            ("embed_in", "'embed_in'"),
            ("layers.x", "'layers.x'"),
        ] {
            assert_eq!(place(&Path::new("/sae").join(name)).to_string(), said);
        }
    }
}

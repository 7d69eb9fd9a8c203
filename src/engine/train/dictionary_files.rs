//! Writes dictionaries as SAELens does: one folder per submodule with `cfg.json` and `sae_weights.safetensors`, in f16.

use std::path::{Path, PathBuf};

use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, serialize};

use super::autoencoder::FEATURES;
use super::dictionary::Dictionary;
use super::files;
use super::language_model::WINDOW;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};

/// The folder of `submodule`'s dictionary, such as `0-att-sm`.
pub fn folder(dictionaries: &Path, submodule: Submodule) -> PathBuf {
    dictionaries.join(format!("{}-{}-sm", submodule.layer.0, submodule.kind.neuronpedia_name()))
}

/// Writes the dictionary of `submodule`, for activations `width` wide.
pub fn write(dictionaries: &Path, submodule: Submodule, width: usize, dictionary: &Dictionary) -> Result<()> {
    let folder = folder(dictionaries, submodule);
    let configuration = serde_json::to_string_pretty(&configuration(submodule, width)).map_err(unwritable)?;
    files::write(&folder.join("cfg.json"), configuration.as_bytes())?;
    let tensors = [
        ("W_enc", vec![width, FEATURES], half_bytes(&dictionary.encoder)),
        ("b_enc", vec![FEATURES], half_bytes(&dictionary.encoder_bias)),
        ("W_dec", vec![FEATURES, width], half_bytes(&dictionary.decoder)),
        ("b_dec", vec![width], half_bytes(&dictionary.decoder_bias)),
    ];
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F16, shape.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, SafeTensorError>>()
        .map_err(unwritable)?;
    files::write(&folder.join("sae_weights.safetensors"), &serialize(views, None).map_err(unwritable)?)
}

fn configuration(submodule: Submodule, width: usize) -> serde_json::Value {
    let layer = submodule.layer.0;
    let hook = match submodule.kind {
        SubmoduleKind::Attention => "hook_attn_out",
        SubmoduleKind::Mlp => "hook_mlp_out",
        SubmoduleKind::Residual => "hook_resid_post",
        other => unreachable!("dictionaries are made of outputs, not of {}", other.name()),
    };
    serde_json::json!({
        "architecture": "standard",
        "d_in": width,
        "d_sae": FEATURES,
        "dtype": "float16",
        "device": "cpu",
        "model_name": "saescope-demo",
        "hook_name": format!("blocks.{layer}.{hook}"),
        "hook_layer": layer,
        "hook_head_index": null,
        "activation_fn_str": "relu",
        "activation_fn_kwargs": {},
        "apply_b_dec_to_input": true,
        "finetuning_scaling_factor": false,
        "sae_lens_training_version": null,
        "prepend_bos": false,
        "dataset_path": "saescope-demo",
        "dataset_trust_remote_code": false,
        "context_size": WINDOW,
        "normalize_activations": "none",
        "neuronpedia_id": null,
    })
}

fn half_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect()
}

fn unwritable(error: impl std::fmt::Display) -> Problem {
    Problem::new("dictionary", format_args!("cannot be written: {error}"), "this is a fault of the program: report it")
}

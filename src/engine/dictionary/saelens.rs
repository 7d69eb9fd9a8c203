//! SAELens folders: `cfg.json` and `sae_weights.safetensors` with `W_enc [d, n]`, `b_enc`, `W_dec [n, d_out]`, `b_dec`, and by the
//! architecture `threshold`, `b_gate`, `b_mag`, `r_mag` (all `[n]`) and `W_skip [d_out, d]`.
//!
//! Source: <https://github.com/jbloomAus/SAELens>. Every tensor and every configuration key is accounted for; what is not
//! implemented is an error, never an approximation.

use std::path::Path;

use super::arithmetic::{Arithmetic, WriteFactors};
use super::configuration::expect_only;
use super::parts::Parts;
use super::place::Place;
use super::rule::Rule;
use super::saelens_config::{check, places};
use super::saelens_keys::whole;
use super::saelens_rule::{self, Described, Family};
use super::{Dictionary, Format, Purpose, Stated, neuronpedia_id};
use crate::core::problem::{Problem, Result};
use crate::engine::hash::sha256_hex;
use crate::engine::json::{Fields, object};
use crate::engine::tensor_file::{Bytes, TensorFile};
use crate::files::stamp::Stamp;
use crate::files::whole::{CONFIGURATION, read};

/// Factors of features that SAELens of spring 2024 wrote whether or not they were trained. `scaling_factor` multiplies codes on the way
/// out; what the other one does is not proven.
const FACTORS: [&str; 2] = ["scaling_factor", "finetuning_scaling_factor"];

/// Opens the dictionary in `folder`.
pub fn open(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    let path = folder.join("cfg.json");
    let weights_path = folder.join("sae_weights.safetensors");
    let stamps = [&path, &weights_path].map(|path| Stamp::of(path)).to_vec();
    let config = read(&path, CONFIGURATION)?;
    let weights = TensorFile::open(&weights_path)?;
    let dictionary = assemble(&config, &path.display().to_string(), &weights, purpose)?;
    Ok(dictionary.read_from(stamps))
}

/// Opens a dictionary that is compiled into the program; `name` is what messages call it.
pub fn embedded(config: &[u8], weights: &'static [u8], name: &str, purpose: Purpose) -> Result<Dictionary> {
    let weights = TensorFile::from_bytes(Bytes::Embedded(weights), format!("{name}/sae_weights.safetensors"))?;
    assemble(config, &format!("{name}/cfg.json"), &weights, purpose)
}

fn assemble(text: &[u8], config_name: &str, weights: &TensorFile, purpose: Purpose) -> Result<Dictionary> {
    let config = object(text).map_err(|what| {
        Problem::new(config_name, &what, what.remedy("use the cfg.json that SAELens wrote beside the weights"))
    })?;
    let fields = Fields { object: &config, file: config_name };
    let whole = whole(fields)?;
    let whole = Fields { object: &whole, file: config_name };
    let said = saelens_rule::read(fields, whole)?;
    let encoder = weights.tensor("W_enc")?;
    let mut stated = check(fields, whole, purpose.required(), encoder.shape())?;
    let factors = factors(weights, encoder.shape().last().copied().unwrap_or(0))?;
    expect_tensors(weights, said)?;
    stated.notes.extend(factors.notes);
    let mut arithmetic = Arithmetic {
        scale: said.scale,
        frame: said.frame,
        ..Arithmetic::plain(rule(said.family, weights)?, said.subtracts_bias)
    };
    if let Some(factor) = said.factor {
        arithmetic = arithmetic.scaled_by(factor);
    }
    if said.family.is_in_units_of_norms() {
        arithmetic.write_factors = WriteFactors::InverseNorms;
    }
    if let Some(factors) = factors.written {
        if arithmetic.write_factors != WriteFactors::One {
            let what = "holds a scaling_factor beside another factor of what codes write";
            return Err(Problem::new(weights.name(), what, "supported: one of them"));
        }
        arithmetic.write_factors = WriteFactors::Each(factors);
    }
    let (reads, writes) = places(whole, said.transcodes)?;
    if let Some(id) = whole.text_or_null("neuronpedia_id")? {
        let used_at = purpose.required().filter(|_| !writes.is_said()).map(Place::of_submodule);
        stated.notes.extend(neuronpedia_id::note(id, used_at.as_ref().unwrap_or(&writes)));
    }
    let parts = Parts {
        encoder,
        encoder_bias: (said.family != Family::Gated).then(|| weights.tensor("b_enc")).transpose()?,
        decoder: weights.tensor("W_dec")?,
        decoder_bias: weights.tensor("b_dec")?,
        skip: said.skips.then(|| weights.tensor("W_skip")).transpose()?,
        arithmetic,
        reads,
        writes,
    };
    expect_written_width(whole, &parts)?;
    let dictionary = Dictionary::assemble(Format::SaeLens, purpose, parts, weights.shared_bytes(), weights.name().to_owned())?;
    Ok(dictionary.with_stated(Stated { config_sha256: Some(sha256_hex(text)), ..stated }))
}

/// Fails unless the tensors are those of what the configuration says, and factors.
fn expect_tensors(weights: &TensorFile, said: Described) -> Result<()> {
    let mut expected = vec!["W_enc", "W_dec", "b_dec"];
    expected.extend_from_slice(match said.family {
        Family::Relu | Family::TopK { .. } => &["b_enc"],
        Family::JumpRelu => &["b_enc", "threshold"],
        Family::Gated => &["b_gate", "b_mag", "r_mag"],
    });
    expected.extend(said.skips.then_some("W_skip"));
    expected.extend(FACTORS);
    expect_only(weights, &expected)
}

fn rule(family: Family, weights: &TensorFile) -> Result<Rule> {
    let vector = |name: &str| weights.tensor(name)?.values();
    Ok(match family {
        Family::Relu => Rule::Relu,
        Family::JumpRelu => Rule::JumpRelu { thresholds: vector("threshold")? },
        Family::TopK { k, signed, by_decoder_norm } => Rule::TopK { k, signed, by_decoder_norm },
        Family::Gated => Rule::Gated {
            gate_bias: vector("b_gate")?,
            magnitude: vector("r_mag")?.into_iter().map(f32::exp).collect(),
            magnitude_bias: vector("b_mag")?,
        },
    })
}

/// Fails if the configuration says another width of what is written than the decoder has.
fn expect_written_width(fields: Fields<'_>, parts: &Parts) -> Result<()> {
    match (fields.count("d_out", usize::MAX)?, parts.decoder.shape().get(1)) {
        (Some(said), Some(width)) if said != *width => Err(Problem::new(
            fields.file,
            format_args!("says d_out {said}, but W_dec has {width}"),
            "configuration and weights belong to different dictionaries: fetch both again",
        )),
        _ => Ok(()),
    }
}

/// What the tensors of [`FACTORS`] mean.
#[derive(Default)]
struct Factors {
    /// What codes are multiplied by on the way out; None if it is 1 everywhere.
    written: Option<Vec<f32>>,
    /// Notes about those that change nothing.
    notes: Vec<String>,
}

/// Those of a dictionary of `features`.
fn factors(weights: &TensorFile, features: usize) -> Result<Factors> {
    let mut found = Factors::default();
    for name in weights.names()?.iter().filter(|name| FACTORS.contains(&name.as_str())) {
        let values = weights.tensor(name)?.expect_shape(&[features])?.values()?;
        if values.iter().all(|value| value.to_bits() == 1.0_f32.to_bits()) {
            found.notes.push(format!("its tensor {name} is 1 everywhere and changes nothing"));
        } else if name == FACTORS[0] {
            found.written = Some(values);
        } else {
            return Err(Problem::new(
                weights.name(),
                format_args!(
                    "holds the unexpected tensor '{name}' with values other than 1: a parameter of another architecture"
                ),
                "supported: scaling_factor, which multiplies codes on the way out, or values of 1",
            ));
        }
    }
    Ok(found)
}

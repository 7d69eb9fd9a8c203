//! What a format's reader found in its files, and the checks that all formats share.

use super::Purpose;
use super::arithmetic::{Arithmetic, WriteFactors};
use super::place::Place;
use super::rule::Rule;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::engine::tensor_file::StoredTensor;

/// The tensors in the shapes of [`super::Dictionary`], the arithmetic and the places.
pub struct Parts {
    pub encoder: StoredTensor,
    /// None if the rule has none.
    pub encoder_bias: Option<StoredTensor>,
    pub decoder: StoredTensor,
    pub decoder_bias: StoredTensor,
    /// `[written width, width]`
    pub skip: Option<StoredTensor>,
    pub arithmetic: Arithmetic,
    pub reads: Place,
    pub writes: Place,
}

impl Parts {
    /// The width and the number of features, which the encoder's shape says.
    pub fn expect_encoder(&self, purpose: Purpose, name: &str) -> Result<(usize, usize)> {
        let &[width, features] = self.encoder.shape() else {
            return Err(Problem::new(
                self.encoder.place(),
                "is not a matrix",
                "an encoder of shape [width, features] is expected",
            ));
        };
        if let Purpose::Use { width: model_width, .. } = purpose
            && width != model_width
        {
            return Err(Problem::new(
                name,
                format_args!("its encoder reads activations of width {width}, the model's are {model_width} wide"),
                "give the dictionaries that were trained on this model",
            ));
        }
        if features == 0 || u32::try_from(features).is_err() {
            return Err(Problem::new(name, format_args!("has {features} features"), "between 1 and 2^32 - 1 are supported"));
        }
        self.expect_rule(features, name)?;
        Ok((width, features))
    }

    /// The decoder, if it fits: `[features, width]`, or any width for what writes elsewhere.
    pub fn expect_decoder(&self, features: usize, _name: &str) -> Result<StoredTensor> {
        let width = self.encoder.shape()[0];
        let written = if self.reads == self.writes { width } else { self.decoder.shape().get(1).copied().unwrap_or(width) };
        self.decoder.clone().expect_shape(&[features, written])
    }

    /// Fails unless the numbers of the rule belong to `features` features.
    fn expect_rule(&self, features: usize, name: &str) -> Result<()> {
        let lengths = match &self.arithmetic.rule {
            Rule::Relu => vec![],
            Rule::JumpRelu { thresholds } => vec![("threshold", thresholds.len())],
            Rule::Gated { gate_bias, magnitude, magnitude_bias } => vec![
                ("gate bias", gate_bias.len()),
                ("magnitude factor", magnitude.len()),
                ("magnitude bias", magnitude_bias.len()),
            ],
            Rule::TopK { k, .. } => {
                return (1..=features).contains(k).then_some(()).ok_or_else(|| {
                    let what = format_args!("its k is {k}, of {features} features");
                    Problem::new(name, what, "configuration and weights belong to different dictionaries: fetch both again")
                });
            }
            Rule::GroupMax { size } => {
                return (*size > 0 && features.is_multiple_of(*size)).then_some(()).ok_or_else(|| {
                    let what = format_args!("its {features} features cannot be divided into groups of {size}");
                    Problem::new(name, what, "configuration and weights belong to different dictionaries: fetch both again")
                });
            }
        };
        let factors = match &self.arithmetic.write_factors {
            WriteFactors::Each(factors) => Some(("scaling factor", factors.len())),
            _ => None,
        };
        match lengths.into_iter().chain(factors).find(|(_, length)| *length != features) {
            None => Ok(()),
            Some((what, length)) => Err(Problem::new(
                name,
                format_args!("has {features} features, but a {what} for {length}"),
                "the file is damaged or put together from two dictionaries: fetch it again",
            )),
        }
    }

    /// Fails if the dictionary is to be used where its files say that it does not belong, or for what it cannot give.
    pub fn expect_place(&self, purpose: Purpose, name: &str) -> Result<()> {
        let Purpose::Use { submodule, .. } = purpose else { return Ok(()) };
        if self.reads != self.writes || self.skip.is_some() {
            return self.expect_transcoder(submodule, name);
        }
        if matches!(self.reads, Place::Unknown(_)) || self.reads.may_be(submodule) {
            return Ok(());
        }
        Err(Problem::new(
            name,
            format_args!("was trained on {}, but is used for {submodule}", self.reads),
            format_args!("give the dictionary of {submodule}"),
        ))
    }

    /// Fails unless the transcoder stands for the MLP whose output is `submodule`.
    fn expect_transcoder(&self, submodule: Submodule, name: &str) -> Result<()> {
        if self.writes.may_be(submodule) && self.reads.is_read_by_mlp(submodule.layer.0) {
            let (read, written) = (self.encoder.shape()[0], self.decoder.shape().get(1).copied().unwrap_or(0));
            return (read == written).then_some(()).ok_or_else(|| {
                let what = format_args!("reads activations of width {read} and writes some of width {written}");
                Problem::new(name, what, "an MLP writes as wide as it reads: fetch the file again")
            });
        }
        Err(Problem::new(
            name,
            format_args!("is a transcoder: it reads {} and writes {}, but is used for {submodule}", self.reads, self.writes),
            "transcoders stand for one MLP: they read what it reads and write what it puts out",
        ))
    }
}

//! A dictionary of random directions. A feature is active if an activation, less the mean, reaches far enough along its
//! direction; the threshold is chosen so that the wanted number of features is active.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, serialize};

use super::{fault, torch_zip};
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::lanes::dot;
use crate::engine::random;
use crate::engine::transpose::transpose;

/// Number of features on which the bias is measured.
const SAMPLE: usize = 2048;

/// The sizes of a dictionary.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Number of features.
    pub features: usize,
    /// Width of the outputs.
    pub width: usize,
    /// Approximate number of active features of a token.
    pub active: usize,
}

/// Weights of one dictionary.
///
/// # Shapes
/// directions `[features, width]`, each of length 1: encoder columns and decoder rows; encoder bias `[features]`; decoder bias
/// `[width]`
pub struct Random {
    /// `[features, width]`
    pub directions: Vec<f32>,
    /// What every feature's encoder adds: less than 0.
    pub encoder_bias: Vec<f32>,
    /// The mean of the outputs.
    pub decoder_bias: Vec<f32>,
}

impl Random {
    /// Makes the dictionary of `submodule`, whose outputs on the prompts are `tokens`, one `[width]` each.
    pub fn new(sizes: Sizes, submodule: Submodule, tokens: &[&[f32]], seed: u32) -> Self {
        let Sizes { features, width, active } = sizes;
        let mut random = random::Random::new(seed, &submodule.to_string());
        let mut directions: Vec<f32> = (0..features * width).map(|_| random.uniform(1.0)).collect();
        for direction in directions.chunks_exact_mut(width) {
            let length = dot(direction, direction).sqrt();
            direction.iter_mut().for_each(|value| *value /= length);
        }
        let count = tokens.len() as f32;
        let mut decoder_bias = vec![0.0; width];
        for row in tokens {
            decoder_bias.iter_mut().zip(*row).for_each(|(mean, value)| *mean += value / count);
        }
        let mut reached = Vec::new();
        for row in tokens {
            let centred: Vec<f32> = row.iter().zip(&decoder_bias).map(|(value, mean)| value - mean).collect();
            reached.extend(directions.chunks_exact(width).take(SAMPLE).map(|direction| dot(direction, &centred)));
        }
        let inactive = reached.len() * (features - active) / features;
        let (_, bound, _) = reached.select_nth_unstable_by(inactive, f32::total_cmp);
        Self { encoder_bias: vec![-*bound; features], directions, decoder_bias }
    }

    /// The bytes of the dictionary's file as SAELens stores it.
    pub fn safetensors(&self) -> Result<Vec<u8>> {
        let (features, width) = (self.encoder_bias.len(), self.decoder_bias.len());
        let tensors = [
            ("W_enc", vec![width, features], bytes(&transpose(&self.directions, width))),
            ("b_enc", vec![features], bytes(&self.encoder_bias)),
            ("W_dec", vec![features, width], bytes(&self.directions)),
            ("b_dec", vec![width], bytes(&self.decoder_bias)),
        ];
        let views = tensors
            .iter()
            .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
            .collect::<std::result::Result<Vec<_>, SafeTensorError>>()
            .map_err(|error| fault("dictionary", error))?;
        serialize(views, None).map_err(|error| fault("dictionary", error))
    }

    /// The bytes of the dictionary's file as dictionary_learning stores it.
    pub fn ae_pt(&self) -> Result<Vec<u8>> {
        let (features, width) = (self.encoder_bias.len(), self.decoder_bias.len());
        torch_zip::write(&[
            ("bias", &[width], bytes(&self.decoder_bias)),
            ("encoder.weight", &[features, width], bytes(&self.directions)),
            ("encoder.bias", &[features], bytes(&self.encoder_bias)),
            ("decoder.weight", &[width, features], bytes(&transpose(&self.directions, width))),
        ])
        .map_err(|error| fault("dictionary", error))
    }
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

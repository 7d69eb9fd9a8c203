//! The sparse autoencoder during training: forward pass, gradients, one optimiser step, new directions for dead features.
//!
//! The gradients are written out instead of recorded: five matrix products a step, and no tape. A test compares them with burn's
//! automatic differentiation.

use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use burn_ndarray::NdArrayDevice;

use super::activations::values;
use super::adam::Trained;
use super::language_model::Plain;
use super::resampling::Replacement;
use crate::core::problem::Result;
use crate::engine::random::Random;

/// Number of features of each dictionary.
pub const FEATURES: usize = 512;
/// Norm of a decoder row at the start: about half of the variance is explained before the first step.
const FIRST_NORM: f32 = 0.4;
/// Encoder norm of a resampled feature, as a share of the mean norm of the living features, so that it starts quietly.
const RESAMPLED_NORM: f32 = 0.2;

/// The weights with their optimiser state.
///
/// # Shapes
/// - encoder `[width, features]`, its bias `[1, features]`, decoder `[features, width]`, its bias `[1, width]`
pub struct Autoencoder {
    pub encoder: Trained<Plain>,
    pub encoder_bias: Trained<Plain>,
    pub decoder: Trained<Plain>,
    pub decoder_bias: Trained<Plain>,
}

/// Results of one pass over a batch.
pub struct Pass {
    /// Number of tokens in which each feature was active, `[1, features]`.
    pub counts: Tensor<Plain, 2>,
    /// Mean over tokens of the squared error, unweighted.
    pub error: Tensor<Plain, 1>,
    /// Gradients of encoder, encoder bias, decoder, decoder bias.
    gradients: [Tensor<Plain, 2>; 4],
}

impl Autoencoder {
    /// Starts from random directions; the encoder starts as the decoder's transpose, the decoder bias at `mean`.
    pub fn new(mean: Vec<f32>, random: &mut Random) -> Self {
        let width = mean.len();
        let mut decoder: Vec<f32> = (0..FEATURES * width).map(|_| random.normal()).collect();
        decoder.chunks_exact_mut(width).for_each(|row| set_norm(row, FIRST_NORM));
        let decoder = matrix(decoder, [FEATURES, width]);
        Self {
            encoder: Trained::new(decoder.clone().transpose()),
            encoder_bias: Trained::new(matrix(vec![0.0; FEATURES], [1, FEATURES])),
            decoder: Trained::new(decoder),
            decoder_bias: Trained::new(matrix(mean, [1, width])),
        }
    }

    /// # Shapes
    /// - input: `[tokens, width]`
    /// - output: features `[tokens, features]`, input less the decoder bias and reconstruction less the input `[tokens, width]`
    fn forward(&self, input: Tensor<Plain, 2>) -> (Tensor<Plain, 2>, Tensor<Plain, 2>, Tensor<Plain, 2>) {
        let centred = input - self.decoder_bias.value.clone();
        let features = relu(centred.clone().matmul(self.encoder.value.clone()) + self.encoder_bias.value.clone());
        let error = features.clone().matmul(self.decoder.value.clone()) - centred.clone();
        (features, centred, error)
    }

    /// The weight of each token in the loss, `[tokens, 1]`: 1 at the decoder bias, a half at distance 1 from it, less beyond. A
    /// few tokens have activations many times longer than the rest; without weights the dictionary would describe little else.
    fn weights(centred: &Tensor<Plain, 2>) -> Tensor<Plain, 2> {
        (centred.clone().square().sum_dim(1) + 1.0).recip()
    }

    /// The gradients of the mean over tokens of `w |error|^2 + penalty sqrt(w) (sum over features of f_i |W_dec_i|)`, where the
    /// token's weight `w` is a constant; with the square root both terms shrink alike with the length of an activation.
    fn pass(&self, input: Tensor<Plain, 2>, penalty: f32) -> Pass {
        let [tokens, _] = input.dims();
        let share = (tokens as f32).recip();
        let (features, centred, error) = self.forward(input);
        let weights = Self::weights(&centred);
        let roots = weights.clone().sqrt();
        let active = features.clone().greater_elem(0.0).float();
        let decoder = self.decoder.value.clone();
        let norms = decoder.clone().square().sum_dim(1).sqrt() + 1e-12;
        let error_gradient = error.clone() * weights * (2.0 * share);
        let pushed = error_gradient.clone().matmul(decoder.clone().transpose())
            + roots.clone().matmul(norms.clone().transpose()) * (penalty * share);
        let feature_gradient = pushed * active.clone();
        let encoder_bias = feature_gradient.clone().sum_dim(0);
        let shrink = features.clone().transpose().matmul(roots) / norms * (penalty * share);
        let through_encoder = encoder_bias.clone().matmul(self.encoder.value.clone().transpose());
        Pass {
            counts: active.sum_dim(0),
            error: error.square().sum() * share,
            gradients: [
                centred.transpose().matmul(feature_gradient),
                encoder_bias,
                features.transpose().matmul(error_gradient.clone()) + decoder * shrink,
                error_gradient.sum_dim(0) - through_encoder,
            ],
        }
    }

    /// One optimiser step on `input`.
    pub fn step(&mut self, input: Tensor<Plain, 2>, penalty: f32, learning_rate: f64) -> Pass {
        let pass = self.pass(input, penalty);
        let [encoder, encoder_bias, decoder, decoder_bias] = pass.gradients.clone();
        self.encoder.step(encoder, learning_rate);
        self.encoder_bias.step(encoder_bias, learning_rate);
        self.decoder.step(decoder, learning_rate);
        self.decoder_bias.step(decoder_bias, learning_rate);
        pass
    }

    /// The squared error of each row, times the token's weight.
    pub fn losses(&self, input: &Tensor<Plain, 2>) -> Result<Vec<f32>> {
        let (_, centred, error) = self.forward(input.clone());
        values(error.square().sum_dim(1) * Self::weights(&centred))
    }

    /// Points the `dead` features at new inputs and clears their moments.
    pub fn replace(&mut self, dead: &[usize], new: &Replacement) -> Result<()> {
        let width = new.width;
        let norms = values(self.encoder.value.clone().square().sum_dim(0).sqrt())?;
        let mut kept = vec![1.0; FEATURES];
        for feature in dead {
            kept[*feature] = 0.0;
        }
        let living = kept.iter().sum::<f32>().max(1.0);
        let mean_norm = norms.iter().zip(&kept).map(|(norm, kept)| norm * kept).sum::<f32>() / living;
        let centre = values(self.decoder_bias.value.clone())?;
        let mut decoder = vec![0.0; FEATURES * width];
        for (feature, input) in dead.iter().zip(new.inputs.chunks_exact(width)) {
            let row = &mut decoder[feature * width..(feature + 1) * width];
            row.iter_mut().zip(input.iter().zip(&centre)).for_each(|(value, (input, centre))| *value = input - centre);
            set_norm(row, 1.0);
        }
        let decoder = matrix(decoder, [FEATURES, width]);
        let kept = matrix(kept, [1, FEATURES]);
        self.encoder.replace(decoder.clone().transpose() * (RESAMPLED_NORM * mean_norm), kept.clone());
        self.encoder_bias.replace(kept.zeros_like(), kept.clone());
        self.decoder.replace(decoder, kept.transpose());
        Ok(())
    }
}

fn set_norm(row: &mut [f32], norm: f32) {
    let now = row.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
    for value in row {
        *value *= norm / now;
    }
}

/// A tensor from row-major values.
pub fn matrix(values: Vec<f32>, shape: [usize; 2]) -> Tensor<Plain, 2> {
    Tensor::from_data(TensorData::new(values, shape), &NdArrayDevice::default())
}

#[cfg(test)]
mod tests {
    use burn::backend::Autodiff;

    use super::*;

    #[test]
    fn gradients_are_those_of_automatic_differentiation() {
        let (width, tokens, penalty) = (6, 20, 0.3);
        let mut random = Random::new(4, "test");
        let mean = (0..width).map(|_| random.normal()).collect();
        let mut autoencoder = Autoencoder::new(mean, &mut random);
        let bias: Vec<f32> = (0..FEATURES).map(|_| 0.1 * random.normal()).collect();
        autoencoder.encoder_bias = Trained::new(matrix(bias, [1, FEATURES]));
        let input = matrix((0..tokens * width).map(|_| random.normal()).collect(), [tokens, width]);
        let ours = autoencoder.pass(input.clone(), penalty).gradients;

        let leaf = |weights: &Trained<Plain>| Tensor::<Autodiff<Plain>, 2>::from_inner(weights.value.clone()).require_grad();
        let leaves = [&autoencoder.encoder, &autoencoder.encoder_bias, &autoencoder.decoder, &autoencoder.decoder_bias].map(leaf);
        let [encoder, encoder_bias, decoder, decoder_bias] = leaves.clone();
        let centred = input.clone() - autoencoder.decoder_bias.value.clone();
        let input = Tensor::<Autodiff<Plain>, 2>::from_inner(input);
        let features = relu((input.clone() - decoder_bias.clone()).matmul(encoder) + encoder_bias);
        let error = features.clone().matmul(decoder.clone()) + decoder_bias - input;
        let norms = decoder.square().sum_dim(1).sqrt().transpose();
        let weights = Tensor::from_inner(Autoencoder::weights(&centred));
        let loss = (error.square() * weights.clone()).sum() + (features * norms * weights.sqrt()).sum() * penalty;
        let gradients = (loss / tokens as f32).backward();
        for (ours, leaf) in ours.into_iter().zip(leaves) {
            let theirs = leaf.grad(&gradients).unwrap();
            let scale = theirs.clone().abs().max().into_scalar();
            let distance = (ours - theirs).abs().max().into_scalar();
            assert!(distance < 1e-5 * scale, "{distance} of {scale}");
        }
    }

    #[test]
    fn a_dead_feature_starts_again_from_an_input() {
        let mut random = Random::new(4, "test");
        let mut autoencoder = Autoencoder::new(vec![0.0; 2], &mut random);
        let before = values(autoencoder.decoder.value.clone()).unwrap();
        autoencoder.replace(&[3], &Replacement { width: 2, inputs: vec![3.0, 4.0] }).unwrap();
        let after = values(autoencoder.decoder.value).unwrap();
        assert!((after[6] - 0.6).abs() < 1e-6 && (after[7] - 0.8).abs() < 1e-6);
        assert_eq!((&before[..6], &before[8..]), (&after[..6], &after[8..]));
    }
}

//! Trains one sparse autoencoder: squared error plus an L1 penalty weighted by the decoder's norms, whose strength is steered
//! towards a wanted number of active features. Tokens with very long activations count less.
//!
//! Sources: Bricken et al. 2023, "Towards Monosemanticity" (architecture, resampling of dead features); Conerly et al. 2024,
//! "Update on how we train SAEs" (the penalty weighted by decoder norms, so that no norm needs a constraint).

use burn::tensor::Tensor;
use burn_ndarray::NdArrayDevice;

use super::activations::values;
use super::autoencoder::{Autoencoder, FEATURES, matrix};
use super::language_model::Plain;
use super::resampling::replacement;
use crate::core::problem::Result;
use crate::core::submodule::SubmoduleKind;
use crate::engine::random::Random;

/// Number of tokens in one optimiser step.
const BATCH: usize = 1024;
const LEARNING_RATE: f64 = 1.5e-3;
const WARM_UP: f64 = 100.0;
/// Share of the steps at the end over which the learning rate falls to 0.
const COOL_DOWN: f64 = 0.3;
const FIRST_PENALTY: f32 = 0.05;
/// Largest change of the logarithm of the penalty in one step, by which it follows the number of active features.
const STEERING: f32 = 0.01;
/// From this share of the steps on, the penalty stays constant.
const STEERING_ENDS: f64 = 0.9;
/// Number of resampling rounds; all fall into the first 70 % of the steps, so that the last resampled features have time to
/// settle.
const RESAMPLINGS: usize = 8;

/// Trained weights in SAELens layout, in units of the activations.
///
/// # Shapes
/// - encoder `[width, features]`, its bias `[features]`, decoder `[features, width]`, its bias `[width]`
pub struct Dictionary {
    /// `W_enc`, `[width, features]`.
    pub encoder: Vec<f32>,
    /// `b_enc`, `[features]`.
    pub encoder_bias: Vec<f32>,
    /// `W_dec`, `[features, width]`.
    pub decoder: Vec<f32>,
    /// `b_dec`, `[width]`.
    pub decoder_bias: Vec<f32>,
}

/// The rows that one dictionary learns from, scaled so that their mean squared distance from their mean is 1: penalty and
/// learning rate then mean the same for every submodule.
struct Inputs<'a> {
    rows: &'a [f32],
    width: usize,
    scale: f32,
    /// Mean row, after scaling.
    mean: Vec<f32>,
}

impl<'a> Inputs<'a> {
    fn new(rows: &'a [f32], width: usize) -> Self {
        let count = (rows.len() / width) as f64;
        let mut mean = vec![0.0_f64; width];
        for row in rows.chunks_exact(width) {
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value) / count);
        }
        let squares: f64 = rows.iter().map(|value| f64::from(*value).powi(2)).sum();
        let variance = squares / count - mean.iter().map(|mean| mean * mean).sum::<f64>();
        let scale = variance.max(1e-12).sqrt().recip();
        let mean = mean.iter().map(|mean| (mean * scale) as f32).collect();
        Self { rows, width, scale: scale as f32, mean }
    }

    /// # Shapes
    /// - output: `[count, width]`
    fn draw(&self, random: &mut Random, count: usize) -> Tensor<Plain, 2> {
        let total = self.rows.len() / self.width;
        let mut batch = Vec::with_capacity(count * self.width);
        for _ in 0..count {
            let start = random.below(total) * self.width;
            batch.extend(self.rows[start..start + self.width].iter().map(|value| value * self.scale));
        }
        matrix(batch, [count, self.width])
    }
}

/// The number of active features per token to which the penalty is steered. Fewer features suffice if a submodule's output
/// depends on fewer things; an MLP's depends mostly on one token.
pub fn wanted_active(kind: SubmoduleKind) -> f32 {
    match kind {
        SubmoduleKind::Attention | SubmoduleKind::AttentionBeforeNorm | SubmoduleKind::Heads => 18.0,
        SubmoduleKind::Mlp | SubmoduleKind::MlpBeforeNorm => 10.0,
        SubmoduleKind::Residual | SubmoduleKind::Embedding => 12.0,
    }
}

/// Trains a dictionary on `rows` (row-major, `width` values each) for `steps` steps.
pub fn train(
    (rows, width): (&[f32], usize),
    wanted_active: f32,
    steps: usize,
    random: &mut Random,
    log: &dyn Fn(String),
) -> Result<Dictionary> {
    let inputs = Inputs::new(rows, width);
    let mut autoencoder = Autoencoder::new(inputs.mean.clone(), random);
    let mut penalty = FIRST_PENALTY;
    let nothing = Tensor::<Plain, 2>::zeros([1, FEATURES], &NdArrayDevice::default());
    let mut fired = nothing.clone();
    let round = (steps * 7 / 10 / RESAMPLINGS).max(1);
    for step in 1..=steps {
        let progress = step as f64 / steps as f64;
        let rate = LEARNING_RATE * (step as f64 / WARM_UP).min(1.0) * ((1.0 - progress) / COOL_DOWN).min(1.0);
        let pass = autoencoder.step(inputs.draw(random, BATCH), penalty, rate);
        let active = pass.counts.clone().sum().into_scalar() / BATCH as f32;
        fired = fired + pass.counts;
        if progress < STEERING_ENDS {
            penalty *= (STEERING * (active / wanted_active - 1.0).clamp(-1.0, 1.0)).exp();
        }
        if step % round != 0 && step != steps {
            continue;
        }
        let counts = values(std::mem::replace(&mut fired, nothing.clone()))?;
        let dead: Vec<usize> = counts.iter().enumerate().filter(|(_, count)| **count == 0.0).map(|(index, _)| index).collect();
        if step == steps {
            let error = 100.0 * pass.error.into_scalar();
            log(format!("{error:.1} % unexplained, {active:.1} active, {} of {FEATURES} silent lately", dead.len()));
        } else if !dead.is_empty() && step / round <= RESAMPLINGS {
            let candidates = inputs.draw(random, 8 * BATCH);
            let losses = autoencoder.losses(&candidates)?;
            autoencoder.replace(&dead, &replacement(&values(candidates)?, &losses, dead.len(), random))?;
        }
    }
    finish(autoencoder, inputs.scale)
}

/// Folds the input scale into the weights and gives every decoder row norm 1, so that a feature's activation is the length of
/// the vector that it adds.
fn finish(autoencoder: Autoencoder, scale: f32) -> Result<Dictionary> {
    let Autoencoder { encoder, encoder_bias, decoder, decoder_bias } = autoencoder;
    let norms = decoder.value.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
    let columns = norms.clone().transpose();
    Ok(Dictionary {
        encoder: values(encoder.value * columns.clone())?,
        encoder_bias: values(encoder_bias.value * columns / scale)?,
        decoder: values(decoder.value / norms)?,
        decoder_bias: values(decoder_bias.value / scale)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_scaled_to_variance_one() {
        let rows = [1.0, 10.0, 3.0, 10.0, 5.0, 10.0, 7.0, 10.0];
        let inputs = Inputs::new(&rows, 2);
        assert!((inputs.scale - 5.0_f32.sqrt().recip()).abs() < 1e-6);
        assert!((inputs.mean[0] / inputs.scale - 4.0).abs() < 1e-5);
    }

    #[test]
    fn finishing_changes_the_units_and_not_the_reconstruction() {
        let mut random = Random::new(2, "test");
        let autoencoder = Autoencoder::new(vec![0.5, -0.5, 0.1], &mut random);
        let input = [0.3_f32, 0.2, -0.7];
        let reconstruct = |dictionary: &Dictionary, input: [f32; 3]| {
            let mut output = [0, 1, 2].map(|axis| dictionary.decoder_bias[axis]);
            for feature in 0..FEATURES {
                let encoded: f32 = (0..3)
                    .map(|axis| (input[axis] - dictionary.decoder_bias[axis]) * dictionary.encoder[axis * FEATURES + feature])
                    .sum();
                let value = (encoded + dictionary.encoder_bias[feature]).max(0.0);
                (0..3).for_each(|axis| output[axis] += value * dictionary.decoder[feature * 3 + axis]);
            }
            output
        };
        let plain = Dictionary {
            encoder: values(autoencoder.encoder.value.clone()).unwrap(),
            encoder_bias: values(autoencoder.encoder_bias.value.clone()).unwrap(),
            decoder: values(autoencoder.decoder.value.clone()).unwrap(),
            decoder_bias: values(autoencoder.decoder_bias.value.clone()).unwrap(),
        };
        let expected = reconstruct(&plain, input.map(|value| value * 0.25)).map(|value| value / 0.25);
        let found = reconstruct(&finish(autoencoder, 0.25).unwrap(), input);
        assert!(expected.iter().zip(found).all(|(expected, found)| (expected - found).abs() < 1e-4), "{expected:?} {found:?}");
    }
}

//! Rotary position embedding (Su et al. 2021, arXiv:2104.09864) on the first dimensions of each head, dimension `i` paired with
//! `i + half`, as GPT-NeoX, Llama, Gemma and Qwen have it.
//!
//! burn's own `RotaryEncoding` pairs adjacent dimensions, which is another rotation.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::config::{Config, RotaryScaling};

/// Cosine and sine of the angle by which each pair of dimensions is rotated, at each position.
pub struct Angles {
    /// Number of pairs of dimensions that are rotated; 0 if the model rotates nothing.
    pub half: usize,
    /// Cosines, `[positions, half]`.
    pub cosine: Vec<f32>,
    /// Sines, `[positions, half]`.
    pub sine: Vec<f32>,
}

impl Angles {
    /// Computes the angles for positions `0..positions`.
    pub fn new(config: &Config, positions: usize) -> Self {
        let half = config.rotary_width / 2;
        let pairs = (0..positions).flat_map(|position| (0..half).map(move |pair| (position, pair)));
        let (sine, cosine) = match config.rotary_scaling {
            None => pairs.map(|(position, pair)| (position as f32 / period(config, pair)).sin_cos()).unzip(),
            Some(scaling) => {
                let angle = |(position, pair)| position as f64 / scaled_period(config, scaling, pair);
                pairs.map(angle).map(f64::sin_cos).map(|(sine, cosine)| (sine as f32, cosine as f32)).unzip()
            }
        };
        Self { half, cosine, sine }
    }
}

/// The number of positions in which pair `pair` turns by one radian; in f32 throughout, as transformers computes it.
fn period(config: &Config, pair: usize) -> f32 {
    let exponent = (2 * pair) as f32 / config.rotary_width as f32;
    (config.rotary_base as f32).powf(exponent)
}

/// The same with Llama 3's stretching. In f32 these angles were the largest error of a whole forward and backward pass: gradients of
/// the golden prompts of 22 tokens were off by 2e-5 of their largest entry, with f64 by 7e-6.
fn scaled_period(config: &Config, scaling: RotaryScaling, pair: usize) -> f64 {
    let period = config.rotary_base.powf((2 * pair) as f64 / config.rotary_width as f64);
    let RotaryScaling { factor, low_frequency_factor: low, high_frequency_factor: high, old_context } = scaling;
    // 1 for short waves, which stay; 0 for long ones, whose frequency is divided by the factor.
    let stays = ((old_context / (std::f64::consts::TAU * period) - low) / (high - low)).clamp(0.0, 1.0);
    period / ((1.0 - stays) / factor + stays)
}

/// The angles' cosines and sines on a device.
///
/// # Shapes
/// Both `[1, positions, 1, half]`, to broadcast over examples and heads.
pub struct Rotary<B: Backend> {
    /// Cosines.
    pub cosine: Tensor<B, 4>,
    /// Sines.
    pub sine: Tensor<B, 4>,
}

impl<B: Backend> Rotary<B> {
    /// The tables for positions `0..positions`; None if the model rotates nothing.
    pub fn new(config: &Config, positions: usize, device: &B::Device) -> Option<Self> {
        let Angles { half, cosine, sine } = Angles::new(config, positions);
        let table = |values: Vec<f32>| Tensor::from_data(TensorData::new(values, [1, positions, 1, half]), device);
        (half > 0).then(|| Self { cosine: table(cosine), sine: table(sine) })
    }

    /// Rotates the first `heads` heads of each row by the angles of its position, or back.
    ///
    /// # Shapes
    /// - rows and output: `[examples, positions, columns]`, where the positions are the last ones of the tables
    pub fn turn(&self, rows: Tensor<B, 3>, heads: usize, head_width: usize, back: bool) -> Tensor<B, 3> {
        let [examples, positions, columns] = rows.dims();
        let [_, tabled, _, half] = self.cosine.dims();
        let [cosine, sine] = [&self.cosine, &self.sine].map(|table| table.clone().narrow(1, tabled - positions, positions));
        let sine = if back { -sine } else { sine };
        let turning = rows.clone().narrow(2, 0, heads * head_width).reshape([examples, positions, heads, head_width]);
        let part = |first: usize, width: usize| turning.clone().narrow(3, first, width);
        let (first, second) = (part(0, half), part(half, half));
        let rotated_first = first.clone() * cosine.clone() - second.clone() * sine.clone();
        let rotated_second = second * cosine + first * sine;
        let mut parts = vec![rotated_first, rotated_second];
        if head_width > 2 * half {
            parts.push(part(2 * half, head_width - 2 * half));
        }
        let turned = Tensor::cat(parts, 3).reshape([examples, positions, heads * head_width]);
        if columns == heads * head_width {
            return turned;
        }
        Tensor::cat(vec![turned, rows.narrow(2, heads * head_width, columns - heads * head_width)], 2)
    }
}

//! Rotary position embedding as GPT-NeoX does it: on the first dimensions of each head, dimension `i` paired with `i + half`.
//!
//! burn's own `RotaryEncoding` pairs adjacent dimensions, which is another rotation.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::config::Config;

/// Cosines and sines for the positions of one batch.
///
/// # Shapes
/// Both `[1, 1, positions, rotary_width / 2]`, to broadcast over examples and heads.
pub struct Rotary<B: Backend> {
    cosine: Tensor<B, 4>,
    sine: Tensor<B, 4>,
}

impl<B: Backend> Rotary<B> {
    /// The tables for positions `0..positions`; none where the model rotates nothing.
    pub fn new(config: &Config, positions: usize, device: &B::Device) -> Option<Self> {
        let half = config.rotary_width / 2;
        if half == 0 {
            return None;
        }
        let angles: Vec<f32> = (0..positions)
            .flat_map(|position| {
                (0..half).map(move |pair| {
                    // f32 throughout, as transformers computes it.
                    let exponent = (2 * pair) as f32 / config.rotary_width as f32;
                    position as f32 / (config.rotary_base as f32).powf(exponent)
                })
            })
            .collect();
        let table = |function: fn(f32) -> f32| {
            let values: Vec<f32> = angles.iter().map(|angle| function(*angle)).collect();
            Tensor::from_data(TensorData::new(values, [1, 1, positions, half]), device)
        };
        Some(Self { cosine: table(f32::cos), sine: table(f32::sin) })
    }

    /// Rotates queries or keys.
    ///
    /// # Shapes
    /// - input and output: `[examples, heads, positions, head_width]`
    pub fn apply(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let [_, _, _, head_width] = input.dims();
        let [_, _, _, half] = self.cosine.dims();
        let first = input.clone().narrow(3, 0, half);
        let second = input.clone().narrow(3, half, half);
        let rotated_first = first.clone() * self.cosine.clone() - second.clone() * self.sine.clone();
        let rotated_second = second * self.cosine.clone() + first * self.sine.clone();
        let mut parts = vec![rotated_first, rotated_second];
        if head_width > 2 * half {
            parts.push(input.narrow(3, 2 * half, head_width - 2 * half));
        }
        Tensor::cat(parts, 3)
    }
}

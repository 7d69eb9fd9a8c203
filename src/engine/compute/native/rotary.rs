//! Rotary position embedding in place; what it computes is described in [`crate::engine::model::rotary`].

use crate::engine::model::config::Config;

/// Cosines and sines of the positions of a batch.
pub struct Rotary {
    half: usize,
    head_width: usize,
    /// `[positions, half]`
    cosine: Vec<f32>,
    sine: Vec<f32>,
}

impl Rotary {
    /// The tables for positions `0..positions`.
    pub fn new(config: &Config, positions: usize) -> Self {
        let half = config.rotary_width / 2;
        let angles = (0..positions).flat_map(|position| {
            (0..half).map(move |pair| {
                // f32 throughout, as transformers computes it.
                let exponent = (2 * pair) as f32 / config.rotary_width as f32;
                position as f32 / (config.rotary_base as f32).powf(exponent)
            })
        });
        let (sine, cosine) = angles.map(f32::sin_cos).unzip();
        Self { half, head_width: config.head_width(), cosine, sine }
    }

    /// Rotates all heads of one token at `position`.
    pub fn rotate(&self, heads: &mut [f32], position: usize) {
        self.turn(heads, position, 1.0);
    }

    /// Rotates back: a rotation's transpose, which takes gradients the other way.
    pub fn rotate_back(&self, heads: &mut [f32], position: usize) {
        self.turn(heads, position, -1.0);
    }

    fn turn(&self, heads: &mut [f32], position: usize, direction: f32) {
        let table = position * self.half..(position + 1) * self.half;
        let (cosine, sine) = (&self.cosine[table.clone()], &self.sine[table]);
        for head in heads.chunks_exact_mut(self.head_width) {
            let (first, rest) = head.split_at_mut(self.half);
            for (((a, b), cosine), sine) in first.iter_mut().zip(rest).zip(cosine).zip(sine) {
                let sine = direction * sine;
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    }
}

//! Rotary position embedding in place, with the tables of [`crate::engine::model::rotary`].

use crate::engine::model::config::Config;
use crate::engine::model::rotary::Angles;

/// Cosines and sines for the positions of a batch.
pub struct Rotary {
    angles: Angles,
    head_width: usize,
}

impl Rotary {
    /// Computes the tables for positions `0..positions`.
    pub fn new(config: &Config, positions: usize) -> Self {
        Self { angles: Angles::new(config, positions), head_width: config.head_width }
    }

    /// Rotates all heads of one token at `position`.
    pub fn rotate(&self, heads: &mut [f32], position: usize) {
        self.turn(heads, position, 1.0);
    }

    /// Rotates back. This is the transpose of the rotation, which passes gradients back.
    pub fn rotate_back(&self, heads: &mut [f32], position: usize) {
        self.turn(heads, position, -1.0);
    }

    fn turn(&self, heads: &mut [f32], position: usize, direction: f32) {
        let Angles { half, cosine, sine } = &self.angles;
        let table = position * half..(position + 1) * half;
        let (cosine, sine) = (&cosine[table.clone()], &sine[table]);
        for head in heads.chunks_exact_mut(self.head_width) {
            let (first, rest) = head.split_at_mut(*half);
            for (((a, b), cosine), sine) in first.iter_mut().zip(rest).zip(cosine).zip(sine) {
                let sine = direction * sine;
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    }
}

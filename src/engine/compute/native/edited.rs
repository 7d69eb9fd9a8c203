//! Runs with edited outputs, and the logits of the streams that they end with.

use std::ops::Range;

use rayon::prelude::*;

use super::attention::Shape;
use super::layer::{Kept, Pass, Scratch};
use super::rotary::Rotary;
use super::split::evenly;
use super::vector::normalise;
use super::{NativeCompute, TOKENS_PER_TASK};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::dot;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Edit;

impl NativeCompute {
    pub(super) fn run_with(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let config = &self.config;
        let positions = streams.first().map_or(1, |stream| stream.len() / config.width);
        let rotary = Rotary::new(config, positions);
        let run = |sequences: &Range<usize>| {
            let mut hidden = streams[sequences.clone()].concat();
            let (mut kept, mut scratch) = (Kept::default(), Scratch::default());
            let shape =
                Shape { sequences: sequences.len(), positions, last: false, heads: config.heads, head_width: config.head_width };
            if first == 0 && edit.touches(Submodule::EMBEDDING) {
                edit.apply(Submodule::EMBEDDING, sequences.clone(), &mut hidden)?;
            }
            for index in first..config.layers {
                let layer = &*self.layer(index, cancel)?;
                let mut outcome = Ok(());
                let mut change = |kind, output: &mut [f32]| {
                    let submodule = Submodule::new(kind, index);
                    if outcome.is_ok() && edit.touches(submodule) {
                        outcome = edit.apply(submodule, sequences.clone(), output);
                    }
                };
                Pass { config, layer, rotary: &rotary, shape }.forward(&mut hidden, &mut kept, &mut scratch, &mut change);
                change(SubmoduleKind::Residual, &mut hidden);
                outcome?;
            }
            Ok(hidden.chunks_exact(positions * config.width).map(<[f32]>::to_vec).collect())
        };
        let tasks = evenly(streams.len(), TOKENS_PER_TASK / positions.max(1));
        let parts: Vec<Vec<Vec<f32>>> = if self.weights.layers.are_kept() {
            tasks.par_iter().map(run).collect::<Result<_>>()?
        } else {
            // An edit may wait for other threads while it holds the layer: if these needed another one, none would ever go on.
            tasks.iter().map(run).collect::<Result<_>>()?
        };
        Ok(parts.into_iter().flatten().collect())
    }

    /// The logits of [`super::Compute::end_logits`].
    pub(super) fn logits_of(&self, tokens: &[&[f32]]) -> Result<Vec<f32>> {
        let (width, vocabulary) = (self.config.width, self.config.vocabulary);
        let last = tokens.concat();
        let mut normal = vec![0.0; last.len()];
        normalise(&last, width, self.config.norm_epsilon as f32, &mut normal, &mut vec![0.0; tokens.len()]);
        let [scale, shift] = &self.weights.final_norm;
        for row in normal.chunks_exact_mut(width) {
            row.iter_mut().zip(scale).zip(shift).for_each(|((value, scale), shift)| *value = *value * scale + shift);
        }
        let mut logits = vec![0.0; tokens.len() * vocabulary];
        for token in 0..vocabulary {
            let row = self.unembedding(token as u32)?;
            for (example, last) in normal.chunks_exact(width).enumerate() {
                logits[example * vocabulary + token] = dot(last, &row);
            }
        }
        Ok(logits)
    }
}

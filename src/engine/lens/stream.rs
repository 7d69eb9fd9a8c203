//! The final norm, and the mean stream of the clean prompts that it reads.

use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::loaded::Loaded;
use crate::engine::model::config::NormKind;
use crate::engine::model::load::Names;

/// Prompts that run together.
const TOGETHER: usize = 32;

/// The final norm, in f64.
pub struct FinalNorm {
    /// `[width]`
    pub scale: Vec<f32>,
    /// `[width]`
    shift: Vec<f32>,
    epsilon: f64,
    /// Whether it takes the mean away, as a layer norm does and a root mean square norm does not.
    pub is_centred: bool,
}

impl FinalNorm {
    /// Reads scale and shift from the model's weights, whose names are `names`.
    pub fn read(loaded: &Loaded, names: &Names) -> Result<Self> {
        let config = loaded.compute.config();
        let vector = |kind: &str| {
            let tensor = loaded.weights.tensor(&names.model(&format!("{}.{kind}", names.layout.final_norm)))?;
            tensor.expect_shape(&[config.width])?.values()
        };
        let is_centred = config.norm == NormKind::Layer;
        Ok(Self {
            scale: vector("weight")?.into_iter().map(|gain| gain + names.layout.gain_offset).collect(),
            shift: if is_centred { vector("bias")? } else { vec![0.0; config.width] },
            epsilon: config.norm_epsilon,
            is_centred,
        })
    }

    /// The mean of `direction`, which the norm takes away; 0 if it takes none.
    pub fn mean(&self, direction: &[f64]) -> f64 {
        if self.is_centred { direction.iter().sum::<f64>() / direction.len() as f64 } else { 0.0 }
    }

    /// The mean of `stream` and its `sqrt(variance + epsilon)`; 0 and the root mean square if the norm takes no mean away.
    fn moments(&self, stream: &[f64]) -> (f64, f64) {
        let width = stream.len() as f64;
        let mean = self.mean(stream);
        let variance = stream.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / width;
        (mean, (variance + self.epsilon).sqrt())
    }

    /// The norm of `stream`, `[width]`.
    pub fn apply(&self, stream: &[f64]) -> Vec<f64> {
        let (mean, sigma) = self.moments(stream);
        let parts = stream.iter().zip(self.scale.iter().zip(&self.shift));
        parts.map(|(value, (scale, shift))| (value - mean) / sigma * f64::from(*scale) + f64::from(*shift)).collect()
    }
}

/// Means of the stream that the final norm reads, over the clean prompts.
pub struct Stream {
    /// Mean length over prompts and positions.
    pub length: f64,
    /// Mean of `sqrt(variance + epsilon)` at the last position.
    pub last_sigma: f64,
    /// `[width]`: mean at the last position.
    pub last: Vec<f64>,
}

impl Stream {
    /// Runs `prompts`, those of one length together.
    pub fn of(loaded: &Loaded, norm: &FinalNorm, prompts: &[Vec<u32>], cancel: &Cancel) -> Result<Self> {
        let config = loaded.compute.config();
        let mut ordered: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        ordered.sort_by_key(|prompt| prompt.len());
        let (mut lengths, mut positions, mut sigmas) = (0.0, 0.0, 0.0);
        let mut last = vec![0.0; config.width];
        for same in ordered.chunk_by(|left, right| left.len() == right.len()) {
            for together in same.chunks(TOGETHER) {
                for trace in loaded.compute.traces(together, cancel)? {
                    let rows = trace.entering(config.layers).chunks_exact(config.width);
                    positions += rows.len() as f64;
                    for (place, row) in rows.enumerate() {
                        let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
                        lengths += row.iter().map(|value| value * value).sum::<f64>().sqrt();
                        if place + 1 == together[0].len() {
                            sigmas += norm.moments(&row).1;
                            last.iter_mut().zip(&row).for_each(|(sum, value)| *sum += value);
                        }
                    }
                }
            }
        }
        let count = prompts.len() as f64;
        last.iter_mut().for_each(|sum| *sum /= count);
        Ok(Self { length: lengths / positions, last_sigma: sigmas / count, last })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::core::release::Release;
    use crate::core::request::ModelSource;
    use crate::engine::lens::unembedding::Unembedding;
    use crate::engine::memory::Bounds;

    /// The folder of each host model of the tests.
    fn hosts() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hosts");
        ["gpt2/model", "gpt2/model_hub", "gemma2/model", "llama/model", "qwen3/model", "pythia-lm-head/model"]
            .map(|model| folder.join(model))
            .to_vec()
    }

    #[test]
    fn norm_and_unembedding_of_every_family_give_the_model_s_own_logits() {
        let cancel = Cancel::default();
        for model in hosts() {
            let source =
                ModelSource::Folder { model: model.clone(), dictionaries: Vec::new(), name: None, release: Release::default() };
            let loaded = Loaded::open(&source, None, Bounds::NONE, &cancel).unwrap();
            let config = loaded.compute.config();
            let names = Names::of(config, &loaded.weights, &cancel).unwrap();
            let norm = FinalNorm::read(&loaded, &names).unwrap();
            let trace = &loaded.compute.traces(&[&[5, 9, 7, 3]], &cancel).unwrap()[0];
            let end = trace.entering(config.layers).chunks_exact(config.width).next_back().unwrap();
            let stream: Vec<f64> = end.iter().map(|value| f64::from(*value)).collect();
            let vector: Vec<f32> = norm.apply(&stream).into_iter().map(|value| value as f32).collect();
            let lens = Unembedding::open(&loaded, &names).unwrap().lenses(&[vector], &[], &cancel).unwrap().remove(0);
            let logits = loaded.compute.end_logits(&[end], &cancel).unwrap();
            for token in lens.promoted.iter().chain(&lens.suppressed) {
                let capped =
                    config.logit_softcap.map_or(f64::from(token.value), |cap| cap * (f64::from(token.value) / cap).tanh());
                let own = f64::from(logits[token.token as usize]);
                assert!((capped - own).abs() <= 1e-4 * own.abs().max(1.0), "{}: {capped}, {own}", model.display());
            }
            assert_eq!(lens.promoted.len(), 10);
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert!((logits[lens.promoted[0].token as usize] - largest).abs() <= 1e-4 * largest.abs().max(1.0));
        }
    }
}

//! The final layer norm, and the mean stream of the clean prompts that it reads.

use crate::core::problem::{Problem, Result};
use crate::engine::cancel::Cancel;
use crate::engine::loaded::Loaded;
use crate::engine::model::config::Family;

/// Prompts that run together.
const TOGETHER: usize = 32;

/// The final layer norm, in f64.
pub struct FinalNorm {
    /// `[width]`
    pub scale: Vec<f32>,
    /// `[width]`
    shift: Vec<f32>,
    epsilon: f64,
}

impl FinalNorm {
    /// Reads scale and shift from the model's weights.
    pub fn read(loaded: &Loaded) -> Result<Self> {
        let config = loaded.compute.config();
        if config.family != Family::GptNeoX {
            let what = format_args!("is a {} model, of which the logit lens is not read", config.family.model_type());
            return Err(Problem::new(loaded.weights.name(), what, "use it with a gpt_neox model such as Pythia"));
        }
        let vector = |part: &str| {
            let tensor = loaded.weights.tensor(&format!("gpt_neox.final_layer_norm.{part}"))?;
            tensor.expect_shape(&[config.width])?.values()
        };
        Ok(Self { scale: vector("weight")?, shift: vector("bias")?, epsilon: config.norm_epsilon })
    }

    /// The mean of `stream` and its `sqrt(variance + epsilon)`.
    fn moments(&self, stream: &[f64]) -> (f64, f64) {
        let width = stream.len() as f64;
        let mean = stream.iter().sum::<f64>() / width;
        let variance = stream.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / width;
        (mean, (variance + self.epsilon).sqrt())
    }

    /// The layer norm of `stream`, `[width]`.
    pub fn apply(&self, stream: &[f64]) -> Vec<f64> {
        let (mean, sigma) = self.moments(stream);
        let parts = stream.iter().zip(self.scale.iter().zip(&self.shift));
        parts.map(|(value, (scale, shift))| (value - mean) / sigma * f64::from(*scale) + f64::from(*shift)).collect()
    }
}

/// Means of the stream that the final layer norm reads, over the clean prompts.
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

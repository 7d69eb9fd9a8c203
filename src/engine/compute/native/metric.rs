//! The metric `logit[patch answer] - logit[clean answer]` as a direction of the normalised residual stream.

use super::NativeCompute;
use crate::core::problem::Result;
use crate::engine::activation::dot;
use crate::engine::compute::Answers;

/// The metric is `<normal, folded> + shift`, where `normal` is the last position's stream after the final layer norm without
/// that layer's scale and shift.
#[derive(Clone)]
pub struct Direction {
    /// `scale * (row of the patch answer - row of the clean answer)`, `[width]`
    pub folded: Vec<f32>,
    /// `<shift, row of the patch answer - row of the clean answer>`
    pub shift: f32,
}

impl NativeCompute {
    /// The direction of each metric, in the order of `answers`.
    pub fn directions(&self, answers: &[Answers]) -> Result<Vec<Direction>> {
        answers.iter().map(|answers| self.direction(*answers)).collect()
    }

    fn direction(&self, answers: Answers) -> Result<Direction> {
        let (patch, clean) = (self.unembedding(answers.patch)?, self.unembedding(answers.clean)?);
        let [scale, shift] = &self.weights.final_norm;
        let difference: Vec<f32> = patch.iter().zip(&clean).map(|(patch, clean)| patch - clean).collect();
        Ok(Direction {
            shift: dot(&difference, shift),
            folded: difference.iter().zip(scale).map(|(difference, scale)| difference * scale).collect(),
        })
    }

    /// The row of `embed_out` that belongs to `token`, `[width]`.
    ///
    /// # Errors
    /// When the file changed since the model was loaded.
    pub fn unembedding(&self, token: u32) -> Result<Vec<f32>> {
        let mut row = vec![0.0; self.config.width];
        self.weights.embed_out.read_row(token as usize, &mut row)?;
        Ok(row)
    }
}

//! Effects from a gradient: the last step of both integrated gradients and plain attribution patching.

use pulp::Arch;
use rayon::prelude::*;

use super::TokenEffects;
use super::site::Site;
use crate::core::view::Direction;
use crate::engine::activation::dot;
use crate::engine::dictionary::codes::changes;

/// The effects at every token of a batch, for a view of direction `direction`.
///
/// # Shapes
/// - gradients: per pair `[positions, width]`, the gradient of the metric with respect to the submodule's output
/// - output: one entry per pair and position
pub fn effects(site: &Site<'_>, direction: Direction, gradients: &[Vec<f32>]) -> Vec<TokenEffects> {
    let width = site.dictionary.width();
    let rows: Vec<&[f32]> = gradients.iter().flat_map(|gradient| gradient.chunks_exact(width)).collect();
    let token = |(row, gradient): (usize, &&[f32])| {
        let (clean, patch) = site.ends(direction, row);
        let changes = changes(clean.codes, patch.codes);
        Arch::new().dispatch(
            #[inline(always)]
            || {
                let mut features = Vec::with_capacity(changes.len());
                for change in changes {
                    features.push((change, (change.patch - change.clean) * dot(gradient, site.decoder.row(change.feature))));
                }
                TokenEffects {
                    features,
                    error: dot(gradient, patch.error) - dot(gradient, clean.error),
                    gradient_dot_change: Some(dot(gradient, patch.output) - dot(gradient, clean.output)),
                }
            },
        )
    };
    rows.par_iter().enumerate().map(token).collect()
}

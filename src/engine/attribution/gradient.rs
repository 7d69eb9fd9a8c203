//! Effects from a gradient: the last step of both integrated gradients and plain attribution patching.

use pulp::Arch;
use rayon::prelude::*;

use super::TokenEffects;
use super::site::Site;
use crate::core::view::Direction;
use crate::engine::activation::dot;
use crate::engine::dictionary::codes::changes_of_scaled;

/// The effects at every token of a batch, for a view of direction `direction`.
///
/// # Shapes
/// - gradients: per pair `[positions, width]`, the gradient of the metric with respect to the submodule's output
/// - output: one entry per pair and position
pub fn effects(site: &Site<'_>, direction: Direction, gradients: &[Vec<f32>]) -> Vec<TokenEffects> {
    let width = site.dictionary.written_width();
    let rows: Vec<&[f32]> = gradients.iter().flat_map(|gradient| gradient.chunks_exact(width)).collect();
    let token = |(row, gradient): (usize, &&[f32])| {
        let (clean, patch) = site.ends(direction, row);
        let factors = (clean.factor, patch.factor);
        let changes = changes_of_scaled(clean.codes, patch.codes, factors);
        Arch::new().dispatch(
            #[inline(always)]
            || {
                let mut features = Vec::with_capacity(changes.len());
                for change in changes {
                    features
                        .push((change, change.written(factors.0, factors.1) * dot(gradient, site.decoder.row(change.feature))));
                }
                TokenEffects {
                    features,
                    error: dot(gradient, patch.rest) - dot(gradient, clean.rest),
                    gradient_dot_change: Some(dot(gradient, patch.output) - dot(gradient, clean.output)),
                }
            },
        )
    };
    rows.par_iter().enumerate().map(token).collect()
}

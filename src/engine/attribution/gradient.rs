//! Effects from a gradient: what both integrated gradients and plain attribution patching end with.

use pulp::Arch;
use rayon::prelude::*;

use super::{Side, TokenEffects};
use crate::core::submodule::Submodule;
use crate::engine::activation::{Activation, dot};
use crate::engine::dictionary::codes::DecoderRows;

/// The effects at every token of a batch.
///
/// # Shapes
/// - gradient: `[examples, positions, width]`, of the metric with respect to `submodule`'s output
/// - output: one entry per example and position
pub fn effects(
    gradient: &Activation,
    submodule: Submodule,
    clean: Side<'_>,
    patch: Side<'_>,
    decoder: &DecoderRows,
) -> Vec<TokenEffects> {
    let (clean_output, patch_output) = (clean.trace.output(submodule), patch.trace.output(submodule));
    let token = |row: usize| {
        let gradient = gradient.row(row);
        let changes = clean.codes.changes(patch.codes, row);
        Arch::new().dispatch(
            #[inline(always)]
            || {
                let mut features = Vec::with_capacity(changes.len());
                for change in changes {
                    features.push((change, (change.patch - change.clean) * dot(gradient, decoder.row(change.feature))));
                }
                TokenEffects {
                    features,
                    error: dot(gradient, patch.error.row(row)) - dot(gradient, clean.error.row(row)),
                    gradient_dot_change: Some(dot(gradient, patch_output.row(row)) - dot(gradient, clean_output.row(row))),
                }
            },
        )
    };
    (0..gradient.rows().len()).into_par_iter().map(token).collect()
}

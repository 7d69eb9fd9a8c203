//! Effects from a gradient: the last step of both integrated gradients and plain attribution patching.

use pulp::Arch;
use rayon::prelude::*;

use super::TokenEffects;
use super::batch::ViewBatch;
use super::site::Site;
use crate::core::view::Direction;
use crate::engine::activation::dot;
use crate::engine::dictionary::codes::{Change, changes_of_scaled};

/// A view with its gradients.
#[derive(Clone, Copy)]
pub struct OfView<'a> {
    direction: Direction,
    gradients: &'a [Vec<f32>],
}

impl<'a> OfView<'a> {
    /// `view` with the gradients of its metric with respect to the submodule's output, per pair `[positions, width]`.
    pub fn new(view: &ViewBatch, gradients: &'a [Vec<f32>]) -> Self {
        Self { direction: view.direction, gradients }
    }
}

/// For each of `views`, the effects at every token of a batch. A decoder row is read once for all views: rows come from memory more slowly
/// than they are multiplied.
///
/// # Shapes
/// - output: per view one entry per pair and position
pub fn effects(site: &Site<'_>, views: &[OfView<'_>]) -> Vec<Vec<TokenEffects>> {
    let rows: Vec<Vec<TokenEffects>> = (0..site.rows()).into_par_iter().map(|row| at_token(site, row, views)).collect();
    let mut of_views: Vec<Vec<TokenEffects>> = views.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        of_views.iter_mut().zip(row).for_each(|(of_view, token)| of_view.push(token));
    }
    of_views
}

/// For each of `views`, the effects at token `row`.
fn at_token(site: &Site<'_>, row: usize, views: &[OfView<'_>]) -> Vec<TokenEffects> {
    let width = site.dictionary.written_width();
    let (pair, first) = (row / site.positions(), row % site.positions() * width);
    let gradients: Vec<&[f32]> = views.iter().map(|view| &view.gradients[pair][first..first + width]).collect();
    // The same features differ in both directions.
    let (clean, patch) = site.ends(Direction::Forward, row);
    let changes = changes_of_scaled(clean.codes, patch.codes, (clean.factor, patch.factor));
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let start = |(view, gradient): (&OfView<'_>, &&[f32])| {
                let (clean, patch) = site.ends(view.direction, row);
                TokenEffects {
                    features: Vec::with_capacity(changes.len()),
                    error: dot(gradient, patch.rest) - dot(gradient, clean.rest),
                    gradient_dot_change: Some(dot(gradient, patch.output) - dot(gradient, clean.output)),
                }
            };
            let mut effects: Vec<TokenEffects> = views.iter().zip(&gradients).map(start).collect();
            for Change { feature, clean: first, patch: second } in &changes {
                let written = site.decoder.row(*feature);
                for ((view, gradient), effects) in views.iter().zip(&gradients).zip(&mut effects) {
                    let orient = |first, second| view.direction.orient(first, second);
                    let ((clean, patch), factors) = (orient(*first, *second), orient(clean.factor, patch.factor));
                    let change = Change { feature: *feature, clean, patch };
                    effects.features.push((change, change.written(factors.0, factors.1) * dot(gradient, written)));
                }
            }
            effects
        },
    )
}

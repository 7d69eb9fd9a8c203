//! Effects from a gradient: the last step of both integrated gradients and plain attribution patching.

use rayon::prelude::*;

use super::TokenEffects;
use super::batch::ViewBatch;
use super::site::Site;
use crate::core::view::Direction;
use crate::engine::dictionary::codes::{Change, changes_of_scaled};
use crate::engine::lanes::{dispatched, dot};

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
    let factors = (clean.factor, patch.factor);
    let changes = changes_of_scaled(clean.codes, patch.codes, factors);
    let mut effects = Vec::with_capacity(views.len());
    dispatched(
        #[inline(always)]
        || {
            for (view, gradient) in views.iter().zip(&gradients) {
                let (clean, patch) = site.ends(view.direction, row);
                effects.push(TokenEffects {
                    features: Vec::with_capacity(changes.len()),
                    error: dot(gradient, patch.rest) - dot(gradient, clean.rest),
                    gradient_dot_change: Some(dot(gradient, patch.output) - dot(gradient, clean.output)),
                });
            }
            for Change { feature, clean: first, patch: second } in &changes {
                let written = site.decoder.row(*feature);
                for ((view, gradient), effects) in views.iter().zip(&gradients).zip(&mut effects) {
                    let (clean, patch) = view.direction.orient(*first, *second);
                    let factors = view.direction.orient(factors.0, factors.1);
                    let change = Change { feature: *feature, clean, patch };
                    effects.features.push((change, change.written(factors.0, factors.1) * dot(gradient, written)));
                }
            }
        },
    );
    effects
}

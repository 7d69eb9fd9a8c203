//! From the activations inside of attention and MLP to what the block adds to the stream, and back.

use burn::tensor::Tensor;

use super::norm::{Norm, Normal};
use super::operations::Operations;
use super::passes::Kept;
use super::site::Site;
use super::transformer::{Layer, Transformer};

impl<B: Operations> Transformer<B> {
    /// What the block of `site`, which lies in `layer`, adds to the stream for the activations `rows` there: output projection and the norm that follows.
    ///
    /// # Shapes
    /// - rows: `[1, rows, width of the site]`, output: `[1, rows, width]`
    pub fn added(&self, layer: &Layer<B>, site: Site, rows: Tensor<B, 3>) -> Tensor<B, 3> {
        let (norm, rows) = Self::before_norm(layer, site, rows);
        match norm {
            Some(norm) => norm.forward(rows, &self.config),
            None => rows,
        }
    }

    /// Passes the gradient with respect to [`Transformer::added`] at `rows` back to them.
    pub fn added_back(&self, layer: &Layer<B>, site: Site, rows: Tensor<B, 3>, gradient: Tensor<B, 3>) -> Tensor<B, 3> {
        let (norm, before) = Self::before_norm(layer, site, rows);
        let gradient = match norm {
            Some(norm) => Normal::of(before, &self.config).back(gradient, norm),
            None => gradient,
        };
        match site {
            Site::Heads(_) => layer.attention_output.back(gradient),
            Site::AttentionBeforeNorm(_) | Site::MlpBeforeNorm(_) | Site::Output(_) => gradient,
        }
    }

    /// The norm that follows the block of `site`, if there is one, and what it reads for the activations `rows`.
    fn before_norm(layer: &Layer<B>, site: Site, rows: Tensor<B, 3>) -> (Option<&Norm<B>>, Tensor<B, 3>) {
        match site {
            Site::Heads(_) => (layer.attention_output_norm.as_ref(), layer.attention_output.forward(rows)),
            Site::AttentionBeforeNorm(_) => (layer.attention_output_norm.as_ref(), rows),
            Site::MlpBeforeNorm(_) => (layer.mlp_output_norm.as_ref(), rows),
            Site::Output(_) => (None, rows),
        }
    }
}

impl<B: Operations> Layer<B> {
    /// What the MLP read in the pass that left `kept`: after its norm, or without that norm's gain and bias if `plain`.
    pub fn mlp_read(&self, kept: &Kept<B>, plain: bool) -> Tensor<B, 3> {
        let normal = kept.mlp_normal();
        if plain { normal.rows() } else { normal.scaled(&self.mlp_norm) }
    }
}

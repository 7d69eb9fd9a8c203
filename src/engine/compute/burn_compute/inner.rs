//! Activations inside of layers, and the way from them to the stream.

use burn::tensor::Tensor;
use burn::tensor::TensorData;

use super::{BurnCompute, download};
use crate::core::problem::Result;
use crate::engine::activation::Array;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Inner;
use crate::engine::model::products::Products;
use crate::engine::model::site::Site;

impl<B: Products> BurnCompute<B> {
    /// The activations of [`super::Compute::activations`].
    pub(super) fn activations_inside(&self, wanted: &[Inner], prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        let mut found: Vec<Vec<Array>> = wanted.iter().map(|_| Vec::with_capacity(prompts.len())).collect();
        let Some(last) = wanted.iter().map(|inner| inner.layer()).max() else { return Ok(found) };
        let positions = prompts.first().map_or(1, |prompt| prompt.len());
        for prompts in prompts.chunks((self.tokens_at_once / positions.max(1)).max(1)) {
            let mut hidden = self.embed(prompts);
            let tables = self.model.positions(&hidden);
            for layer in 0..=last {
                let weights = self.layer(layer, cancel)?;
                let mut keep = |inner: Inner, tensor: Tensor<B, 3>| {
                    for (place, _) in wanted.iter().enumerate().filter(|(_, wanted)| **wanted == inner) {
                        let width = inner.width(self.model.config());
                        let values = download(tensor.clone());
                        found[place].extend(values.chunks_exact(positions * width).map(Array::from));
                    }
                };
                let mut middle = hidden.clone();
                let mut watch = |site, output: Tensor<B, 3>| {
                    match site {
                        Site::Heads(layer) => keep(Inner::Heads(layer), output.clone()),
                        Site::AttentionBeforeNorm(layer) => keep(Inner::AttentionBeforeNorm(layer), output.clone()),
                        Site::MlpBeforeNorm(layer) => keep(Inner::MlpBeforeNorm(layer), output.clone()),
                        site if site == Site::attention(layer) && !self.model.config().parallel_residual => {
                            middle = middle.clone() + output.clone();
                        }
                        Site::Output(_) => {}
                    }
                    output
                };
                let (leaving, kept) = self.model.layer_forward_hooked(&weights, hidden, &tables, false, &mut watch);
                keep(Inner::MlpStream(layer), middle);
                for (inner, plain) in [(Inner::MlpInput(layer), false), (Inner::MlpNormalised(layer), true)] {
                    if wanted.contains(&inner) {
                        keep(inner, weights.mlp_read(&kept, plain));
                    }
                }
                hidden = leaving;
            }
        }
        Ok(found)
    }

    /// The sums of [`super::Compute::added`].
    pub(super) fn added_by(&self, site: Site, rows: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        let mut added = Vec::new();
        let values_at_once = self.tokens_at_once.max(1) * self.width_at(site);
        for rows in rows.chunks(values_at_once) {
            let layer = self.layer(site.layer(), cancel)?;
            added.extend(download(self.model.added(&layer, site, self.rows(rows, self.width_at(site)))));
        }
        Ok(added)
    }

    /// The gradients of [`super::Compute::added_back`].
    pub(super) fn added_by_back(&self, site: Site, rows: &[f32], gradient: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        let (width, added_width, at_once) = (self.width_at(site), self.model.config().width, self.tokens_at_once.max(1));
        let mut found = Vec::with_capacity(rows.len());
        for (rows, gradient) in rows.chunks(at_once * width).zip(gradient.chunks(at_once * added_width)) {
            let layer = self.layer(site.layer(), cancel)?;
            let gradient = self.rows(gradient, added_width);
            found.extend(download(self.model.added_back(&layer, site, self.rows(rows, width), gradient)));
        }
        Ok(found)
    }

    fn width_at(&self, site: Site) -> usize {
        let config = self.model.config();
        if matches!(site, Site::Heads(_)) { config.heads * config.head_width } else { config.width }
    }

    /// Uploads rows as one sequence, `[1, rows, width]`.
    fn rows(&self, rows: &[f32], width: usize) -> Tensor<B, 3> {
        Tensor::from_data(TensorData::new(rows.to_vec(), [1, rows.len() / width, width]), &self.device)
    }
}

//! Activations inside of layers, and the way from them to the stream.

use std::ops::Range;

use burn::tensor::Tensor;
use burn::tensor::TensorData;

use super::BurnCompute;
use crate::core::problem::Result;
use crate::engine::activation::Array;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Inner;
use crate::engine::model::operations::Operations;
use crate::engine::model::site::Site;

impl<B: Operations> BurnCompute<B> {
    /// The activations of [`super::Compute::activations`].
    pub(super) fn activations_inside(&self, wanted: &[Inner], prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        let Some(last) = wanted.iter().map(|inner| inner.layer()).max() else { return Ok(Vec::new()) };
        let positions = prompts.first().map_or(1, |prompt| prompt.len());
        let run = |part: &Range<usize>| {
            let mut found: Vec<Vec<Array>> = vec![Vec::new(); wanted.len()];
            let mut hidden = self.embed(&prompts[part.clone()])?;
            let tables = self.model.positions(&hidden);
            for layer in 0..=last {
                let weights = self.layer(layer, cancel)?;
                let mut keep = |inner: Inner, tensor: Tensor<B, 3>| {
                    for (place, _) in wanted.iter().enumerate().filter(|(_, wanted)| **wanted == inner) {
                        let width = inner.width(self.model.config());
                        let values = B::numbers(tensor.clone());
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
            Ok(found)
        };
        let mut all: Vec<Vec<Array>> = vec![Vec::new(); wanted.len()];
        for part in self.run(&self.parts(prompts.len(), positions), run)? {
            all.iter_mut().zip(part).for_each(|(all, part)| all.extend(part));
        }
        Ok(all)
    }

    /// The sums of [`super::Compute::added`].
    pub(super) fn added_by(&self, site: Site, rows: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        let width = self.width_at(site);
        let run = |part: &Range<usize>| {
            let rows = self.rows(&rows[part.start * width..part.end * width], width);
            Ok(B::numbers(self.model.added(&*self.layer(site.layer(), cancel)?, site, rows)))
        };
        Ok(self.run(&self.parts(rows.len() / width, 1), run)?.concat())
    }

    /// The gradients of [`super::Compute::added_back`].
    pub(super) fn added_by_back(&self, site: Site, rows: &[f32], gradient: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        let (width, added) = (self.width_at(site), self.model.config().width);
        let run = |part: &Range<usize>| {
            let rows = self.rows(&rows[part.start * width..part.end * width], width);
            let gradient = self.rows(&gradient[part.start * added..part.end * added], added);
            Ok(B::numbers(self.model.added_back(&*self.layer(site.layer(), cancel)?, site, rows, gradient)))
        };
        Ok(self.run(&self.parts(rows.len() / width, 1), run)?.concat())
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

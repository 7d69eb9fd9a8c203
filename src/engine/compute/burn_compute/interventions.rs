//! Runs with edited outputs, the logits of streams, and gradients of one submodule's output with respect to the outputs before it.

use burn::tensor::Tensor;

use super::{BurnCompute, distribute, download};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::{Array, Trace, zeros};
use crate::engine::cancel::Cancel;
use crate::engine::compute::Edit;
use crate::engine::model::config::Config;
use crate::engine::model::products::Products;
use crate::engine::model::site::Site;

impl<B: Products> BurnCompute<B> {
    /// The runs of [`super::Compute::run_edited`].
    pub(super) fn run_with(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let Config { layers, width, .. } = *self.model.config();
        let positions = streams.first().map_or(1, |stream| stream.len() / width);
        let at_once = (self.tokens_at_once / positions.max(1)).max(1);
        let mut ends = Vec::with_capacity(streams.len());
        for (chunk, streams) in streams.chunks(at_once).enumerate() {
            let sequences = chunk * at_once..chunk * at_once + streams.len();
            let mut hidden = self.upload(streams.concat(), positions);
            let tables = self.model.positions(&hidden);
            if first == 0 && edit.touches(Submodule::EMBEDDING) {
                let mut values = download(hidden);
                edit.apply(Submodule::EMBEDDING, sequences.clone(), &mut values)?;
                hidden = self.upload(values, positions);
            }
            for layer in first..layers {
                let mut outcome = Ok(());
                let mut change = |submodule, output: Tensor<B, 3>| {
                    if outcome.is_err() || !edit.touches(submodule) {
                        return output;
                    }
                    let mut values = download(output);
                    outcome = edit.apply(submodule, sequences.clone(), &mut values);
                    self.upload(values, positions)
                };
                hidden = self.model.run_layer(&*self.layer(layer, cancel)?, hidden, &tables, &mut change);
                outcome?;
            }
            ends.extend(download(hidden).chunks_exact(positions * width).map(<[f32]>::to_vec));
        }
        Ok(ends)
    }

    /// The logits of [`super::Compute::end_logits`].
    pub(super) fn logits_of(&self, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<f32>> {
        let mut logits = Vec::with_capacity(tokens.len() * self.model.config().vocabulary);
        for tokens in tokens.chunks(self.tokens_at_once) {
            cancel.check()?;
            logits.extend(download(self.model.logits(self.upload(tokens.concat(), 1))));
        }
        Ok(logits)
    }

    /// The gradients of [`super::Compute::output_gradients`]: the hand-derived backward pass, started at the output of `later`.
    pub(super) fn gradients_of_output(
        &self,
        later: Submodule,
        prompts: &[&[u32]],
        upstream: &[&[f32]],
        cancel: &Cancel,
    ) -> Result<Vec<Array>> {
        let Config { layers, width, .. } = *self.model.config();
        let positions = prompts.first().map_or(1, |prompt| prompt.len());
        let length = Trace::parts(layers) * positions * width;
        let mut found: Vec<Array> = prompts.iter().map(|_| zeros(length)).collect();
        if later == Submodule::EMBEDDING {
            return Ok(found);
        }
        let at_once = (self.tokens_at_once / positions.max(1)).max(1);
        let chunks = prompts.chunks(at_once).zip(upstream.chunks(at_once)).zip(found.chunks_mut(at_once));
        for ((prompts, upstream), found) in chunks {
            let mut hidden = self.embed(prompts);
            let tables = self.model.positions(&hidden);
            let mut kept = Vec::new();
            for layer in 0..=later.layer.0 {
                let (leaving, values) = self.model.layer_forward(&*self.layer(layer, cancel)?, hidden, &tables, false);
                hidden = leaving;
                kept.push(values);
            }
            let mut gradient = self.upload(upstream.concat(), positions);
            let mut output = later;
            for kept in kept.iter().rev() {
                let weights = self.layer(output.layer.0, cancel)?;
                let mut keep = |submodule: Submodule, gradient: &Tensor<B, 3>| {
                    // What is differentiated has no gradient with respect to itself here.
                    if submodule != later {
                        distribute(gradient.clone(), Trace::part(submodule, layers), found);
                    }
                };
                if output.kind == SubmoduleKind::Residual {
                    keep(output, &gradient);
                }
                let mut of_outputs = |site, gradient: &Tensor<B, 3>| {
                    if let Site::Output(submodule) = site {
                        keep(submodule, gradient);
                    }
                };
                gradient = self.model.output_backward(&weights, output.kind, gradient, kept, &tables, &mut of_outputs);
                output = Submodule::new(SubmoduleKind::Residual, output.layer.0.saturating_sub(1));
            }
            distribute(gradient, Trace::part(Submodule::EMBEDDING, layers), found);
        }
        Ok(found)
    }
}

//! Runs with edited outputs, the logits of streams, and gradients of one submodule's output with respect to the outputs before it.

use burn::backend::Autodiff;
use burn::module::{AutodiffModule, Module};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::{BurnCompute, distribute, download};
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::activation::{Array, Trace, zeros};
use crate::engine::cancel::Cancel;
use crate::engine::compute::Edit;
use crate::engine::model::config::Config;
use crate::engine::model::transformer::Transformer;

impl<B: Backend> BurnCompute<B> {
    /// The runs of [`super::Compute::run_edited`].
    pub(super) fn run_with(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let Config { layers, width, .. } = *self.model.config();
        let positions = streams.first().map_or(1, |stream| stream.len() / width);
        let at_once = (self.extent.tokens / positions.max(1)).max(1);
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
                cancel.check()?;
                let mut outcome = Ok(());
                let mut change = |submodule, output: Tensor<B, 3>| {
                    if outcome.is_err() || !edit.touches(submodule) {
                        return output;
                    }
                    let mut values = download(output);
                    outcome = edit.apply(submodule, sequences.clone(), &mut values);
                    self.upload(values, positions)
                };
                hidden = self.model.run_layer(layer, hidden, &tables, &mut change);
                outcome?;
            }
            ends.extend(download(hidden).chunks_exact(positions * width).map(<[f32]>::to_vec));
        }
        Ok(ends)
    }

    /// The logits of [`super::Compute::end_logits`].
    pub(super) fn logits_of(&self, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<f32>> {
        let mut logits = Vec::with_capacity(tokens.len() * self.model.config().vocabulary);
        for tokens in tokens.chunks(self.extent.tokens) {
            cancel.check()?;
            logits.extend(download(self.model.logits(self.upload(tokens.concat(), 1))));
        }
        Ok(logits)
    }

    /// The gradients of [`super::Compute::output_gradients`], by automatic differentiation through [`Transformer::run_layer`]: a zero that is
    /// added to each output has that output's gradient.
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
        // Weights are shared with the model, not copied.
        let model = Transformer::<Autodiff<B>>::from_inner(self.model.clone()).no_grad();
        let at_once = (self.extent.tokens / positions.max(1)).max(1);
        let chunks = prompts.chunks(at_once).zip(upstream.chunks(at_once)).zip(found.chunks_mut(at_once));
        for ((prompts, upstream), found) in chunks {
            let mut hidden = Tensor::<Autodiff<B>, 3>::from_inner(self.embed(prompts));
            let tables = model.positions(&hidden);
            let entering = hidden.zeros_like().require_grad();
            hidden = hidden + entering.clone();
            let (mut leaves, mut target) = (vec![(Submodule::EMBEDDING, entering)], None);
            for layer in 0..=later.layer.0 {
                cancel.check()?;
                let mut watch = |submodule, output: Tensor<Autodiff<B>, 3>| {
                    if submodule == later {
                        target = Some(output.clone());
                        return output;
                    }
                    let leaf = output.zeros_like().require_grad();
                    leaves.push((submodule, leaf.clone()));
                    output + leaf
                };
                hidden = model.run_layer(layer, hidden, &tables, &mut watch);
            }
            let Some(target) = target else { continue };
            let upstream = Tensor::from_inner(self.upload(upstream.concat(), positions));
            let gradients = (target * upstream).sum().backward();
            for (submodule, leaf) in leaves {
                if let Some(gradient) = leaf.grad(&gradients) {
                    distribute(gradient, Trace::part(submodule, layers), found);
                }
            }
        }
        Ok(found)
    }
}

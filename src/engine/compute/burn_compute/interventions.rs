//! Runs with edited outputs, the logits of streams, and gradients of one submodule's output with respect to the outputs before it.

use std::ops::Range;

use burn::tensor::Tensor;

use super::{BurnCompute, distribute};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::{Array, Trace, zeros};
use crate::engine::cancel::Cancel;
use crate::engine::compute::Edit;
use crate::engine::model::config::Config;
use crate::engine::model::operations::Operations;
use crate::engine::model::site::Site;

impl<B: Operations> BurnCompute<B> {
    /// The runs of [`super::Compute::run_edited`].
    pub(super) fn run_with(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let Config { layers, width, .. } = *self.model.config();
        let positions = streams.first().map_or(1, |stream| stream.len() / width);
        let run = |sequences: &Range<usize>| {
            let mut values = streams[sequences.clone()].concat();
            if first == 0 && edit.touches(Submodule::EMBEDDING) {
                edit.apply(Submodule::EMBEDDING, sequences.clone(), &mut values)?;
            }
            let mut hidden = self.upload(values, positions);
            let tables = self.model.positions(&hidden);
            for layer in first..layers {
                let mut outcome = Ok(());
                let mut change = |submodule, output: Tensor<B, 3>| {
                    if outcome.is_err() || !edit.touches(submodule) {
                        return output;
                    }
                    let mut values = B::numbers(output);
                    outcome = edit.apply(submodule, sequences.clone(), &mut values);
                    self.upload(values, positions)
                };
                hidden = self.model.run_layer(&*self.layer(layer, cancel)?, hidden, &tables, &mut change);
                outcome?;
            }
            Ok(B::numbers(hidden).chunks_exact(positions * width).map(<[f32]>::to_vec).collect::<Vec<_>>())
        };
        let parts = self.parts(streams.len(), positions);
        let ends = if self.layers.are_kept() {
            self.division.run(&parts, run)?
        } else {
            // An edit may wait for other threads while it holds the layer: if these needed another one, none would ever go on.
            parts.iter().map(run).collect::<Result<_>>()?
        };
        Ok(ends.into_iter().flatten().collect())
    }

    /// The logits of [`super::Compute::end_logits`].
    pub(super) fn logits_of(&self, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<f32>> {
        let mut logits = Vec::with_capacity(tokens.len() * self.model.config().vocabulary);
        for tokens in tokens.chunks(self.division.sequences(1)) {
            logits.extend(self.logits(self.upload(tokens.concat(), 1), cancel)?);
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
        if later == Submodule::EMBEDDING {
            return Ok(prompts.iter().map(|_| zeros(length)).collect());
        }
        let run = |part: &Range<usize>| {
            let mut found: Vec<Array> = part.clone().map(|_| zeros(length)).collect();
            let mut hidden = self.embed(&prompts[part.clone()])?;
            let tables = self.model.positions(&hidden);
            let mut kept = Vec::new();
            for layer in 0..=later.layer.0 {
                let (leaving, values) = self.model.layer_forward(&*self.layer(layer, cancel)?, hidden, &tables, false);
                hidden = leaving;
                kept.push(values);
            }
            let mut gradient = self.upload(upstream[part.clone()].concat(), positions);
            let mut output = later;
            for kept in kept.iter().rev() {
                let weights = self.layer(output.layer.0, cancel)?;
                let mut keep = |submodule: Submodule, gradient: &Tensor<B, 3>| {
                    // What is differentiated has no gradient with respect to itself here.
                    if submodule != later {
                        distribute(gradient.clone(), Trace::part(submodule, layers), &mut found);
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
            distribute(gradient, Trace::part(Submodule::EMBEDDING, layers), &mut found);
            Ok(found)
        };
        Ok(self.run(&self.parts(prompts.len(), positions), run)?.into_iter().flatten().collect())
    }
}

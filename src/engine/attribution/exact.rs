//! Exact effects: the metric of the clean run with one feature at one token set to its patch value, minus the clean metric.

use super::{Side, TokenEffects};
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Compute, TOKENS_AT_ONCE};
use crate::engine::dictionary::codes::{Change, DecoderRows};

/// What stays the same over a batch at one submodule.
pub struct Job<'a> {
    /// The model.
    pub compute: &'a dyn Compute,
    /// The submodule that is changed.
    pub submodule: Submodule,
    /// One per example.
    pub answers: &'a [Answers],
    /// The metric of each clean run.
    pub clean_metrics: &'a [f32],
}

/// One forward pass: what is changed at which token.
#[derive(Clone, Copy)]
enum Target {
    Feature(Change),
    /// The whole error vector.
    Error,
}

impl Job<'_> {
    /// The effects at every token of a batch, one entry per example and position.
    pub fn effects(&self, clean: Side<'_>, patch: Side<'_>, decoder: &DecoderRows, cancel: &Cancel) -> Result<Vec<TokenEffects>> {
        let output = clean.trace.output(self.submodule);
        let changes: Vec<Vec<Change>> = (0..output.rows().len()).map(|row| clean.codes.changes(patch.codes, row)).collect();
        let passes: Vec<(usize, Target)> = changes
            .iter()
            .enumerate()
            .filter(|(row, changes)| {
                let differs = !changes.is_empty() || clean.error.row(*row) != patch.error.row(*row);
                differs && self.reaches_the_metric(output, *row)
            })
            .flat_map(|(row, changes)| {
                changes.iter().map(move |change| (row, Target::Feature(*change))).chain([(row, Target::Error)])
            })
            .collect();
        let mut effects: Vec<TokenEffects> = changes
            .into_iter()
            .map(|changes| TokenEffects {
                features: changes.into_iter().map(|change| (change, 0.0)).collect(),
                error: 0.0,
                gradient_dot_change: None,
            })
            .collect();
        // Passes come in the order of the features at each token, so each result belongs to the next feature.
        let mut next = vec![0; effects.len()];
        for passes in passes.chunks((TOKENS_AT_ONCE / output.positions).max(1)) {
            let found = self.run(passes, output, clean, patch, decoder, cancel)?;
            for ((row, target), effect) in passes.iter().zip(found) {
                match target {
                    Target::Feature(_) => {
                        effects[*row].features[next[*row]].1 = effect;
                        next[*row] += 1;
                    }
                    Target::Error => effects[*row].error = effect,
                }
            }
        }
        Ok(effects)
    }

    /// At the last layer only the last position is read: what happens elsewhere has an effect of exactly 0.
    fn reaches_the_metric(&self, output: &Activation, row: usize) -> bool {
        self.submodule.layer.0 + 1 < self.compute.config().layers || row % output.positions + 1 == output.positions
    }

    fn run(
        &self,
        passes: &[(usize, Target)],
        output: &Activation,
        clean: Side<'_>,
        patch: Side<'_>,
        decoder: &DecoderRows,
        cancel: &Cancel,
    ) -> Result<Vec<f32>> {
        let (positions, width) = (output.positions, output.width);
        let examples: Vec<usize> = passes.iter().map(|(row, _)| row / positions).collect();
        let mut values = Vec::with_capacity(passes.len() * positions * width);
        for ((row, target), example) in passes.iter().zip(&examples) {
            let start = values.len() + (row % positions) * width;
            values.extend_from_slice(&output.values[example * positions * width..(example + 1) * positions * width]);
            let moved = &mut values[start..start + width];
            match target {
                Target::Feature(change) => {
                    let step = change.patch - change.clean;
                    moved.iter_mut().zip(decoder.row(change.feature)).for_each(|(value, weight)| *value += step * weight);
                }
                Target::Error => {
                    let step = patch.error.row(*row).iter().zip(clean.error.row(*row));
                    moved.iter_mut().zip(step).for_each(|(value, (patch, clean))| *value += patch - clean);
                }
            }
        }
        let moved = Activation::new(values, [passes.len(), positions, width]);
        let metrics = self.compute.moved_metrics(clean.trace, self.submodule, &moved, &examples, self.answers, cancel)?;
        Ok(metrics.iter().zip(&examples).map(|(metric, example)| metric - self.clean_metrics[*example]).collect())
    }
}

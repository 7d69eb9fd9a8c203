//! Whole runs: every submodule's output, every submodule's gradient, and the metric of streams that enter at any entry.

use std::sync::Arc;

use rayon::prelude::*;

use super::attention::Shape;
use super::layer::{Kept, Pass, Scratch, spread_last};
use super::metric::Direction;
use super::rotary::Rotary;
use super::split::evenly;
use super::walk::Walk;
use super::{NativeCompute, TOKENS_PER_TASK};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::{Array, Trace, zeros};
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Entry, Start, grouped};

/// Writes `values`, which a task computed for all its sequences, into block `part` of each sequence's array.
fn distribute(values: &[f32], part: usize, arrays: &mut [Array]) {
    let size = values.len() / arrays.len();
    for (values, array) in values.chunks_exact(size).zip(arrays) {
        Arc::make_mut(array)[part * size..(part + 1) * size].copy_from_slice(values);
    }
}

impl NativeCompute {
    /// The residual stream that enters layer 0, `[prompts, positions, width]`.
    pub(super) fn embed(&self, prompts: &[&[u32]]) -> Result<Vec<f32>> {
        let width = self.config.width;
        let mut embedded = vec![0.0; prompts.iter().map(|prompt| prompt.len()).sum::<usize>() * width];
        let tokens = prompts.iter().flat_map(|prompt| prompt.iter());
        for (token, row) in tokens.zip(embedded.chunks_exact_mut(width)) {
            self.weights.embed_in.read_row(*token as usize, row)?;
        }
        Ok(embedded)
    }

    /// `items` of `positions` tokens each, split into tasks of at most [`TOKENS_PER_TASK`] tokens.
    fn tasks<T>(items: &[T], positions: usize) -> Vec<&[T]> {
        evenly(items.len(), TOKENS_PER_TASK / positions.max(1)).into_iter().map(|range| &items[range]).collect()
    }

    pub(super) fn run_plainly(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Trace>> {
        let (config, positions) = (&self.config, prompts.first().map_or(0, |prompt| prompt.len()));
        let rotary = Rotary::new(config, positions);
        let run = |prompts: &&[&[u32]]| {
            let length = Trace::parts(config.layers) * positions * config.width;
            let mut arrays: Vec<Array> = prompts.iter().map(|_| zeros(length)).collect();
            let mut hidden = self.embed(prompts)?;
            distribute(&hidden, 0, &mut arrays);
            let (mut kept, mut scratch) = (Kept::default(), Scratch::default());
            let shape =
                Shape { sequences: prompts.len(), positions, last: false, heads: config.heads, head_width: config.head_width };
            for index in 0..config.layers {
                let layer = &*self.layer(index, cancel)?;
                let mut keep = |kind, output: &mut [f32]| {
                    distribute(output, Trace::part(Submodule::new(kind, index), config.layers), &mut arrays);
                };
                Pass { config, layer, rotary: &rotary, shape }.forward(&mut hidden, &mut kept, &mut scratch, &mut keep);
                keep(SubmoduleKind::Residual, &mut hidden);
            }
            Ok(arrays)
        };
        let parts: Vec<Vec<Array>> = Self::tasks(prompts, positions).par_iter().map(run).collect::<Result<_>>()?;
        Ok(parts.into_iter().flatten().map(|values| Trace::new(values, config.layers)).collect())
    }

    pub(super) fn logits(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<f32>> {
        let traces = self.run_plainly(prompts, cancel)?;
        let end = Entry::end(&self.config);
        let last: Vec<&[f32]> =
            traces.iter().map(|trace| end.reaching(trace.entering(self.config.layers), &self.config)).collect();
        self.logits_of(&last)
    }

    pub(super) fn gradients_at(&self, starts: &[Start<'_>], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        let positions = starts.first().map_or(0, |start| start.prompt.len());
        let rotary = Rotary::new(&self.config, positions);
        let walk = Walk { compute: self, rotary: &rotary, entry: Entry::Layer(0), positions, cancel };
        let groups = grouped(starts, |start| start.metrics.len());
        let tasks: Vec<&[usize]> = groups.iter().flat_map(|group| Self::tasks(group, positions)).collect();
        let parts: Vec<Vec<Vec<Array>>> = tasks.par_iter().map(|places| walk.gradients(places, starts)).collect::<Result<_>>()?;
        let mut found: Vec<Vec<Array>> = vec![Vec::new(); starts.len()];
        for (places, metrics) in tasks.iter().zip(parts) {
            for arrays in metrics {
                places.iter().zip(arrays).for_each(|(place, array)| found[*place].push(array));
            }
        }
        Ok(found)
    }

    pub(super) fn metrics_from(
        &self,
        entry: Entry,
        streams: &[&[f32]],
        answers: &[Answers],
        cancel: &Cancel,
    ) -> Result<Vec<f32>> {
        let positions = streams.first().map_or(1, |stream| stream.len() / self.config.width);
        let rotary = Rotary::new(&self.config, positions);
        let walk = Walk { compute: self, rotary: &rotary, entry, positions, cancel };
        let sequences: Vec<(&[f32], Answers)> = streams.iter().copied().zip(answers.iter().copied()).collect();
        let run = |sequences: &&[(&[f32], Answers)]| {
            let answers: Vec<Answers> = sequences.iter().map(|(_, answers)| *answers).collect();
            let directions = self.directions(&answers)?;
            self.with_workspace(|workspace| {
                workspace.hidden.clear();
                sequences.iter().for_each(|(stream, _)| workspace.hidden.extend_from_slice(stream));
                walk.forward(workspace)?;
                Ok(walk.metrics(workspace, &directions).to_vec())
            })
        };
        let parts: Vec<Vec<f32>> = Self::tasks(&sequences, positions).par_iter().map(run).collect::<Result<_>>()?;
        Ok(parts.concat())
    }
}

impl Walk<'_> {
    /// For each metric of the starts at `places`, which have equally many metrics, one array per start.
    fn gradients(&self, places: &[usize], starts: &[Start<'_>]) -> Result<Vec<Vec<Array>>> {
        let config = &self.compute.config;
        let starts: Vec<&Start<'_>> = places.iter().map(|place| &starts[*place]).collect();
        let prompts: Vec<&[u32]> = starts.iter().map(|start| start.prompt).collect();
        let directions: Vec<Vec<Direction>> =
            starts.iter().map(|start| self.compute.directions(&start.metrics)).collect::<Result<_>>()?;
        self.compute.with_workspace(|workspace| {
            workspace.hidden = self.compute.embed(&prompts)?;
            self.forward(workspace)?;
            let metrics = 0..starts.first().map_or(0, |start| start.metrics.len());
            metrics
                .map(|metric| {
                    let directions: Vec<&Direction> = directions.iter().map(|directions| &directions[metric]).collect();
                    let length = Trace::parts(config.layers) * self.positions * config.width;
                    let mut arrays: Vec<Array> = starts.iter().map(|_| zeros(length)).collect();
                    self.backward(workspace, &directions, &mut |submodule, gradient| {
                        let mut gradient = gradient.to_vec();
                        if submodule.layer.0 + 1 == config.layers {
                            spread_last(&mut gradient, self.positions, config.width);
                        }
                        distribute(&gradient, Trace::part(submodule, config.layers), &mut arrays);
                    })?;
                    distribute(&workspace.gradient, Trace::part(Submodule::EMBEDDING, config.layers), &mut arrays);
                    Ok(arrays)
                })
                .collect()
        })
    }
}

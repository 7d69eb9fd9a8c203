//! Whole runs: every submodule's output, the metric, every submodule's gradient, and runs with one output replaced.

use std::ops::Range;

use rayon::prelude::*;

use super::attention::Shape;
use super::layer::{Kept, Pass, Scratch, spread_last};
use super::metric::Direction;
use super::rotary::Rotary;
use super::split::evenly;
use super::vector::normalise;
use super::walk::{Entry, Walk};
use super::{NativeCompute, TOKENS_PER_TASK};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::{Activation, dot};
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Trace};

impl NativeCompute {
    /// The residual stream that enters layer 0.
    fn embed(&self, prompts: &[&[u32]]) -> Result<Vec<f32>> {
        let width = self.config.width;
        let mut embedded = vec![0.0; prompts.iter().map(|prompt| prompt.len()).sum::<usize>() * width];
        let tokens = prompts.iter().flat_map(|prompt| prompt.iter());
        for (token, row) in tokens.zip(embedded.chunks_exact_mut(width)) {
            self.weights.embed_in.read_row(*token as usize, row)?;
        }
        Ok(embedded)
    }

    /// Examples in tasks of [`TOKENS_PER_TASK`].
    fn tasks(examples: usize, positions: usize) -> Vec<Range<usize>> {
        evenly(examples, TOKENS_PER_TASK / positions.max(1))
    }

    pub(super) fn trace_all(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Trace> {
        let (config, positions) = (&self.config, prompts.first().map_or(0, |prompt| prompt.len()));
        let rotary = Rotary::new(config, positions);
        let run = |examples: &Range<usize>| {
            let embedding = self.embed(&prompts[examples.clone()])?;
            let mut hidden = embedding.clone();
            let (mut kept, mut scratch) = (Kept::default(), Scratch::default());
            let shape =
                Shape { sequences: examples.len(), positions, last: false, heads: config.heads, head_width: config.head_width() };
            let mut outputs = vec![Vec::new(); 3 * config.layers];
            for (index, layer) in self.weights.layers.iter().enumerate() {
                cancel.check()?;
                let mut keep =
                    |kind, output: &[f32]| outputs[Submodule::new(kind, index).ordinal(config.layers)] = output.to_vec();
                Pass { config, layer, rotary: &rotary, shape }.forward(&mut hidden, &mut kept, &mut scratch, &mut keep);
                keep(SubmoduleKind::Residual, &hidden);
            }
            outputs.push(embedding);
            Ok(outputs)
        };
        let parts: Vec<Vec<Vec<f32>>> = Self::tasks(prompts.len(), positions).par_iter().map(run).collect::<Result<_>>()?;
        let shape = [prompts.len(), positions, config.width];
        let mut submodules: Vec<Activation> = (0..=3 * config.layers)
            .map(|ordinal| Activation::new(parts.iter().flat_map(|part| &part[ordinal]).copied().collect(), shape))
            .collect();
        let embedding = submodules.remove(3 * config.layers);
        Ok(Trace { embedding, submodules, layers: config.layers })
    }

    /// The last position of every example of a run after the final layer norm without its scale and shift, `[examples, width]`.
    fn final_normal(&self, trace: &Trace) -> Vec<f32> {
        let last = trace.output(Submodule::new(SubmoduleKind::Residual, trace.layers - 1));
        let rows: Vec<f32> = (0..last.examples).flat_map(|example| last.at(example, last.positions - 1)).copied().collect();
        let mut normal = vec![0.0; rows.len()];
        normalise(&rows, self.config.width, self.config.layer_norm_epsilon as f32, &mut normal, &mut vec![0.0; last.examples]);
        normal
    }

    pub(super) fn metrics_of(&self, trace: &Trace, answers: &[Answers]) -> Vec<f32> {
        let normal = self.final_normal(trace);
        let pairs = normal.chunks_exact(self.config.width).zip(self.directions(answers));
        pairs.map(|(normal, direction)| dot(normal, &direction.folded) + direction.shift).collect()
    }

    pub(super) fn logits(&self, prompts: &[&[u32]]) -> Vec<f32> {
        let Ok(trace) = self.trace_all(prompts, &Cancel::default()) else { unreachable!("the embedding was read before") };
        let [scale, shift] = &self.weights.final_norm;
        let mut last = self.final_normal(&trace);
        for row in last.chunks_exact_mut(self.config.width) {
            row.iter_mut().zip(scale).zip(shift).for_each(|((value, scale), shift)| *value = *value * scale + shift);
        }
        let mut logits = vec![0.0; prompts.len() * self.config.vocabulary];
        for token in 0..self.config.vocabulary {
            let row = self.unembedding(token as u32);
            for (example, last) in last.chunks_exact(self.config.width).enumerate() {
                logits[example * self.config.vocabulary + token] = dot(last, &row);
            }
        }
        logits
    }

    /// Per metric and submodule the gradient in the plain run of the prompts.
    pub(super) fn plain_gradients(
        &self,
        prompts: &[&[u32]],
        metrics: &[Vec<Direction>],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Activation>>> {
        let (config, positions) = (&self.config, prompts.first().map_or(0, |prompt| prompt.len()));
        let rotary = Rotary::new(config, positions);
        let walk = Walk { compute: self, rotary: &rotary, entry: Entry::Layer(0), positions, cancel };
        let run = |examples: &Range<usize>| {
            self.with_workspace(|workspace| {
                workspace.hidden = self.embed(&prompts[examples.clone()])?;
                walk.forward(workspace)?;
                let mut found = Vec::with_capacity(metrics.len());
                for directions in metrics {
                    let directions: Vec<&Direction> = directions[examples.clone()].iter().collect();
                    let mut gradients = vec![Vec::new(); 3 * config.layers];
                    walk.backward(workspace, &directions, &mut |submodule, gradient| {
                        let mut gradient = gradient.to_vec();
                        if submodule.layer.0 + 1 == config.layers {
                            spread_last(&mut gradient, positions, config.width);
                        }
                        gradients[submodule.ordinal(config.layers)] = gradient;
                    })?;
                    found.push(gradients);
                }
                Ok(found)
            })
        };
        let parts: Vec<Vec<Vec<Vec<f32>>>> = Self::tasks(prompts.len(), positions).par_iter().map(run).collect::<Result<_>>()?;
        let shape = [prompts.len(), positions, config.width];
        let joined = |metric: usize, ordinal: usize| {
            Activation::new(parts.iter().flat_map(|part| &part[metric][ordinal]).copied().collect(), shape)
        };
        Ok((0..metrics.len()).map(|metric| (0..3 * config.layers).map(|ordinal| joined(metric, ordinal)).collect()).collect())
    }

    pub(super) fn metrics_when_moved(
        &self,
        base: &Trace,
        submodule: Submodule,
        moved: &Activation,
        rows: &[usize],
        directions: &[Direction],
        cancel: &Cancel,
    ) -> Result<Vec<f32>> {
        let rotary = Rotary::new(&self.config, moved.positions);
        let entry = Entry::after(submodule, self.config.parallel_residual);
        let walk = Walk { compute: self, rotary: &rotary, entry, positions: moved.positions, cancel };
        let clean = base.output(submodule);
        let run = |part: &Range<usize>| {
            self.with_workspace(|workspace| {
                workspace.hidden.clear();
                for index in part.clone() {
                    if submodule.kind == SubmoduleKind::Residual {
                        workspace.hidden.extend_from_slice(moved.example(index));
                        continue;
                    }
                    let start = workspace.hidden.len();
                    entry.append_stream(base, rows[index], &mut workspace.hidden);
                    let change = clean.example(rows[index]).iter().zip(moved.example(index));
                    for (value, (clean, moved)) in workspace.hidden[start..].iter_mut().zip(change) {
                        *value += moved - clean;
                    }
                }
                walk.forward(workspace)?;
                let directions: Vec<&Direction> = part.clone().map(|index| &directions[rows[index]]).collect();
                Ok(walk.metrics(workspace, &directions).to_vec())
            })
        };
        let parts: Vec<Vec<f32>> = Self::tasks(moved.examples, moved.positions).par_iter().map(run).collect::<Result<_>>()?;
        Ok(parts.concat())
    }
}

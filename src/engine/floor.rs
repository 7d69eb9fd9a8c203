//! The least arithmetic that a study takes: the multiply-adds that remain after everything is shared that can be.
//!
//! Everything else (layer norms, activation functions, softmax, scanning codes, sparse sums) is linear in what the products read
//! and write, and is not counted. One multiply-add is two floating point operations. With `d` the width, `m` the width of the
//! MLP, `n` the features of a dictionary, `p` the tokens of a prompt, `L` the layers:
//!
//! | what | multiply-adds |
//! |---|---|
//! | a layer, forward | its weights a token (`4 d^2 + 2 d m` in GPT-NeoX: query, key, value, dense; MLP), plus twice the width of all heads for each token and each one it sees |
//! | a layer, backward | as many for the linear layers, twice as many between tokens; frozen weights need no gradients |
//! | the last layer | only the last position goes on: `2 d^2` for each token's key and value, the rest for one token a prompt |
//! | an encoder | `d n` for each different prefix, since a causal model computes the same for the same text |
//!
//! A study then takes:
//! - **plain runs**: each prompt of a batch forward through all layers, and one backward pass for each start and metric, which gives the
//!   gradients at the start of the segment for *all* submodules at once, down to the lowest of them; rules of quadrature that do not
//!   take the start need no gradient there.
//! - **paths**: for each submodule *that has a dictionary* the points between the ends, `steps - 1` of a Riemann sum and `steps` of other
//!   rules, from its entry up: through the layers above it, and in sequential layers from attention through the MLP of its own layer, too. The
//!   metric reads two rows of `embed_out`, folded into one direction for each example, so no product with the whole vocabulary is needed.
//!   - Views that start from the same prompts and differ only in the metric (a baseline): one forward pass, and one backward
//!     pass for each view.
//!   - A reversed view goes in the other direction. For `resid_i` and `embed` it passes the same points with the negative metric, so that 11
//!     points serve both views: nothing is left to do. That does *not* hold for `attn_i` and `mlp_i`: there the rest of the
//!     stream is that of the view's own start, and the view needs its own forward and backward passes.
//!   - Heads that are projected by no more than a matrix take the path of their attention's output. Other activations inside of a block
//!     take at least as much as its output does; the way through the block is not counted.
//! - **encoders**: each dictionary once for all prefixes. Decoders cost only a few rows.
//!
//! For pythia-70m's size, 50 pairs of 3 tokens of which 250 prefixes differ, 10 steps and three views this gives 24 GF of plain
//! runs, 1,351 GF of paths and 151 GF of encoders (tested below): the paths are nine tenths of it. The paths of the six residual
//! outputs alone are 312 GF.
//!
//! The backends compute this, except for the plain runs, which it takes forward twice and back through layer 0 too: one
//! hundredth of the whole. The tests count what a study asks of a backend, token by token, and find this. A search for ways below this
//! floor found one with the same result: tokens that both prompts begin with do not move, and are counted here since they are computed.
//! All others move, and the points are needed one by one, since the model is not linear along the path. A better rule of
//! quadrature has another result: fewer points of it come closer to the integral.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

use crate::core::quadrature::Quadrature;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::attribution::{Batch, prefixes};
use crate::engine::compute::{Entry, Inner};
use crate::engine::model::config::Config;

/// Multiply-adds of each part of a study.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Floor {
    /// Multiply-adds of plain runs, forward and backward.
    pub plain: f64,
    /// Multiply-adds of the points between the ends of segments, forward and backward.
    pub paths: f64,
    /// Multiply-adds of the encoders.
    pub encoders: f64,
}

impl Floor {
    /// The floor of integrated gradients by `quadrature` over `batches`; `dictionaries` are the submodules that have one, each with the
    /// number of weights of its encoder.
    pub fn of(config: &Config, dictionaries: &[(Submodule, usize)], batches: &[Batch<'_>], quadrature: Quadrature) -> Self {
        let encoders: f64 = dictionaries.iter().map(|(_, weights)| *weights as f64).sum();
        let encoders = prefixes(batches) as f64 * encoders;
        let moved: BTreeSet<Submodule> = dictionaries.iter().map(|(submodule, _)| moved(*submodule, config)).collect();
        batches.iter().fold(Self { encoders, ..Self::default() }, |sum, batch| {
            let (plain, paths) = Self::of_batch(config, &moved, batch, quadrature);
            Self { plain: sum.plain + plain, paths: sum.paths + paths, ..sum }
        })
    }

    /// Multiply-adds of all parts.
    pub fn multiply_adds(self) -> f64 {
        self.plain + self.paths + self.encoders
    }

    /// Floating point operations of all parts, two per multiply-add.
    pub fn operations(self) -> f64 {
        2.0 * self.multiply_adds()
    }

    /// Multiply-adds of plain runs and of paths in a batch, where the outputs of `moved` are.
    fn of_batch(config: &Config, moved: &BTreeSet<Submodule>, batch: &Batch<'_>, quadrature: Quadrature) -> (f64, f64) {
        let passes = Passes::of(batch);
        let sequence = Sequence { config, positions: batch.positions as f64 };
        let (mut lowest, mut paths) = (0.0_f64, 0.0);
        for submodule in moved {
            let (forward, backward) = sequence.above(Entry::after(*submodule, config));
            let Ways { segments, gradients } = passes.ways(submodule.kind);
            paths += segments * forward + gradients * backward;
            lowest = lowest.max(backward);
        }
        // Outputs of the last layer are read at every position, though gradients at its output are not.
        let forward = config.layers as f64 * sequence.layer().0;
        let starts = if quadrature.takes_start() { passes.starts * lowest } else { 0.0 };
        (passes.prompts * forward + starts, quadrature.between() as f64 * paths)
    }
}

/// The submodule that is moved where the activation at `submodule` is.
fn moved(submodule: Submodule, config: &Config) -> Submodule {
    Inner::of(submodule).filter(|inner| inner.is_affine(config)).map_or(submodule, Inner::output)
}

/// How many passes through the model a batch needs: what is asked for twice is computed once.
struct Passes {
    /// Different prompts.
    prompts: f64,
    /// Different metrics of different prompts that views start from.
    starts: f64,
    /// Where the segment from one end is not that from the other.
    one_way: Ways,
    /// Where both are one.
    both_ways: Ways,
}

/// How many passes each point of a segment needs.
#[derive(Clone, Copy)]
struct Ways {
    /// Different segments: one forward pass for each.
    segments: f64,
    /// Different metrics of different segments: one backward pass for each.
    gradients: f64,
}

impl Passes {
    fn of(batch: &Batch<'_>) -> Self {
        let routes = batch.views.iter().flat_map(|view| {
            let pairs = batch.clean.iter().zip(&batch.patch).zip(&view.answers);
            pairs.map(|((clean, patch), answers)| {
                let (start, end) = view.direction.orient(*clean, *patch);
                // Exchanged answers have the negative gradient.
                ([start, end], [answers.clean.min(answers.patch), answers.clean.max(answers.patch)])
            })
        });
        let one_way: Vec<_> = routes.collect();
        let both_ways: Vec<_> = one_way.iter().map(|([start, end], metric)| ([start.min(end), start.max(end)], metric)).collect();
        Self {
            prompts: different(batch.clean.iter().chain(&batch.patch)),
            starts: different(one_way.iter().map(|([start, _], metric)| (start, metric))),
            one_way: Ways { segments: different(one_way.iter().map(|(ends, _)| ends)), gradients: different(&one_way) },
            both_ways: Ways { segments: different(both_ways.iter().map(|(ends, _)| ends)), gradients: different(&both_ways) },
        }
    }

    /// The passes for a submodule of `kind`.
    fn ways(&self, kind: SubmoduleKind) -> Ways {
        if matches!(kind, SubmoduleKind::Residual | SubmoduleKind::Embedding) { self.both_ways } else { self.one_way }
    }
}

/// How many of `items` differ.
fn different<T: Hash + Eq>(items: impl IntoIterator<Item = T>) -> f64 {
    items.into_iter().collect::<HashSet<T>>().len() as f64
}

/// Multiply-adds of one prompt, as pairs of forward and backward.
struct Sequence<'a> {
    config: &'a Config,
    positions: f64,
}

/// Numbers of weights of a layer.
struct Weights {
    /// Those of queries and of the output projection.
    queries: f64,
    /// Those of keys and values.
    keys_values: f64,
    /// Those of the MLP.
    mlp: f64,
}

impl Weights {
    fn of(config: &Config) -> Self {
        let [width, mlp] = [config.width, config.mlp_width].map(|size| size as f64);
        let of_heads = |heads: usize| 2.0 * width * (heads * config.head_width) as f64;
        let matrices = if config.gated { 3.0 } else { 2.0 };
        Self { queries: of_heads(config.heads), keys_values: of_heads(config.key_value_heads), mlp: matrices * width * mlp }
    }
}

impl Sequence<'_> {
    /// Width of the heads side by side.
    fn heads(&self) -> f64 {
        (self.config.heads * self.config.head_width) as f64
    }

    fn layer(&self) -> (f64, f64) {
        let Weights { queries, keys_values, mlp } = Weights::of(self.config);
        let linear = self.positions * (queries + keys_values + mlp);
        let between = self.positions * (self.positions + 1.0) / 2.0 * 2.0 * self.heads();
        (linear + between, linear + 2.0 * between)
    }

    fn last_layer(&self) -> (f64, f64) {
        let Weights { queries, keys_values, mlp } = Weights::of(self.config);
        let linear = self.positions * keys_values + queries + mlp;
        let between = self.positions * 2.0 * self.heads();
        (linear + between, linear + 2.0 * between)
    }

    /// Multiply-adds from `entry` to the metric.
    fn above(&self, entry: Entry) -> (f64, f64) {
        let whole = self.config.layers - entry.first_layer();
        let (layers, reaching) = match whole.checked_sub(1) {
            Some(before_last) => {
                let (layer, last, before_last) = (self.layer(), self.last_layer(), before_last as f64);
                ((before_last * layer.0 + last.0, before_last * layer.1 + last.1), self.positions)
            }
            None => ((0.0, 0.0), 1.0),
        };
        let half = if matches!(entry, Entry::Mlp(_)) { reaching * Weights::of(self.config).mlp } else { 0.0 };
        (layers.0 + half, layers.1 + half)
    }
}

#[cfg(test)]
#[path = "floor_tests.rs"]
mod tests;

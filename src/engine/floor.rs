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
//! - **plain runs**: both prompts of a pair forward through all layers, and one backward pass for each view, which gives the
//!   gradients at the start of the segment for *all* submodules at once. (Back through layers 1 and up: no gradient below the
//!   outputs of layer 0 is needed; rules of quadrature that do not take the start need no gradient there.)
//! - **paths**: for each submodule the points between the ends, `steps - 1` of a Riemann sum and `steps` of other rules, through the layers *above* it. The metric reads two
//!   rows of `embed_out`, folded into one direction for each example, so no product with the whole vocabulary is needed.
//!   - Views that start from the same prompts and differ only in the metric (a baseline): one forward pass, and one backward
//!     pass for each view.
//!   - A reversed view goes in the other direction. For `resid_i` it passes the same points with the negative metric, so that 11
//!     points serve both views: nothing is left to do. That does *not* hold for `attn_i` and `mlp_i`: there the rest of the
//!     stream is that of the view's own start, and the view needs its own forward and backward passes.
//! - **encoders**: each dictionary once for all prefixes. Decoders cost only a few rows.
//!
//! For pythia-70m's size, 50 pairs of 3 tokens of which 250 prefixes differ, 10 steps and three views this gives 24 GF of plain
//! runs, 1,351 GF of paths and 151 GF of encoders (tested below): the paths are nine tenths of it.
//!
//! The `native` backend computes this, except for the plain runs, which it takes forward twice and back through layer 0 too: one
//! hundredth of the whole. A search for ways below this floor found none with the same result: positions cannot be left out,
//! since all of them move; the points are needed one by one, since the model is not linear along the path. A better rule of
//! quadrature has another result: fewer points of it come closer to the integral.

use std::collections::HashSet;

use crate::core::quadrature::Quadrature;
use crate::core::view::Direction;
use crate::engine::attribution::{Batch, prefixes};
use crate::engine::compute::Answers;
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
    /// The floor of integrated gradients by `quadrature` over `batches`; `features` is the number of features of each
    /// submodule's dictionary.
    pub fn of(config: &Config, features: &[usize], batches: &[Batch<'_>], quadrature: Quadrature) -> Self {
        let encoders = prefixes(batches) as f64 * config.width as f64 * features.iter().sum::<usize>() as f64;
        batches.iter().fold(Self { encoders, ..Self::default() }, |sum, batch| {
            let (plain, paths) = Self::of_batch(config, batch, quadrature);
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

    /// Multiply-adds of plain runs and of paths in a batch.
    fn of_batch(config: &Config, batch: &Batch<'_>, quadrature: Quadrature) -> (f64, f64) {
        let pairs = batch.clean.len() as f64;
        let ways = Ways::of(batch);
        let sequence = Sequence { config, positions: batch.positions as f64 };
        let layers = config.layers;
        let all = |first: usize| sequence.above(first);
        // Outputs of the last layer are read at every position, though gradients at its output are not.
        let forward = layers as f64 * sequence.layer().0;
        let starts = if quadrature.takes_start() { pairs * ways.views * all(1).1 } else { 0.0 };
        let plain = 2.0 * pairs * forward + starts;
        let points = pairs * quadrature.between() as f64;
        let paths = (0..layers).map(|layer| {
            let (forward, backward) = all(layer + 1);
            points * (2.0 * (ways.directions * forward + ways.views * backward) + forward + ways.metrics * backward)
        });
        (plain, paths.sum())
    }
}

/// How many passes through the model each pair of a batch needs.
struct Ways {
    /// Different starts: one forward pass for each at attention and MLP, where residual outputs need one in all.
    directions: f64,
    /// Different metrics, those with exchanged answers counted once: one backward pass for each at residual outputs.
    metrics: f64,
    /// Different metrics of different starts: one backward pass for each at attention and MLP.
    views: f64,
}

impl Ways {
    fn of(batch: &Batch<'_>) -> Self {
        let sorted = |answers: &Answers| [answers.clean.min(answers.patch), answers.clean.max(answers.patch)];
        let metrics: Vec<(Direction, Vec<[u32; 2]>)> =
            batch.views.iter().map(|view| (view.direction, view.answers.iter().map(sorted).collect())).collect();
        Self {
            directions: metrics.iter().map(|(direction, _)| direction).collect::<HashSet<_>>().len() as f64,
            metrics: metrics.iter().map(|(_, metric)| metric).collect::<HashSet<_>>().len() as f64,
            views: metrics.iter().collect::<HashSet<_>>().len() as f64,
        }
    }
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

    /// Multiply-adds from the stream that enters layer `first` to the metric.
    fn above(&self, first: usize) -> (f64, f64) {
        if first >= self.config.layers {
            return (0.0, 0.0);
        }
        let whole = (self.config.layers - 1 - first) as f64;
        let (layer, last) = (self.layer(), self.last_layer());
        (whole * layer.0 + last.0, whole * layer.1 + last.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::attribution::batches;
    use crate::engine::attribution::testing::views;
    use crate::engine::dataset::Example;

    /// 50 pairs of names and verbs of which 250 prefixes differ, as in the published study.
    #[test]
    fn the_published_study() {
        let text = r#"{"model_type": "gpt_neox", "num_hidden_layers": 6, "hidden_size": 512, "num_attention_heads": 8,
            "intermediate_size": 2048, "vocab_size": 50304, "hidden_act": "gelu"}"#;
        let config = Config::parse(text.as_bytes(), "config.json").unwrap();
        let example = |index: u32| Example {
            line: 1,
            clean: vec![index / 2, 100 + index, 99],
            patch: vec![50 + index / 2, 100 + index, 99],
            clean_answer: 7,
            patch_answer: 8,
        };
        let examples: Vec<Example> = (0..50).map(example).collect();
        let baseline: Vec<Example> = examples.iter().map(|example| Example { patch_answer: 9, ..example.clone() }).collect();
        let views = views(&examples, Some(&baseline));
        let whole = batches(&views, 64);
        let floor = Floor::of(&config, &[32768; 18], &whole, Quadrature::riemann(10));
        assert_eq!(whole[0].prefixes(), 250);
        let prefixes = 250.0 * 512.0 * 32768.0 * 18.0;
        assert!((floor.encoders - prefixes).abs() < 1.0);
        // A prefix that one batch encoded is not encoded again in later ones.
        assert!((Floor::of(&config, &[32768; 18], &batches(&views, 7), Quadrature::riemann(10)).encoders - prefixes).abs() < 1.0);
        // By hand: 12.2 layers above the six submodules of a kind, 6,750 tokens forward and 10,800 back, 3.15 million a token
        // and layer.
        let rough = (10.0 + 5.0 * 0.444) * (6750.0 + 10800.0) * 3.146e6;
        assert!((floor.paths / rough - 1.0).abs() < 0.02, "{} and {rough}", floor.paths);
        let giga = [floor.plain, floor.paths, floor.encoders].map(|part| (2e-9 * part).round());
        assert_eq!(giga.map(|count| count as u64), [24, 1351, 151]);
    }
}

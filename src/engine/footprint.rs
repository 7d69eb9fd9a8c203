//! How much memory a study takes, said before it starts and kept to where a limit is given.
//!
//! Counted is what the program holds itself: weights in f32, the arrays of one batch, what a backend keeps for its backward pass, decoder
//! rows, sums and results. Files that are mapped (dictionaries, and weights while they are converted) are not: the system takes their
//! pages back when it needs them. Of a batch it is an upper bound as far as the number of active features is known; where nothing
//! is declared, `ACTIVE` of a token is assumed.

use std::fmt;

use super::activation::Trace;
use super::attribution::{Batch, MOST_PAIR_EFFECTS, ViewInput, batches};
use super::compute::{FEATURES_AT_ONCE, TOKENS_AT_ONCE, TOKENS_PER_TASK};
use super::dictionary::Dictionary;
use super::looks::MOST_TOKENS;
use super::model::config::Config;
use super::model::projection::is_small;
use crate::core::problem::{Problem, Result};
use crate::core::request::Backend;
use crate::core::text::{bytes, counted};

/// Active features of a token where no dictionary declares any: as many as the densest of pythia-70m's have.
const ACTIVE: f64 = 250.0;

/// The program, its tables of remembered codes, and the activations at single tokens that a run keeps.
const FIXED: u64 = 64 << 20;

/// Bytes of an f32.
const F32: u64 = 4;

/// Bytes of the parts of a study.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Most pairs that may be computed together.
    pub size: usize,
    /// Pairs of the largest batch.
    pub pairs: usize,
    /// Layers whose weights stay in memory.
    pub kept: usize,
    /// All layers.
    pub layers: usize,
    /// Weights.
    pub model: u64,
    /// Arrays of one batch.
    pub batch: u64,
    /// Sums and results.
    pub results: u64,
    /// Activations for looks at dictionaries that do not fit; 0 if none is looked at.
    pub looks: u64,
}

impl Footprint {
    /// All parts together, in bytes.
    pub fn sum(self) -> u64 {
        self.model + self.batch + self.results + self.looks + FIXED
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pairs, kept, layers, model, batch, results, looks, .. } = *self;
        write!(formatter, "about {}: weights {}", bytes(self.sum()), bytes(model))?;
        if kept < layers {
            write!(formatter, " ({kept} of {} stay, the others are read for each pass)", counted(layers, "layer"))?;
        }
        write!(formatter, ", batches of up to {} {}, results {}", counted(pairs, "pair"), bytes(batch), bytes(results))?;
        if looks > 0 {
            write!(formatter, ", looks at dictionaries that do not fit {}", bytes(looks))?;
        }
        write!(formatter, ", the program {}", bytes(FIXED))
    }
}

/// What the memory of a study depends on of one dictionary.
#[derive(Debug, Clone, Copy)]
pub struct DictionarySize {
    /// Width of what it reads.
    pub width: usize,
    /// Width of what it writes.
    pub written_width: usize,
    /// Number of features.
    pub features: usize,
    /// Declared active features of a token.
    pub active: Option<f64>,
}

impl From<&Dictionary> for DictionarySize {
    fn from(dictionary: &Dictionary) -> Self {
        let (width, written_width) = (dictionary.width(), dictionary.written_width());
        Self { width, written_width, features: dictionary.features(), active: dictionary.stated().active }
    }
}

impl DictionarySize {
    /// Features that are active at `tokens` different tokens together, at most.
    fn active_at(self, tokens: f64) -> usize {
        ((self.active.unwrap_or(ACTIVE).max(1.0) * tokens) as usize).min(self.features)
    }
}

/// What the memory of a study depends on.
#[derive(Clone, Copy)]
pub struct Needs<'a> {
    /// The model's sizes.
    pub config: &'a Config,
    /// The backend that computes it.
    pub backend: Backend,
    /// The number of computing threads.
    pub threads: usize,
    /// The dictionaries.
    pub dictionaries: &'a [DictionarySize],
    /// What is computed.
    pub views: &'a [ViewInput<'a>],
    /// Points of a path that go through the model together.
    pub points: usize,
    /// Whether dictionaries that do not fit are looked at.
    pub looks: bool,
}

impl Needs<'_> {
    /// The memory that the study takes in batches of at most `size` pairs, and how many layers stay in memory: all, unless that is more
    /// than `limit`. Batches are halved as far as it needs before layers are given up, and no further than it needs afterwards.
    ///
    /// # Errors
    /// When the study takes more than `limit` with one pair at a time and no layer that stays.
    pub fn within(&self, size: usize, limit: Option<u64>) -> Result<Footprint> {
        let (layers, limit) = (self.config.layers, limit.unwrap_or(u64::MAX));
        let whole = self.at(size, layers);
        let halved = |whole: &Footprint| (whole.pairs > 1).then_some(whole.pairs / 2);
        let mut found = Some(whole);
        while let Some(footprint) = found {
            if footprint.sum() <= limit {
                return Ok(footprint);
            }
            found = halved(&footprint).map(|size| self.at(size, layers));
        }
        let mut least = self.at(size, 0);
        while least.sum() > limit {
            let Some(size) = halved(&least) else { return Err(too_large(least.sum(), limit)) };
            least = self.at(size, 0);
        }
        // The last of these always fits: it is the one that was found.
        let fits = |footprint: &Footprint| footprint.sum() <= limit;
        Ok((0..layers).rev().map(|kept| self.at(least.size, kept)).find(fits).unwrap_or(least))
    }

    /// The memory in batches of at most `size` pairs with `kept` layers that stay.
    fn at(&self, size: usize, kept: usize) -> Footprint {
        let batches = batches(self.views, size);
        let pairs = batches.iter().map(|batch| batch.clean.len()).max().unwrap_or(0);
        let batch = batches.iter().map(|batch| self.of_batch(batch, kept)).max().unwrap_or(0);
        Footprint {
            size,
            pairs,
            kept,
            layers: self.config.layers,
            model: self.of_model(kept),
            batch,
            results: self.of_results(&batches),
            looks: if self.looks { self.of_looks(&batches) } else { 0 },
        }
    }

    /// Bytes of the weights, with the parts of a layer that are in memory twice while they are read.
    fn of_model(&self, kept: usize) -> u64 {
        if self.backend != Backend::NdArray {
            return on_burn(self.config, kept);
        }
        // Embedding and unembedding stay in the file. Small models have every matrix and its transpose, in panels; the largest is there
        // once more while it is read.
        let Config { width, context, learned_positions, .. } = *self.config;
        let positions = if learned_positions { context * width } else { 0 };
        let times = if is_small(self.config) { 2 } else { 1 };
        F32 * (positions + times * in_memory(self.config, kept) * self.config.numbers_of_layer() + largest(self.config)) as u64
    }

    /// Bytes of the arrays of `batch`.
    fn of_batch(&self, batch: &Batch<'_>, kept: usize) -> u64 {
        let Config { layers, width, mlp_width, heads, head_width, .. } = *self.config;
        let tokens = batch.clean.len() * batch.positions;
        let outputs = 2 * tokens * (1 + 3 * layers) * width;
        let gradients = batch.views.len() * tokens * 3 * layers * width;
        // What a token leaves in a layer for the backward pass, and what is there beside that of the layer in work, once.
        // Of a softcap the slope, as large as the pattern.
        let patterns = heads * batch.positions * if self.config.attention_softcap.is_some() { 2 } else { 1 };
        let (at_once, left, once) = match self.backend {
            Backend::NdArray => {
                let hidden = mlp_width * if self.config.gated { 4 } else { 1 };
                let left = 6 * width.max(heads * head_width) + hidden + patterns;
                // Each thread has one prompt at least.
                (TOKENS_PER_TASK.max(batch.positions) * self.threads, left, 10 * width + 2 * hidden)
            }
            // As in `compute::extent`.
            _ => (TOKENS_AT_ONCE.max(batch.positions), 20 * width + 6 * mlp_width, 0),
        };
        // The paths of a pair start from both of its prompts.
        let passing = (2 * tokens * self.points).min(at_once);
        // Where layers are read again, each keeps the stream that entered it, and one or two are in work.
        let of_token = if kept == layers { layers * left } else { layers * width + 2 * left };
        let prefixes = batch.prefixes() as f64;
        // The rows of one submodule are there while the next one is encoded.
        let rows = |dictionary: &DictionarySize| dictionary.active_at(prefixes) * dictionary.written_width;
        let others = |dictionary: &DictionarySize| {
            let errors = batch.prefixes() * dictionary.width * 2;
            let block = FEATURES_AT_ONCE.min(dictionary.features) * (dictionary.width + batch.prefixes());
            errors + self.threads * block + dictionary.features
        };
        let rows = self.dictionaries.iter().map(rows).max().unwrap_or(0);
        let others = self.dictionaries.iter().map(others).max().unwrap_or(0);
        F32 * (outputs + gradients + passing * (of_token + once) + rows + others) as u64
    }

    /// Bytes of the activations that looks at dictionaries keep: see [`super::looks`]. The last prompt may go beyond the bound.
    fn of_looks(&self, batches: &[Batch<'_>]) -> u64 {
        let tokens = batches.iter().map(|batch| 2 * batch.clean.len() * batch.positions).sum::<usize>();
        let longest = batches.iter().map(|batch| batch.positions).max().unwrap_or(0);
        let numbers = Trace::parts(self.config.layers) * self.config.width;
        F32 * (tokens.min(MOST_TOKENS + longest) * numbers) as u64
    }

    /// Bytes of the sums and results of all views.
    fn of_results(&self, batches: &[Batch<'_>]) -> u64 {
        let positions = batches.iter().map(|batch| batch.positions).max().unwrap_or(0);
        // A place for every feature; for those that were met, two sums in f64, one for each position, and the results in f32. A study of
        // thousands of prompts meets nearly all.
        let of_feature = 4 + 16 + 8 * positions + 12 + 4 * positions;
        let features: usize = self.dictionaries.iter().map(|dictionary| dictionary.features).sum();
        // Effects in single pairs, while they are collected and as results.
        let in_pair: usize = self.dictionaries.iter().map(|dictionary| dictionary.active_at((2 * positions) as f64)).sum();
        let of_view = |view: &ViewInput<'_>| (view.examples.len() * in_pair).min(MOST_PAIR_EFFECTS) * (12 + 8);
        (self.views.len() * features * of_feature + self.views.iter().map(of_view).sum::<usize>()) as u64
    }
}

/// Layers whose weights are in memory together: one beside those that stay, unless all do.
fn in_memory(config: &Config, kept: usize) -> usize {
    config.layers.min(kept + 1)
}

/// Bytes of the weights in burn. While they are read, the largest matrix is there twice: of embedding and unembedding, and then of
/// a layer.
fn on_burn(config: &Config, kept: usize) -> u64 {
    let Config { width, vocabulary, .. } = *config;
    let table = vocabulary * width;
    let positions = if config.learned_positions { config.context * width } else { 0 };
    let ends = if config.tied { table } else { 2 * table } + positions;
    F32 * (ends + table.max(in_memory(config, kept) * config.numbers_of_layer() + largest(config))) as u64
}

/// Numbers of the largest matrix of a layer.
fn largest(config: &Config) -> usize {
    config.width * config.mlp_width * if config.gated { 2 } else { 1 }
}

/// The problem that a study needs `least` bytes or more, and may take `limit`.
fn too_large(least: u64, limit: u64) -> Problem {
    let what = format_args!("is less than the study takes, {} at least beside mapped files", bytes(least));
    let remedy = "allow more, or divide the study: shorter prompts, dictionaries of fewer submodules at a time";
    Problem::new(format_args!("--memory {}", bytes(limit)), what, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::view::{Direction, View};
    use crate::engine::dataset::Example;

    /// The sizes of Llama 3.1 8B and of Pythia 6.9B.
    const LLAMA: &str = r#"{"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
        "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
        "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "hidden_act": "silu", "tie_word_embeddings": false}"#;
    const PYTHIA: &str = r#"{"model_type": "gpt_neox", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
        "intermediate_size": 16384, "vocab_size": 50432, "hidden_act": "gelu"}"#;

    /// What a study of 50 pairs of 5 tokens takes within `limit`.
    fn within(config: &str, backend: Backend, limit: Option<u64>) -> Result<Footprint> {
        of_tokens(config, (backend, 2), 5, limit)
    }

    /// The same with pairs of `tokens` tokens, on a backend with so many threads.
    fn of_tokens(config: &str, (backend, threads): (Backend, usize), tokens: u32, limit: Option<u64>) -> Result<Footprint> {
        let config = Config::parse(config.as_bytes(), "config.json").unwrap();
        let prompt = |first: u32| (0..tokens).map(|token| tokens * first + token).collect::<Vec<u32>>();
        let examples: Vec<Example> = (0..50)
            .map(|pair| Example {
                line: 1,
                clean: prompt(2 * pair),
                patch: prompt(2 * pair + 1),
                clean_answer: 1,
                patch_answer: 2,
            })
            .collect();
        let views = [ViewInput { view: View(0), name: "", examples: &examples, direction: Direction::Forward, is_part: false }];
        let needs = Needs { config: &config, backend, threads, dictionaries: &[], views: &views, points: 10, looks: false };
        // Looks at dictionaries keep the activations of all tokens of a study as short as this one.
        let looked = Needs { looks: true, ..needs }.within(64, None)?;
        if tokens == 5 {
            assert_eq!(looked.looks, 4 * 2 * 50 * 5 * (1 + 3 * 32) * 4096);
            assert!(looked.to_string().contains("looks at dictionaries that do not fit 794.6 MB"), "{looked}");
        }
        needs.within(64, limit)
    }

    #[test]
    fn models_of_eight_billion_weights_fit_into_8_gb() {
        for (config, backend) in [(LLAMA, Backend::Flex), (LLAMA, Backend::NdArray), (PYTHIA, Backend::NdArray)] {
            let whole = within(config, backend, None).unwrap();
            assert!((whole.kept, whole.pairs) == (32, 50) && whole.sum() > 25 << 30, "{whole}");
            assert!(!whole.to_string().contains("layers"), "{whole}");
            let small = within(config, backend, Some(8_000_000_000)).unwrap();
            assert!(small.kept < 8 && small.pairs > 1 && small.sum() <= 8_000_000_000, "{small}");
            assert!(small.to_string().contains(&format!("({} of 32 layers stay", small.kept)), "{small}");
            // More memory keeps more layers, with no smaller batches.
            let more = within(config, backend, Some(20_000_000_000)).unwrap();
            assert!(more.kept > small.kept && more.pairs >= small.pairs && more.sum() <= 20_000_000_000, "{more}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_it_needs() {
        let refused = within(LLAMA, Backend::NdArray, Some(1_500_000_000)).unwrap_err().to_string();
        assert!(refused.starts_with("--memory 1.50 GB: is less than the study takes, "), "{refused}");
        let least: f64 = refused.split("takes, ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let limit = (least * 1e9) as u64;
        assert!(within(LLAMA, Backend::NdArray, Some(limit + 100_000_000)).is_ok(), "{refused}");
        assert!(within(LLAMA, Backend::NdArray, Some(limit - 100_000_000)).is_err(), "{refused}");
    }

    /// Each thread takes a whole prompt through the layers, however long it is.
    #[test]
    fn long_prompts_count_once_for_each_thread() {
        let of = |threads| of_tokens(PYTHIA, (Backend::NdArray, threads), 2000, None).unwrap();
        let (one, eight) = (of(1), of(8));
        // What seven more prompts of 2,000 tokens leave in 32 layers, at least: streams, queries, keys, values, slopes of the MLP.
        let more = 4 * 7 * 2000 * 32 * (5 * 4096 + 16384);
        assert!(eight.batch - one.batch > more, "{one}, {eight}");
    }
}

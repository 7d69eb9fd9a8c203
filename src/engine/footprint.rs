//! How much memory a study takes, said before it starts and kept to where a limit is given.
//!
//! Counted is what the program holds itself: weights in f32, the arrays of one batch, what a backend keeps for its backward pass, decoder
//! rows, sums and results. Files that are mapped (dictionaries, and weights while they are converted) are not: the system takes their
//! pages back when it needs them. Of a batch it is an upper bound as far as the number of active features is known; where nothing
//! is declared, `ACTIVE` of a token is assumed.

use std::fmt;

use super::attribution::Batch;
use super::compute::TOKENS_AT_ONCE;
use super::dictionary::Dictionary;
use super::model::config::{Config, Family};
use crate::core::problem::{Problem, Result};
use crate::core::request::Backend;
use crate::core::text::{bytes, counted};

/// Active features of a token where no dictionary declares any: as many as the densest of pythia-70m's have.
const ACTIVE: f64 = 250.0;

/// Features whose encoder is in memory together, see [`super::compute`].
const ENCODER_PIECE: usize = 4096;

/// The program, its tables of remembered codes, and the single examples that a run keeps.
const FIXED: u64 = 64 << 20;

/// Bytes of an f32.
const F32: u64 = 4;

/// Bytes of the parts of a study.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Pairs that are computed together.
    pub pairs: usize,
    /// Weights.
    pub model: u64,
    /// Arrays of one batch.
    pub batch: u64,
    /// Sums and results.
    pub results: u64,
}

impl Footprint {
    /// All parts together, in bytes.
    pub fn sum(self) -> u64 {
        self.model + self.batch + self.results + FIXED
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pairs, model, batch, results } = *self;
        write!(
            formatter,
            "about {}: weights {}, batches of up to {} {}, results {}, the program {}",
            bytes(self.sum()),
            bytes(model),
            counted(pairs, "pair"),
            bytes(batch),
            bytes(results),
            bytes(FIXED)
        )
    }
}

/// Bytes of the weights of `config` on a processor: `native` leaves embedding and unembedding in the file, burn holds both. While they are
/// loaded, burn's largest matrix is there twice.
pub fn of_model(config: &Config, backend: Option<Backend>) -> u64 {
    let Config { layers, width, mlp_width, vocabulary, context, .. } = *config;
    let heads = config.heads * config.head_width;
    let attention = width * (heads + 2 * config.key_value_heads * config.head_width) + heads * width;
    let mlp = width * mlp_width * if config.gated { 3 } else { 2 };
    let in_layers = (layers * (attention + mlp)) as u64;
    if config.family == Family::GptNeoX && matches!(backend, None | Some(Backend::Native)) {
        return F32 * in_layers;
    }
    let positions = if config.learned_positions { context * width } else { 0 };
    let matrices = if config.tied { 1 } else { 2 };
    let largest = (vocabulary * width).max(width * mlp_width * if config.gated { 2 } else { 1 });
    F32 * (in_layers + (matrices * vocabulary * width + positions + largest) as u64)
}

/// Bytes of the largest of `batches`, and of the sums of all views: `features` of the dictionaries and their declared active features.
pub fn of_study(config: &Config, dictionaries: &[Dictionary], batches: &[Batch<'_>], views: usize) -> (u64, u64) {
    let of_batch = |batch: &Batch<'_>| {
        let tokens = batch.clean.len() * batch.positions;
        let outputs = 2 * tokens * (1 + 3 * config.layers) * config.width;
        let gradients = batch.views.len() * tokens * 3 * config.layers * config.width;
        // What burn keeps of a layer for its backward pass, as in `compute::extent`; the other backend keeps less.
        let at_once = TOKENS_AT_ONCE.min(tokens * 2) * config.layers * (20 * config.width + 6 * config.mlp_width);
        let prefixes = batch.prefixes() as f64;
        let of_dictionary = |dictionary: &Dictionary| {
            let active = dictionary.stated().active.unwrap_or(ACTIVE).max(1.0) * prefixes;
            let rows = (active as usize).min(dictionary.features()) * dictionary.written_width();
            let errors = batch.prefixes() * dictionary.width() * 2;
            let piece = ENCODER_PIECE.min(dictionary.features()) * (dictionary.width() + TOKENS_AT_ONCE);
            rows + errors + piece + dictionary.features()
        };
        let dictionary = dictionaries.iter().map(of_dictionary).max().unwrap_or(0);
        F32 * (outputs + gradients + at_once + dictionary) as u64
    };
    let positions = batches.iter().map(|batch| batch.positions).max().unwrap_or(0);
    // A place for every feature; for those that were met, two sums in f64, one for each position, and the results in f32. A study of
    // thousands of prompts meets nearly all.
    let of_feature = 4 + 16 + 8 * positions + 12 + 4 * positions;
    let features: usize = dictionaries.iter().map(Dictionary::features).sum();
    (batches.iter().map(of_batch).max().unwrap_or(0), (views * features * of_feature) as u64)
}

/// The problem that a study needs `least` bytes or more, and may take `limit`.
pub fn too_large(least: u64, limit: u64, remedy: &str) -> Problem {
    let what = format_args!("is less than the study takes, {} at least beside mapped files", bytes(least));
    Problem::new(format_args!("--memory {}", bytes(limit)), what, remedy)
}

/// Fails if the weights of `config` alone are more than `limit` bytes.
pub fn expect_model(config: &Config, backend: Option<Backend>, limit: u64) -> Result<()> {
    let least = of_model(config, backend) + FIXED;
    if least <= limit {
        return Ok(());
    }
    Err(too_large(least, limit, "allow more, or use a machine with more memory: the weights alone do not fit"))
}

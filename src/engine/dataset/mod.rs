//! Data sets: pairs of prompts that differ in the concept under study, each with the two answers whose logits are compared.

mod filter;
mod line;
pub mod pairing;
pub mod shard;
mod shuffle;

use std::borrow::Cow;

use crate::core::problem::{Problem, Result};
use crate::core::request::Options;
use crate::core::run::Dropped;
use crate::core::study_source::PairSource;
use crate::engine::cancel::Cancel;
use crate::engine::hash::sha256_hex;
use crate::engine::tokenizer::Tokenizer;

pub use filter::Example;

/// The model's limits, against which every example is checked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Number of tokens of the vocabulary; token ids are below it.
    pub vocabulary: usize,
    /// The longest prompt, in tokens.
    pub context: usize,
}

/// The examples of one file, after shuffle and filters.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// The file's name, for messages and manifests.
    pub name: String,
    /// SHA-256 of the whole file.
    pub sha256: String,
    /// Number of lines in the file that are not blank.
    pub lines: usize,
    /// The examples that were kept, in shuffled order.
    pub examples: Vec<Example>,
    /// How many examples were not kept, by reason.
    pub dropped: Dropped,
}

/// Reads, shuffles and filters as the notebook's `load_examples` does: all lines are shuffled by Python's generator first; then
/// lines are kept whose prefixes are equally long and whose answers are single tokens, until there are enough.
///
/// # Errors
/// When the file cannot be read, a line is malformed, no example is left, or `cancel` is raised.
pub fn load(
    source: &PairSource,
    tokenizer: Option<&Tokenizer>,
    options: Options,
    limits: Limits,
    cancel: &Cancel,
) -> Result<DataSet> {
    let name = source.name();
    let bytes = match source {
        PairSource::File(path) => Cow::Owned(std::fs::read(path).map_err(|error| Problem::from_io(path, "read it", &error))?),
        PairSource::Text { text, .. } => Cow::Borrowed(text.as_bytes()),
    };
    let mut lines = line::parse(&bytes, &name, cancel)?;
    let count = lines.len();
    shuffle::shuffle(&mut lines, options.seed);
    let (examples, dropped) = filter::filter(&lines, &name, tokenizer, options, limits, cancel)?;
    Ok(DataSet { name, sha256: sha256_hex(&bytes), lines: count, examples, dropped })
}

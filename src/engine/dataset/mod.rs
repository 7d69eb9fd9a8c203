//! Data sets: pairs of prompts that differ in the concept under study, each with the two answers whose logits are compared.

mod filter;
mod line;
pub mod pairing;
pub mod shard;
mod shuffle;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::core::dropped_line::DroppedLine;
use crate::core::problem::Result;
use crate::core::request::Options;
use crate::core::run::Dropped;
use crate::core::study_source::PairSource;
use crate::engine::cancel::Cancel;
use crate::engine::hash::sha256_hex;
use crate::engine::tokenizer::Tokenizer;
use crate::files::whole;

pub use filter::Example;
use filter::Filtered;

/// Most bytes of a list of pairs, more than a million pairs; a device without an end stops here.
const LARGEST: u64 = 1 << 28;

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
    /// The lines that were not kept, as a run lists them.
    pub dropped_lines: Vec<DroppedLine>,
    /// Lines of the kept examples whose prompt and answer, as one text, are other tokens than one after the other.
    pub not_joined: BTreeSet<usize>,
}

impl DataSet {
    /// Puts `token` in front of every prompt.
    pub fn begin_with(&mut self, token: u32) {
        for example in &mut self.examples {
            example.clean.insert(0, token);
            example.patch.insert(0, token);
        }
    }
}

/// The source with its lines in memory, so that a file is read once and early.
///
/// # Errors
/// When the file cannot be read, or is no text.
pub fn read(source: &PairSource) -> Result<PairSource> {
    let PairSource::File(path) = source else { return Ok(source.clone()) };
    let text = whole::utf8(path, whole::read_stream(path, LARGEST)?)?;
    Ok(PairSource::Text { name: source.name(), text: text.into() })
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
        PairSource::File(path) => Cow::Owned(whole::read_stream(path, LARGEST)?),
        PairSource::Text { text, .. } => Cow::Borrowed(text.as_bytes()),
    };
    let mut lines = line::parse(&bytes, &name, cancel)?;
    let count = lines.len();
    shuffle::shuffle(&mut lines, options.seed);
    let Filtered { examples, dropped, dropped_lines } = filter::filter(&lines, &name, tokenizer, options, limits, cancel)?;
    let not_joined = filter::not_joined(&lines, &examples, tokenizer)?;
    Ok(DataSet { name, sha256: sha256_hex(&bytes), lines: count, examples, dropped, dropped_lines, not_joined })
}

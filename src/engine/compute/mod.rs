//! The door to the arithmetic: everything the attribution asks of a backend, over plain f32 arrays.
//!
//! burn's tensors carry their backend as a type parameter. It stays behind this one trait, so that attribution, data and
//! dictionaries are compiled once and backends are chosen at run time. Beside burn there is [`native`], arithmetic written by hand for
//! processors.

mod burn_compute;
mod choose;
#[cfg(feature = "cuda")]
mod cuda;
mod encoders;
mod entry;
mod extent;
pub mod native;

use std::borrow::Cow;

use crate::core::problem::Result;
use crate::engine::activation::{Array, Trace};
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::TokenCodes;
use crate::engine::model::config::Config;

pub use choose::{BURN_VERSION, available, is_built_in, open, works};
pub use entry::Entry;
pub use extent::TOKENS_AT_ONCE;

/// The two tokens whose logits an example compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answers {
    /// Fits the clean prompt.
    pub clean: u32,
    /// Fits the patch prompt.
    pub patch: u32,
}

/// A prompt whose plain run is differentiated.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    /// Token ids.
    pub prompt: &'a [u32],
    /// The metrics, one or more.
    pub metrics: Vec<Answers>,
}

/// A straight way along which one submodule's output is moved, while everything beside it stays as in the run where the way starts.
///
/// # Shapes
/// All `[positions, width]`, of the positions that the metric depends on ([`Entry::reaching`]).
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    /// What passes at the entry where nothing is moved.
    pub stream: Cow<'a, [f32]>,
    /// The submodule's output at the start of the way.
    pub from: &'a [f32],
    /// The same at its end.
    pub to: &'a [f32],
    /// The metrics, one or more.
    pub metrics: Vec<Answers>,
}

impl Segment<'_> {
    /// Appends what passes at the entry at the point `alpha` to `target`.
    pub fn append_point(&self, alpha: f32, target: &mut Vec<f32>) {
        let change = self.from.iter().zip(self.to);
        target.extend(self.stream.iter().zip(change).map(|(stream, (from, to))| stream + alpha * (to - from)));
    }
}

/// A loaded model on some backend. Whatever takes a `cancel` looks at it between layers or blocks of features, and fails once it is
/// raised.
///
/// A backend computes what it is asked, each thing once; what can be shared between questions was decided before
/// ([`crate::engine::attribution`]). All prompts and streams of a call have the same length.
pub trait Compute: Send + Sync {
    /// The backend's name.
    fn backend(&self) -> &'static str;

    /// The model's sizes.
    fn config(&self) -> &Config;

    /// Runs the prompts and keeps every submodule's output.
    fn traces(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Trace>>;

    /// The logits of the whole vocabulary at the last position, `[prompts, vocabulary]`.
    fn last_logits(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<f32>>;

    /// The metric of each of `streams`, which enter at `entry` with the positions that the metric depends on.
    fn metrics(&self, entry: Entry, streams: &[&[f32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<f32>>;

    /// For every segment and each of its metrics the sum of the gradients with respect to what enters at `entry`, at the points `alphas`.
    ///
    /// # Shapes
    /// - output: per segment and metric as the segment's `stream`
    fn gradient_sums(&self, entry: Entry, segments: &[Segment<'_>], alphas: &[f32], cancel: &Cancel) -> Result<Vec<Vec<Array>>>;

    /// For every start and each of its metrics the gradients with respect to all submodules' outputs.
    ///
    /// # Shapes
    /// - output: per start and metric `[submodules, positions, width]`, in submodule order
    fn plain_gradients(&self, starts: &[Start<'_>], cancel: &Cancel) -> Result<Vec<Vec<Array>>>;

    /// `relu(W_enc (x - b_dec) + b_enc)` for every one of `tokens`, each `[width]`, through one read of the encoder.
    fn encode(&self, dictionary: &Dictionary, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<TokenCodes>>;
}

/// The places of `items` in groups of equally many metrics, most first: a group goes forward together and back as often as it has metrics.
fn grouped<T>(items: &[T], metrics: impl Fn(&T) -> usize) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(metrics(&items[*place])));
    places.chunk_by(|left, right| metrics(&items[*left]) == metrics(&items[*right])).map(<[usize]>::to_vec).collect()
}

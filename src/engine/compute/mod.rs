//! The interface to the arithmetic: everything the attribution asks of a backend, over plain f32 arrays.
//!
//! burn's tensors carry their backend as a type parameter, which stays behind this one trait: attribution, data and dictionaries
//! are compiled once, and backends are chosen at run time. Every backend runs the same model ([`crate::engine::model`]); that of the
//! processor has kernels of its own for the model's operations.

mod burn_compute;
mod choose;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "cuda")]
mod cuda_products;
mod division;
mod edit;
mod encode;
mod entry;
mod extent;
mod inner;
#[cfg(feature = "cuda")]
mod kernels;
mod layers;
#[cfg(any(feature = "cuda", feature = "wgpu", test))]
mod precision;
mod processor;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
mod quiet;
mod rate;
mod version;
#[cfg(feature = "wgpu")]
mod wgpu;

use std::borrow::Cow;

use crate::core::problem::Result;
use crate::core::quadrature::Point;
use crate::core::submodule::Submodule;
use crate::engine::activation::{Array, Trace};
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::TokenCodes;
use crate::engine::model::config::Config;
use crate::engine::model::site::Site;

pub use choose::{available, choose, is_built_in, load, open, works};
pub use edit::Edit;
pub use encode::FEATURES_AT_ONCE;
pub use entry::{Entry, feeds};
pub use extent::{TOKENS_AT_ONCE, TOKENS_PER_TASK};
pub use inner::Inner;
#[cfg(feature = "cuda")]
pub use kernels::keep_kernels_in;
pub use rate::{Rates, rates};
pub use version::BURN_VERSION;

/// The two tokens whose logits the metric compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answers {
    /// The token that fits the clean prompt.
    pub clean: u32,
    /// The token that fits the patch prompt.
    pub patch: u32,
}

/// A prompt whose plain run is differentiated, with the metrics to differentiate.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    /// Token ids of the prompt.
    pub prompt: &'a [u32],
    /// The metrics that are differentiated, one or more.
    pub metrics: Vec<Answers>,
}

/// A straight segment along which one submodule's output is moved, while everything beside it stays as in the run where the
/// segment starts.
///
/// # Shapes
/// All arrays are `[positions, width]`, of the positions that the metric depends on ([`Entry::reaching`]).
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    /// The stream at the entry when nothing is moved.
    pub stream: Cow<'a, [f32]>,
    /// The submodule's output at the start of the segment.
    pub from: &'a [f32],
    /// The submodule's output at the end of the segment.
    pub to: &'a [f32],
    /// The metrics that are differentiated, one or more.
    pub metrics: Vec<Answers>,
}

impl Segment<'_> {
    /// Appends the stream at the entry at the point `alpha` (0 the start, 1 the end) to `target`.
    pub fn append_point(&self, alpha: f32, target: &mut Vec<f32>) {
        let change = self.from.iter().zip(self.to);
        target.extend(self.stream.iter().zip(change).map(|(stream, (from, to))| stream + alpha * (to - from)));
    }
}

/// A loaded model on some backend. Every function with a `cancel` checks it between layers or blocks of features, and fails once
/// it is raised.
///
/// A backend computes every item of a call once; sharing between items was decided before ([`crate::engine::attribution`]). All
/// prompts and streams of a call have the same length.
pub trait Compute: Send + Sync {
    /// The backend's name, as on the command line.
    fn backend(&self) -> &'static str;

    /// The model's sizes.
    fn config(&self) -> &Config;

    /// Runs the prompts and returns the stream that enters layer 0 and the outputs of all layers.
    fn traces(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Trace>>;

    /// The activations inside of layers in the plain runs of `prompts`: for each of `wanted` and each prompt `[positions, width]` of the
    /// activation's own width.
    fn activations(&self, wanted: &[Inner], prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Vec<Array>>>;

    /// The attention patterns of all heads of `layer` in the plain runs of `prompts`: the weight with which each position (a query) reads each
    /// position (a key), 0 for keys that come later; the weights of a query add up to 1.
    ///
    /// # Shapes
    /// - output: per prompt `[heads, positions, positions]`, of head, query and key
    ///
    /// # Errors
    /// When the weights of a layer cannot be read, or `cancel` is raised.
    fn attention_patterns(&self, layer: usize, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Array>>;

    /// What the block of `site` adds to the stream for activations there.
    ///
    /// # Shapes
    /// - rows: `[rows, width of the site]`, output: `[rows, width]`
    fn added(&self, site: Site, rows: &[f32], cancel: &Cancel) -> Result<Vec<f32>>;

    /// Passes gradients with respect to [`Compute::added`] back to the activations `rows`.
    ///
    /// # Shapes
    /// - rows and output: `[rows, width of the site]`, gradient: `[rows, width]`
    fn added_back(&self, site: Site, rows: &[f32], gradient: &[f32], cancel: &Cancel) -> Result<Vec<f32>>;

    /// The logits of the whole vocabulary at the last position, `[prompts, vocabulary]`.
    fn last_logits(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<f32>>;

    /// The residual stream that enters layer 0 of each prompt, `[positions, width]`.
    fn embedded(&self, prompts: &[&[u32]]) -> Result<Vec<Vec<f32>>>;

    /// Runs `streams`, which enter layer `first` and hold all positions, through the layers from there on, while `edit` changes
    /// the outputs of submodules on the way. An edit of the embedding is made if `first` is 0.
    ///
    /// # Shapes
    /// - streams and output (the stream that leaves the last layer): per sequence `[positions, width]`
    fn run_edited(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>>;

    /// The logits of the whole vocabulary that each of `tokens`, the stream of one token that leaves the last layer, `[width]`, leads
    /// to: `[tokens, vocabulary]`.
    fn end_logits(&self, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<f32>>;

    /// For each prompt the gradients of the scalar product of `upstream` and the output of `later`, in the plain run, with respect to the
    /// stream that enters layer 0 and the outputs of all layers, while everything between is free to move: 0 where no path leads to
    /// `later`.
    ///
    /// # Shapes
    /// - upstream: per prompt `[positions, width]`; output: per prompt the blocks of a [`Trace`], `[1 + outputs, positions, width]`
    fn output_gradients(&self, later: Submodule, prompts: &[&[u32]], upstream: &[&[f32]], cancel: &Cancel) -> Result<Vec<Array>>;

    /// The metric of each of `streams`, which enter at `entry` and hold the positions that the metric depends on.
    fn metrics(&self, entry: Entry, streams: &[&[f32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<f32>>;

    /// For every segment and each of its metrics, the weighted sum of the gradients with respect to the stream at `entry`, over
    /// `points`.
    ///
    /// # Shapes
    /// - output: per segment and metric an array of the shape of the segment's `stream`
    fn gradient_sums(&self, entry: Entry, segments: &[Segment<'_>], points: &[Point], cancel: &Cancel)
    -> Result<Vec<Vec<Array>>>;

    /// For every start and each of its metrics, the gradients with respect to the stream that enters layer 0 and the outputs of all
    /// layers.
    ///
    /// # Shapes
    /// - output: per start and metric the blocks of a [`Trace`], `[1 + outputs, positions, width]`
    fn plain_gradients(&self, starts: &[Start<'_>], cancel: &Cancel) -> Result<Vec<Vec<Array>>>;

    /// The active features of every one of `tokens`, each `[width]`, in one read of the encoder: the dictionary's rule, applied to
    /// `z W_enc + b_enc` of its inputs `z`. This is the same on every backend: the file `encode.rs` says why.
    fn encode(&self, dictionary: &Dictionary, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<TokenCodes>> {
        encode::encode(dictionary, tokens, cancel)
    }
}

/// The places of `items`, grouped by their number of metrics, most first: a group goes forward together and back once per
/// metric.
fn grouped<T>(items: &[T], metrics: impl Fn(&T) -> usize) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(metrics(&items[*place])));
    places.chunk_by(|left, right| metrics(&items[*left]) == metrics(&items[*right])).map(<[usize]>::to_vec).collect()
}

//! The flags of the causal checks.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::listing::ListArguments;
use super::values::{
    Choice, above_zero, backend, coefficient, error_treatment, positive, share, threads, threshold, way, within,
};
use crate::core::causal::set::Member;
use crate::core::causal::steering::Positions;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::request::Backend;

/// Where the model of a run is, and on what it computes.
#[derive(Debug, Clone, Args)]
pub struct ModelArguments {
    /// The run's model, as for `run`. [default: where the run's record says]
    #[arg(long, value_name = "demo|NAME|DIR")]
    pub model: Option<String>,

    /// The folder that holds the model's dictionaries, as for `run`.
    #[arg(long, value_name = "DIR", requires = "model")]
    pub dictionaries: Option<PathBuf>,

    /// `auto` takes the best backend in this program that works: cuda, wgpu, ndarray, flex.
    #[arg(long, value_name = "BACKEND", default_value = "auto", value_parser = backend())]
    pub backend: Choice<Backend>,

    /// Compute on N threads, at most one for each core. [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Printed {
    /// A table to read.
    Table,
    /// One JSON object.
    Json,
}

/// Of which edits side effects are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideEffectsOf {
    /// Of none.
    None,
    /// Of what is asked for.
    Sets,
    /// Of the control sets of a curve, too: that takes most of its time.
    All,
}

/// What an edit does elsewhere.
#[derive(Debug, Clone, Args)]
pub struct SideEffectArguments {
    /// Also say what an edit does elsewhere: Kullback-Leibler divergence and loss on neutral text, and the bias that it removes from the run's other
    /// views; of a curve the damage on neutral text, with area and knee.
    #[arg(long, value_enum, default_value = "sets", value_name = "OF")]
    pub side_effects: SideEffectsOf,

    /// Neutral text: a file with one text, or one array of token ids, on each line; at most 128 tokens of each and 2048 in all are read.
    /// [default: sixty sentences that the program ships]
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,

    /// Also the bias that is removed from the pairs of this study: of each of its lists at most as many as the run's --examples, or 200 if
    /// that was not given; may be given more than once.
    #[arg(long, value_name = "STUDY")]
    pub also: Vec<String>,
}

/// Flags of `ablate`.
#[derive(Debug, Args)]
pub struct AblateArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// The view whose clean prompts are run. [default: the first view]
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,

    /// A JSON object from names to lists: features (`resid_1/364` or `1-res-sm/364`), whole submodules (`resid_1`), kinds (`attn`), layers
    /// (`layer_3`, or `layer_3+` for all from there on). Without it the listed features are one set.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["each", "curve", "search", "threshold", "top_k", "filter", "tag"])]
    pub set: Option<PathBuf>,

    /// Ablate each listed feature by itself, by zero and by resample: a feature that is off in the clean prompts does nothing when zeroed.
    #[arg(long, conflicts_with_all = ["way", "curve", "search"])]
    pub each: bool,

    /// The scores of the 1, 2, 3, 5, 7, 10, 15, .. strongest of the listed features, beside control sets of the same sizes, drawn among all
    /// features with an effect in the view.
    #[arg(long, conflicts_with = "search")]
    pub curve: bool,

    /// Measure the curve at these numbers of features only; `--sizes 10` sets ten features beside control sets of ten.
    #[arg(long, value_name = "N,N,..", value_delimiter = ',', value_parser = positive, requires = "curve")]
    pub sizes: Vec<usize>,

    /// Look for the subset of the listed features whose ablation leaves the least bias: greedily, and among all subsets of up to 12.
    #[arg(long)]
    pub search: bool,

    /// Draw N random control sets of each size, and N stratified by effect. [default: 20]
    #[arg(long, value_name = "N", value_parser = within(0..=10_000), requires = "curve", conflicts_with_all = ["set", "each", "search"])]
    pub controls: Option<usize>,

    /// Seed of the control sets. [default: 12]
    #[arg(long, value_name = "N", requires = "curve", conflicts_with_all = ["set", "each", "search"])]
    pub seed: Option<u64>,

    /// Which features are listed.
    #[command(flatten)]
    pub list: ListArguments,

    /// What an ablated feature becomes: 0, its mean over the clean prompts at that position, over all their positions, over the patch prompts
    /// at that position, or its value in the pair's patch prompt.
    #[arg(long, value_name = "WAY", default_value = "zero", value_parser = way())]
    pub way: Way,

    /// The error term: `recomputed` of the modified output; of the clean prompt where a feature is ablated (`clean_touched`) or everywhere (`clean`),
    /// with which F(C) is F(empty) for every set without a feature of the last residual.
    #[arg(long, value_name = "TREATMENT", default_value = "recomputed", value_parser = error_treatment())]
    pub error: ErrorTreatment,

    /// What it does elsewhere.
    #[command(flatten)]
    pub elsewhere: SideEffectArguments,

    /// How to print it.
    #[arg(long, value_enum, default_value = "table")]
    pub format: Printed,

    /// Where the model is.
    #[command(flatten)]
    pub model: ModelArguments,
}

/// Flags of `steer`.
#[derive(Debug, Args)]
pub struct SteerArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// The view whose clean prompts are steered. [default: the first view]
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,

    /// The feature whose decoder row is added: `resid_1/364` or `1-res-sm/364`.
    #[arg(long, value_name = "FEATURE")]
    pub feature: Member,

    /// Where in the prompt: `all`, `all_but_last` (as the study), `last`, or a position from 0.
    #[arg(long, value_name = "POSITIONS", default_value = "all")]
    pub positions: Positions,

    /// Factors of the decoder row as it is stored.
    #[arg(long, value_name = "X,X,..", value_delimiter = ',', allow_hyphen_values = true, value_parser = coefficient, default_value = "-20,-10,-5,-1,0,1,5,10,20")]
    pub coefficients: Vec<f32>,

    /// Do not look for the smallest coefficient that turns the sign of the metric (steps of 0.5 up to 100 in both directions).
    #[arg(long)]
    pub no_scan: bool,

    /// Continue prompts by N tokens under each coefficient; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = within(0..=10_000))]
    pub tokens: usize,

    /// Continue the first N prompts.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = positive)]
    pub prompts: usize,

    /// Draw N continuations beside the greedy one.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = within(0..=10_000))]
    pub samples: usize,

    /// Temperature of draws. [default: 1]
    #[arg(long, value_name = "X", value_parser = above_zero)]
    pub temperature: Option<f32>,

    /// Draw from the most probable tokens that together have this share, above 0 and at most 1. [default: 1]
    #[arg(long, value_name = "X", value_parser = share)]
    pub top_p: Option<f32>,

    /// Seed of draws. [default: 12]
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,

    /// What it does elsewhere.
    #[command(flatten)]
    pub elsewhere: SideEffectArguments,

    /// How to print it.
    #[arg(long, value_enum, default_value = "table")]
    pub format: Printed,

    /// Where the model is.
    #[command(flatten)]
    pub model: ModelArguments,
}

/// Flags of `compare-methods`.
#[derive(Debug, Args)]
pub struct CompareMethodsArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// The view whose features are compared. [default: the first view]
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,

    /// Which features are listed.
    #[command(flatten)]
    pub list: ListArguments,

    /// Also draw the scatter of approximate against exact effects into this file, `.svg` or `.png`. Another file of that name is not replaced.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,

    /// How to print it.
    #[arg(long, value_enum, default_value = "table")]
    pub format: Printed,

    /// Where the model is.
    #[command(flatten)]
    pub model: ModelArguments,
}

/// How `circuit` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CircuitFormat {
    /// A table to read.
    Table,
    /// A drawing: the metric, below it the features, below each those that move it.
    Tree,
    /// One JSON object with `nodes` and `edges`.
    Json,
    /// A graph for Graphviz: `dot -Tsvg`.
    Dot,
    /// A graph that Neuronpedia takes, with one prompt for all pairs and each feature at its strongest position.
    NeuronpediaGraph,
}

/// Flags of `circuit`.
#[derive(Debug, Args)]
pub struct CircuitArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// The view whose features are joined. [default: the first view]
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,

    /// Which features are listed.
    #[command(flatten)]
    pub list: ListArguments,

    /// Leave out edges whose weight and measured weight are not above X in size.
    #[arg(long, value_name = "X", default_value = "0.01", value_parser = threshold)]
    pub edge_threshold: f32,

    /// How to print it.
    #[arg(long, value_enum, default_value = "table")]
    pub format: CircuitFormat,

    /// Where the model is.
    #[command(flatten)]
    pub model: ModelArguments,
}

//! The flags shared by all commands that compute.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::part::PartArguments;
use super::values::{Choice, backend, method, positive, rule, steps, threads};
use crate::core::quadrature::Rule;
use crate::core::request::Backend;
use crate::core::run::Method;

/// What to compute.
#[derive(Debug, Clone, Args)]
pub struct StudyArguments {
    /// `demo`, a model that `saescope fetch` downloads such as `pythia-70m`, or a Hugging Face folder of a GPT-NeoX, GPT-2, Gemma 2,
    /// Llama or Qwen model. [default: demo; to explore: pythia-70m if it is on this machine, else demo]
    #[arg(long, value_name = "demo|NAME|DIR")]
    pub model: Option<String>,

    /// The folder that holds the model's dictionaries: `attn_out_layer0/10_32768/ae.pt` and so on, `0-att-sm/` or
    /// `blocks.1.hook_resid_pre/` and so on.
    #[arg(long, value_name = "DIR")]
    pub dictionaries: Option<PathBuf>,

    /// Which of them.
    #[command(flatten)]
    pub part: PartArguments,

    /// What to study: one of `saescope studies`, or a file that describes one. [default: names]
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "pairs")]
    pub study: Option<String>,

    /// The study of names with other pairs of prompts: JSON lines with clean_prefix, patch_prefix, clean_answer and patch_answer (text, or
    /// arrays of token ids). Only --baseline then gives a baseline view.
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,

    /// The same prompts with answers that do not depend on the concept, for the baseline view.
    #[arg(long, value_name = "FILE", requires = "pairs")]
    pub baseline: Option<PathBuf>,

    /// Keep only prompts of N tokens. Without it, prompts of all lengths are used, each length by itself.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub tokens: Option<usize>,

    /// Stop after N examples of each file.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub examples: Option<usize>,

    /// Seed of the shuffle before --examples takes the first; the same order as Python's random.shuffle.
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub seed: u64,

    /// `ig`: integrated gradients. `attrib`: the gradient at the clean prompt only. `exact`: the model runs once for every changed feature and token.
    #[arg(long, value_name = "METHOD", default_value = "ig", value_parser = method())]
    pub method: Method,

    /// Where the N points on the path of integrated gradients lie. `riemann`: from the clean end on, as in the study. `midpoint`: in the
    /// middles of N parts. `gauss`: Gauss-Legendre, which needs the fewest.
    #[arg(long, value_name = "RULE", default_value = "riemann", value_parser = rule())]
    pub rule: Rule,

    /// Points on the path of integrated gradients, placed by --rule.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = steps)]
    pub steps: usize,

    /// Most examples computed together (fewer of long prompts); more need more memory and change no effect (at most which activations are kept, where not all fit).
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = positive)]
    pub batch: usize,

    /// Keep activations and effects at single tokens of the N strongest features of each view; of fewer, and the run says so, where that would not fit into memory. Effects in single pairs are kept of every feature.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub detail: usize,

    /// `auto` takes the best backend in this program that works: cuda, wgpu, ndarray, flex.
    #[arg(long, value_name = "BACKEND", default_value = "auto", value_parser = backend())]
    pub backend: Choice<Backend>,

    /// Compute on N threads, at most one for each core. [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,

    /// Hash every file of the model, also those whose hash is known and whose size, times and inode are as they were.
    #[arg(long)]
    pub hash_again: bool,
}

//! What can be asked of the engine: which model and data, what of them, and how to compute.
//!
//! Plain values, so that whoever asks (a command line, an explorer) can compare and keep them without knowing the engine.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use super::problem::{Problem, Result};
use super::run::Method;
use super::study_source::StudySource;

/// Everything that can be chosen about a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The model and its dictionaries.
    pub model: ModelSource,
    /// What it is about, and its pair lists.
    pub study: StudySource,
    /// What is taken of them.
    pub options: Options,
    /// How effects are computed.
    pub settings: Settings,
    /// The backend, or none for the best that works.
    pub backend: Option<Backend>,
    /// How many threads compute, or none for one for each core.
    pub threads: Option<NonZeroUsize>,
    /// Only a part of the examples, or all.
    pub shard: Option<Shard>,
}

/// A part of a study, for one of several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
}

impl FromStr for Shard {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let parsed =
            text.split_once('/').and_then(|(number, of)| Some(Self { number: number.parse().ok()?, of: of.parse().ok()? }));
        parsed.filter(|shard| (1..=shard.of).contains(&shard.number)).ok_or_else(|| {
            Problem::new(format_args!("shard '{text}'"), "is no part of a whole", "use I/N with I from 1 to N, such as 3/8")
        })
    }
}

/// Where the model and its dictionaries are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// The demo model inside the program, with its dictionaries.
    Demo,
    /// A model known by name whose files are not all on this machine: nothing can be computed before they are downloaded.
    Preset(String),
    /// A Hugging Face folder, and the folders that hold the dictionaries.
    Folder {
        /// With `config.json`, `model.safetensors` and, unless the data are token ids, `tokenizer.json`.
        model: PathBuf,
        /// Searched in turn for each submodule.
        dictionaries: Vec<PathBuf>,
        /// The model's name, if it is known better than by its files.
        name: Option<String>,
    },
}

/// What is taken of each pair list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Seed of the shuffle, as in Python's `random.seed`.
    pub seed: u64,
    /// Keep only prompts of this many tokens.
    pub tokens: Option<usize>,
    /// Stop after this many kept examples.
    pub examples: Option<usize>,
}

/// The most points on a path: the error of a left Riemann sum falls as 1/steps, at this many it is below what f32 resolves, and more is a
/// slip of the finger.
pub const MOST_STEPS: usize = 100_000;

/// How to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Which method.
    pub method: Method,
    /// Points on the path of [`Method::Ig`]: `alpha = 0, 1/steps, .., (steps - 1)/steps`.
    pub steps: usize,
    /// Examples computed together.
    pub batch: usize,
    /// Features per view whose single examples are kept.
    pub detail: usize,
}

/// What saescope can compute on; `engine::compute` knows which of them this program holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// NVIDIA GPUs (cargo feature `cuda`).
    Cuda,
    /// The processor, by arithmetic written for this program, always there.
    Native,
    /// burn-ndarray, always there.
    NdArray,
    /// burn-flex (cargo feature `flex`).
    Flex,
}

impl Backend {
    /// From the fastest to the slowest, the order in which `auto` tries them. At pythia-70m's size flex encodes about twice as
    /// fast as ndarray and runs forward and backward in three quarters of its time.
    pub const ALL: [Self; 4] = [Self::Cuda, Self::Native, Self::Flex, Self::NdArray];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Native => "native",
            Self::NdArray => "ndarray",
            Self::Flex => "flex",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

//! A request to the engine: which model and data, which part of them, and how to compute.
//!
//! Requests are plain values, so that a command line or an explorer can compare and keep them without knowing the engine.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use super::parts::Parts;
use super::problem::{Problem, Result};
use super::quadrature::{Quadrature, Rule};
use super::release::Release;
use super::run::Method;
use super::study_source::StudySource;
use super::text::excerpt;

/// The name of the model that the program ships, in manifests and messages.
pub const DEMO_NAME: &str = "saescope-demo";

/// The name of the published study's model among those that are known by name.
pub const STUDY_PRESET: &str = "pythia-70m";

/// Everything that a user can choose about a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The model and its dictionaries.
    pub model: ModelSource,
    /// The study and its pair lists.
    pub study: StudySource,
    /// Which prompts of the pair lists are used.
    pub options: Options,
    /// How effects are computed.
    pub settings: Settings,
    /// The backend; None for the fastest that works.
    pub backend: Option<Backend>,
    /// The number of computing threads; None for one for each core.
    pub threads: Option<NonZeroUsize>,
    /// The part of the examples to compute; None for all.
    pub shard: Option<Shard>,
}

/// What a computation takes care of beside its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Care {
    /// Whether a dictionary that does not fit is looked into, and a wrong set-up ends the computation.
    pub fit: bool,
    /// Most bytes of memory, beside files that are mapped; None for no limit.
    pub memory: Option<u64>,
}

/// One part of a study's examples, for one of several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Number of this part, from 1.
    pub number: usize,
    /// Number of parts.
    pub of: usize,
}

impl FromStr for Shard {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let parsed =
            text.split_once('/').and_then(|(number, of)| Some(Self { number: number.parse().ok()?, of: of.parse().ok()? }));
        parsed.filter(|shard| (1..=shard.of).contains(&shard.number)).ok_or_else(|| {
            Problem::new(
                format_args!("shard '{}'", excerpt(text, 40)),
                "is not a part of a whole",
                "use I/N with I from 1 to N, such as 3/8",
            )
        })
    }
}

/// The place of the model and its dictionaries.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelSource {
    /// The demo model embedded in the program, with its dictionaries.
    Demo,
    /// A model known by name whose files are not all on this machine: nothing can be computed before they are downloaded.
    Preset(String),
    /// Some of the dictionaries of another source.
    Part(Box<Self>, Parts),
    /// A Hugging Face folder, and the folders that hold the dictionaries.
    Folder {
        /// The model's folder, with `config.json`, `model.safetensors` and, unless the data are token ids, `tokenizer.json`.
        model: PathBuf,
        /// Folders searched in turn for the dictionary of each submodule.
        dictionaries: Vec<PathBuf>,
        /// The model's name, if a better one is known than its files give.
        name: Option<String>,
        /// What is known of the dictionaries that their files do not say.
        release: Release,
    },
}

/// Which lines of each pair list become examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Seed of the shuffle, as in Python's `random.seed`.
    pub seed: u64,
    /// Keep only prompts of this many tokens; None keeps all lengths.
    pub tokens: Option<usize>,
    /// Stop after this many kept examples; None keeps all.
    pub examples: Option<usize>,
}

/// How effects are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The attribution method.
    pub method: Method,
    /// How [`Method::Ig`] approximates the integral along the path.
    pub rule: Rule,
    /// Points on the path of [`Method::Ig`].
    pub steps: usize,
    /// Number of examples computed together.
    pub batch: usize,
    /// Number of features per view whose effects at single tokens are kept.
    pub detail: usize,
}

impl Settings {
    /// How the integral along the path is approximated; None except for [`Method::Ig`].
    pub fn quadrature(self) -> Option<Quadrature> {
        (self.method == Method::Ig).then_some(Quadrature { rule: self.rule, steps: self.steps })
    }
}

/// The backends that saescope can compute on; `engine::compute` knows which of them are compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// NVIDIA GPUs (cargo feature `cuda`).
    Cuda,
    /// GPUs through Vulkan, Metal or DirectX (cargo feature `wgpu`).
    Wgpu,
    /// burn-ndarray, with kernels written for this program; always available.
    NdArray,
    /// burn-flex (cargo feature `flex`).
    Flex,
}

impl Backend {
    /// All backends from the fastest to the slowest, the order in which `auto` tries them.
    pub const ALL: [Self; 4] = [Self::Cuda, Self::Wgpu, Self::NdArray, Self::Flex];

    /// The backend's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
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

//! Random weights of real shapes, in every format that can be read: for measuring and testing at full size on a machine without
//! weights.
//!
//! The values mean nothing. Shapes, element types, file layouts and the number of active features of a token are as in real
//! weights; the encoders' biases follow from the model's own activations on the prompts.

mod dictionary;
mod host;
mod host_study;
mod model;
mod prompts;
mod stream;
mod torch_zip;

use std::io::{self, Seek, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::cancel::Cancel;
use crate::engine::compute;
use crate::engine::model::config::Config;
use crate::engine::model::weight_files::WeightFiles;
use crate::engine::tensor_file::{Bytes, TensorFile};
use crate::engine::threads::{Threads, no_thread};
use dictionary::{Random, Sizes};
pub use host::Host;
pub use host_study::synthesize_host;
pub use prompts::Pairs;

/// The sizes of a model and its dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The shape's name on the command line.
    pub name: &'static str,
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Number of attention heads.
    pub heads: usize,
    /// Width of the MLP's hidden layer.
    pub mlp_width: usize,
    /// Number of tokens in the vocabulary.
    pub vocabulary: usize,
    /// Number of features of each dictionary.
    pub features: usize,
    /// Approximate number of active features of a token.
    pub active: usize,
}

impl Shape {
    /// All shapes: the published study's, and one for tests.
    pub const ALL: [Self; 2] = [
        Self {
            name: "pythia-70m",
            layers: 6,
            width: 512,
            heads: 8,
            mlp_width: 2048,
            vocabulary: 50_304,
            features: 32_768,
            active: 100,
        },
        Self { name: "tiny", layers: 2, width: 32, heads: 4, mlp_width: 64, vocabulary: 320, features: 512, active: 20 },
    ];
}

/// The files that hold the dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `sae-lens/0-att-sm/` with `cfg.json` and `sae_weights.safetensors`.
    SaeLens,
    /// `dictionary-learning/attn_out_layer0/10_32768/ae.pt`.
    DictionaryLearning,
    /// `dictionaries.zip`: the `ae.pt` files of [`Layout::DictionaryLearning`] below `dictionaries/NAME/`, not compressed.
    Zip,
}

impl Layout {
    /// All layouts, in the order of the variants.
    pub const ALL: [Self; 3] = [Self::SaeLens, Self::DictionaryLearning, Self::Zip];

    /// The layout's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SaeLens => "sae-lens",
            Self::DictionaryLearning => "dictionary-learning",
            Self::Zip => "zip",
        }
    }

    /// Path of the layout's dictionaries below the folder that everything is written to.
    pub fn place(self) -> &'static str {
        match self {
            Self::SaeLens | Self::DictionaryLearning => self.name(),
            Self::Zip => ZIP,
        }
    }
}

/// File name of the archive of [`Layout::Zip`].
pub const ZIP: &str = "dictionaries.zip";

/// What a file is written into piece by piece.
pub trait WriteSeek: Write + Seek {}

impl<T: Write + Seek> WriteSeek for T {}

/// The sizes of what is made: a model of this program's first study, or another host.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// GPT-NeoX with a dictionary for every submodule.
    NeoX(Shape),
    /// Another host model, with the dictionaries that are published for it.
    Host(Host),
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 6] = [
        Self::NeoX(Shape::ALL[0]),
        Self::NeoX(Shape::ALL[1]),
        Self::Host(Host::ALL[0]),
        Self::Host(Host::ALL[1]),
        Self::Host(Host::ALL[2]),
        Self::Host(Host::ALL[3]),
    ];

    /// The preset's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::NeoX(shape) => shape.name,
            Self::Host(host) => host.name,
        }
    }
}

/// Receives finished files, from several threads.
pub trait Sink: Sync {
    /// Writes a file; `path` is relative to the output folder, with `/` between the parts.
    fn file(&self, path: &str, bytes: &[u8]) -> Result<()>;

    /// Writes a file piece by piece.
    fn stream(&self, path: &str, write: &mut dyn FnMut(&mut dyn WriteSeek) -> io::Result<()>) -> Result<()>;

    /// Writes an entry of the archive [`ZIP`], not compressed; `path` is its name in the archive.
    fn entry(&self, path: &str, bytes: &[u8]) -> Result<()>;
}

/// What [`synthesize`] makes.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Sizes of the model and of its dictionaries.
    pub shape: Shape,
    /// Layouts in which the dictionaries are written.
    pub layouts: Vec<Layout>,
    /// Number of pairs in the data sets.
    pub pairs: usize,
    /// Seed of everything random.
    pub seed: u32,
}

/// Makes data sets, model and dictionaries; calls `tell` with the name of each finished part.
///
/// # Errors
/// When `sink` fails.
pub fn synthesize(plan: &Plan, sink: &dyn Sink, tell: &(dyn Fn(&str) + Sync)) -> Result<()> {
    let Plan { shape, seed, .. } = *plan;
    let pairs = Pairs::new(plan.pairs, seed);
    sink.file("pairs.json", pairs.lines().as_bytes())?;
    sink.file("baseline.json", pairs.baseline_lines().as_bytes())?;
    tell("pairs.json, baseline.json");
    let config_text = model::config(shape);
    sink.file("model/config.json", config_text.as_bytes())?;
    let weights = model::weights(shape, seed)?;
    sink.file("model/model.safetensors", &weights)?;
    tell("model");
    let config = Config::parse(config_text.as_bytes(), "config.json")?;
    let weights = TensorFile::from_bytes(Bytes::Owned(Arc::new(weights)), "model.safetensors".to_owned())?;
    let weights = WeightFiles::of(weights)?;
    let cancel = Cancel::default();
    let prompts = pairs.prompts();
    let traces = Threads::new(None)?.run(|| compute::open(None, &config, &weights, &cancel)?.traces(&prompts, &cancel))?;
    let submodules = Submodule::all(shape.layers);
    let sizes = Sizes { features: shape.features, width: shape.width, active: shape.active };
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(submodule) = submodules.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tokens: Vec<&[f32]> =
                traces.iter().flat_map(|trace| trace.output(*submodule).chunks_exact(shape.width)).collect();
            let made = Random::new(sizes, *submodule, &tokens, seed);
            for layout in &plan.layouts {
                write(shape, *layout, *submodule, &made, sink)?;
            }
            tell(&submodule.to_string());
        }
        Ok(())
    };
    // Each worker holds one dictionary in memory, in two forms.
    let workers = thread::available_parallelism().map_or(1, usize::from).min(4);
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, work).map_err(no_thread);
        let workers: Vec<_> = (0..workers).map(start).collect::<Result<_>>()?;
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn write(shape: Shape, layout: Layout, submodule: Submodule, made: &Random, sink: &dyn Sink) -> Result<()> {
    let layer = submodule.layer.0;
    let ae_pt = format!("{}_out_layer{layer}/10_{}/ae.pt", submodule.kind.name(), shape.features);
    match layout {
        Layout::SaeLens => {
            let folder = format!("{}/{layer}-{}-sm", layout.place(), submodule.kind.neuronpedia_name());
            sink.file(&format!("{folder}/cfg.json"), sae_lens_config(shape, submodule).as_bytes())?;
            sink.file(&format!("{folder}/sae_weights.safetensors"), &made.safetensors()?)
        }
        Layout::DictionaryLearning => sink.file(&format!("{}/{ae_pt}", layout.place()), &made.ae_pt()?),
        Layout::Zip => sink.entry(&format!("dictionaries/{}/{ae_pt}", shape.name), &made.ae_pt()?),
    }
}

/// A short `cfg.json`: the keys that the program checks and a few that describe the dictionary; the demo's files show all that
/// SAELens writes.
fn sae_lens_config(shape: Shape, submodule: Submodule) -> String {
    let hook = match submodule.kind {
        SubmoduleKind::Attention => "hook_attn_out",
        SubmoduleKind::Mlp => "hook_mlp_out",
        SubmoduleKind::Residual => "hook_resid_post",
        other => unreachable!("dictionaries are made of outputs, not of {}", other.name()),
    };
    let config = serde_json::json!({
        "architecture": "standard",
        "d_in": shape.width,
        "d_sae": shape.features,
        "dtype": "float32",
        "hook_name": format!("blocks.{}.{hook}", submodule.layer.0),
        "hook_layer": submodule.layer.0,
        "activation_fn_str": "relu",
        "apply_b_dec_to_input": true,
        "finetuning_scaling_factor": false,
        "normalize_activations": "none",
        "prepend_bos": false,
    });
    format!("{config:#}\n")
}

/// The problem that an operation failed which only a fault of the program can make fail.
fn fault(what: &str, error: impl std::fmt::Display) -> Problem {
    Problem::new(what, format_args!("cannot be made: {error}"), "this is a fault of the program: report it")
}

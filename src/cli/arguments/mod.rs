//! Every command and flag, each defined once; the texts of `--help` are made from these comments.

mod bench;
mod causal;
mod corpus;
mod drawn;
mod export;
mod import;
mod lens;
mod listing;
mod part;
mod plot;
mod report;
mod runs;
mod statistics;
mod studies;
mod study;
#[cfg(feature = "train")]
mod train;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use bench::{Bench, BenchArguments, BenchPairsArguments, BenchStudyArguments, BenchUiArguments};
pub use causal::{
    AblateArguments, CircuitArguments, CircuitFormat, CompareMethodsArguments, ModelArguments, Printed, SideEffectArguments,
    SideEffectsOf, SteerArguments,
};
pub use corpus::CorpusArguments;
pub use drawn::Drawn;
pub use export::{ExportArguments, Format};
pub use import::{ImportArguments, ImportFrom, NeuronpediaArguments};
pub use lens::{LensArguments, LensFormat};
pub use listing::{ListArguments, ListingArguments};
pub use part::PartArguments;
pub use plot::{AttentionArguments, PlotArguments, PlotFormat, PromptSide};
pub use report::ReportArguments;
pub use runs::{DeleteRunsArguments, NameRunArguments, RunsArguments, RunsCommand};
pub use statistics::{StatisticsArguments, StatisticsFormat};
pub use studies::{NewStudyArguments, ShowStudyArguments, StudiesArguments, StudiesCommand};
pub use study::StudyArguments;
#[cfg(feature = "train")]
pub use train::{Kept, TrainArguments};
pub use values::Choice;
use values::{backend, layout, parts, positive, preset, seconds, size, theme, threshold, within};

use crate::app::config::CLIPBOARDS;
use crate::app::state::{THRESHOLD, ThemeName};
use crate::core::request::{Backend, Shard};
use crate::core::selection::Selection;
use crate::engine::synth::{Layout, Preset};

/// Finds the features of sparse autoencoders that carry a concept in a language model.
///
/// A study compares pairs of prompts such as "John runs because" / "Anna runs because" by the logits of " he" and " she", and
/// attributes the difference to dictionary features of every attention block, MLP block and layer output.
///
/// Without a command: computes the study and explores it in the terminal while it arrives. `?` explains the screen
/// there, `saescope manual tour` takes five minutes.
#[derive(Debug, Parser)]
#[command(name = "saescope", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do instead of exploring.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What to explore.
    #[command(flatten)]
    pub explore: ExploreArguments,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compute the effects of all features and write a run file.
    ///
    /// Without any flag: the demo model inside the program, the names data, integrated gradients with 10 steps.
    Run(RunArguments),
    /// Print selected features of a run: as JSON, CSV, a Markdown table or Neuronpedia links.
    Export(ExportArguments),
    /// Ablate features of a run and say what becomes of the metric: sets of them, or each of a list by itself.
    ///
    /// Every feature outside a set C is ablated for F(C), those in it for F(C complement), at all positions of all submodules at once. The
    /// prompts are the run's own.
    Ablate(AblateArguments),
    /// Add a feature's direction to an output: what becomes of the metric, of both answers, and of what the model writes.
    ///
    /// Curves bend back, so the smallest coefficient that turns the sign is looked for step by step. No token is put before a prompt that the
    /// attribution does not have.
    Steer(SteerArguments),
    /// Say how sure the effects of a run's features are, and what a list would hold by chance.
    ///
    /// Bootstrap intervals over pairs, signs, the exchange of clean and patch prompt within pairs with p and Benjamini-Hochberg q, and the
    /// difference of two views; `saescope manual numbers` explains them.
    Statistics(StatisticsArguments),
    /// Draw a picture of a run: as SVG, as PNG or in the terminal.
    ///
    /// Every picture says below which run, view, method and selection it shows.
    Plot(PlotArguments),
    /// Write a run as one HTML page: tables that sort, pictures, cards of features with coloured prompts, tags and notes, the manifest.
    ///
    /// The page is one file, loads nothing, and can be read without scripts, on paper and by a screen reader.
    Report(ReportArguments),
    /// Say which tokens features promote and suppress by themselves (logit lens), and which features write nearly the same.
    ///
    /// It reads the decoder rows and the unembedding of the run's own model and checks by their hashes that they are the same files.
    Lens(LensArguments),
    /// Say how well integrated gradients and the gradient at the clean prompt approximate the exact effects of listed features, and how much of the
    /// effect is the error terms'.
    CompareMethods(CompareMethodsArguments),
    /// Say what features of a run respond to in a text of any size: how often they fire, where most, and which label describes that best.
    ///
    /// One line is one document. Labels are predicates such as "male pronoun"; a feature is taken as a classifier of tokens, and a label's
    /// precision and recall say how well it describes the feature. The answer is kept; work that was interrupted goes on when the same is
    /// asked again. Settings that change no number (backend, threads, --label, --quantile, --contexts) may differ then.
    Corpus(CorpusArguments),
    /// Join listed features by edges: how far a change of one moves another, by the Jacobian, and measured beside it.
    Circuit(CircuitArguments),
    /// Explore a saved run in the terminal.
    Open(OpenArguments),
    /// List the runs that the explorer kept by itself; `name` names one, `delete` deletes.
    ///
    /// Every whole computation of the explorer is kept, the latest 20 runs and 2 GB; `kept_runs` and `kept_gigabytes` in config.toml change
    /// that. A run that was given a name stays until it is deleted. Every command that takes a run takes a name or a number of
    /// this list, too.
    Runs(RunsArguments),
    /// Take over what others say of features: labels from Neuronpedia's bulk export.
    Import(ImportArguments),
    /// Put shards of one study, or runs of it over different submodules, together into the run that one machine would have given.
    ///
    /// Activations are those of strong features that every shard kept (run shards with a larger --detail to have more). How well the
    /// dictionaries fit is computed from the sums that every shard keeps; it is not known where a shard of a former version has none.
    Merge(MergeArguments),
    /// List the studies that the program knows by name; `new` writes one to change, `show` says what one consists of.
    ///
    /// One's own are files NAME.toml in the folder `studies` of the configuration folder.
    Studies(StudiesArguments),
    /// Check that a run's numbers add up; exit status 1 if they do not.
    Check(CheckArguments),
    /// Say which dictionaries can be read, in which formats, and what is refused.
    Models,
    /// Find out where a dictionary fits: measures it at the place that its files say and around it, in several set-ups; exit status 1 if the
    /// stated set-up does not fit.
    ///
    /// Tried are the neighbouring layers, the other outputs of the layer and the places inside of it (before its norms, what the MLP reads, the
    /// heads), activations as they are and centred, known scales and rules, and with --bos a first token. A text of the program's own is
    /// used unless --text names another. The exit status is 1, too, if the fit is far off what is declared.
    Inspect(InspectArguments),
    /// Download a model with its dictionaries from the Hugging Face hub into the cache that Python uses, too.
    ///
    /// Goes on where an earlier download ended, checks every file by its hash, and records the hashes of the first download: a later one
    /// that finds other files says so and stops.
    #[command(after_long_help = FETCH_ENVIRONMENT)]
    Fetch(FetchArguments),
    /// Say what this program found on this machine: folders, clipboard, colours, backends, caches, versions.
    Doctor(DoctorArguments),
    /// Print a completion script for a shell.
    Completions(CompletionsArguments),
    /// Print the manual page of the flags in roff, for the program `man`.
    Man,
    /// Explain: a tour of five minutes, the screen, the numbers, and so on; without a topic, lists the topics.
    Manual(ManualArguments),
    /// Compare a run of this program, computed now or read from RUN, with every figure that the study of pythia-70m printed; exit status 1 if one
    /// differs.
    Verify(VerifyArguments),
    /// Write random weights of real shapes, to measure and test at full size without any download.
    Synth(SynthArguments),
    /// Measure.
    Bench(Box<BenchArguments>),
    /// Train the demo model and write it into assets/demo.
    #[cfg(feature = "train")]
    TrainDemo(TrainArguments),
}

/// Flags of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// What to compute.
    #[command(flatten)]
    pub study: StudyArguments,

    /// The run file to write. [default: MODEL-METHOD.safetensors in the current folder]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Go on although a dictionary is far off what is declared of it, or fits clearly better in another set-up.
    #[arg(long)]
    pub despite_fit: bool,

    /// Keep to so much memory, such as 8G or 500M, beside files that are mapped: with smaller batches, then with layers that are read
    /// again for each pass, or not at all.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<u64>,

    /// Compute in N parts, each written into the folder OUTPUT.parts when it is done: the same command goes on where a run was killed.
    #[arg(long, value_name = "N", value_parser = parts, conflicts_with = "shard")]
    pub parts: Option<usize>,

    /// Compute only every N-th pair of prompts, from the I-th on: one of N machines' part, for `merge`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

/// Flags of `merge`.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The run files of all shards, or of runs over different submodules (dictionaries of some only), in any order; or kept runs by their
    /// names or numbers.
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,

    /// The run file to write.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Flags of the explorer without a run.
#[derive(Debug, Args)]
pub struct ExploreArguments {
    /// What to compute.
    #[command(flatten)]
    pub study: StudyArguments,

    /// Show the published figures first and compute nothing until asked.
    #[arg(long)]
    pub published: bool,

    /// How to show it.
    #[command(flatten)]
    pub display: DisplayArguments,
}

/// Flags of `open`.
#[derive(Debug, Args)]
pub struct OpenArguments {
    /// A run file, or a kept run by its name or number: see `saescope runs`.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// How to show it.
    #[command(flatten)]
    pub display: DisplayArguments,
}

/// Flags of everything that shows tables of features.
#[derive(Debug, Args)]
pub struct DisplayArguments {
    /// List the features with |effect| above X. [default: 0.1]
    #[arg(long, value_name = "X", conflicts_with = "top_k", value_parser = threshold)]
    pub threshold: Option<f32>,

    /// List the N features of largest |effect|.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub top_k: Option<usize>,

    /// Colours; `auto` asks the environment and the terminal. NO_COLOR means mono.
    #[arg(long, value_name = "THEME", value_parser = theme())]
    pub theme: Option<Choice<ThemeName>>,

    /// How `y` reaches the clipboard.
    #[arg(long, value_name = "WAY", value_parser = PossibleValuesParser::new(CLIPBOARDS))]
    pub clipboard: Option<String>,

    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,

    /// Print the same tables line by line and leave, for screen readers and pipes.
    #[arg(long)]
    pub plain: bool,
}

impl DisplayArguments {
    /// Which features are listed.
    pub fn selection(&self) -> Selection {
        self.top_k.map_or_else(|| Selection::Threshold(self.threshold.unwrap_or(THRESHOLD)), Selection::TopK)
    }
}

/// The section of `fetch --help` on environment variables.
const FETCH_ENVIRONMENT: &str = "\
Environment, as for Python's huggingface_hub:
  HF_HOME                  the folder of cache and token [default: ~/.cache/huggingface]
  HF_HUB_CACHE             the cache [default: hub in HF_HOME]
  HF_ENDPOINT              the hub, or a mirror of it [default: https://huggingface.co]
  HF_TOKEN                 a token, sent to HF_ENDPOINT alone; HUGGING_FACE_HUB_TOKEN is its older name
                           [default: the file token in HF_HOME]
  HF_HUB_OFFLINE           1: use no network, check what is here
  HF_HUB_DOWNLOAD_TIMEOUT  seconds in which something must arrive [default: 30]
  HTTPS_PROXY, NO_PROXY    a proxy, and what is reached without it";

/// Flags of `fetch`.
#[derive(Debug, Args)]
pub struct FetchArguments {
    /// A model by its name: pythia-70m, pythia-160m, gpt2-small, gemma-2-2b, llama-3.1-8b, or one described in models.toml (`saescope doctor` lists them and says where that file is).
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Which of its dictionaries.
    #[command(flatten)]
    pub part: PartArguments,

    /// Say what is missing, how large it is and what a study would take, and write nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Download N files at a time.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = within(1..=64))]
    pub parallel: usize,

    /// Try N times more when the hub is in trouble or a connection breaks; a try that gets a megabyte further is not counted.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub retries: u32,

    /// Wait so many seconds before the first try again, twice as many before each that follows. What the hub asks for comes first.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub wait: Duration,

    /// Take files that differ from those of the first download, and record them instead.
    #[arg(long)]
    pub accept_changes: bool,
}

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {}

/// Flags of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Flags of `manual`.
#[derive(Debug, Args)]
pub struct ManualArguments {
    /// What to explain, such as tour, screen, numbers or glossary.
    #[arg(value_name = "TOPIC")]
    pub topic: Option<String>,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// A run file, or a kept run by its name or number, to compare instead of computing.
    #[arg(value_name = "RUN")]
    pub run: Option<PathBuf>,

    /// Other published figures, in the form of data/published/names_comparison.json. [default: those of the study of names]
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,

    /// What to compute; method, steps, tokens and examples are the study's.
    #[command(flatten)]
    pub study: StudyArguments,
}

/// Flags of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// The model's folder, as for `run`, or `demo`; or alone, the folder of dictionaries on the hub: `hf://OWNER/NAME[@REVISION]/FOLDER`, of
    /// which only headers, configurations and small tensors are downloaded, and nothing is measured.
    #[arg(value_name = "MODEL|hf://..")]
    pub model: PathBuf,

    /// A folder with one dictionary, in any format that `models` lists.
    #[arg(value_name = "DICTIONARY")]
    pub dictionary: Option<PathBuf>,

    /// A file with one text on each line, or one array of token ids.
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,

    /// The token id to put in front of each text as well; `bos_token_id` of the model's config.json if none is given.
    #[arg(long, value_name = "ID")]
    pub bos: Option<u32>,

    /// The backend that computes; `auto` takes the first that works.
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = backend())]
    pub backend: Choice<Backend>,
}

/// Flags of `synth`.
#[derive(Debug, Args)]
pub struct SynthArguments {
    /// The shape of model and dictionaries: pythia-70m takes 0.2 GB and 2.4 GB, gpt2-small with 12 residual dictionaries 0.5 GB and 1.8 GB,
    /// gemma-2-2b with those of one layer 5.2 GB and 0.9 GB.
    #[arg(long, value_name = "NAME", default_value = "pythia-70m", value_parser = preset())]
    pub preset: Preset,

    /// A new or empty folder.
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,

    /// How dictionaries are written; several, separated by commas, give the same dictionaries several times.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', default_value = "sae-lens", value_parser = layout())]
    pub format: Vec<Layout>,

    /// Pairs of prompts, of three tokens each.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = within(1..=1_000_000))]
    pub pairs: usize,

    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u32,
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// A run file, or a kept run by its name or number.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
}

//! Every command and flag, once; `--help` is made from these comments.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::app::config::CLIPBOARDS;
use crate::app::state::ThemeName;
use crate::core::request::Backend;
use crate::core::run::Method;
use crate::core::view::View;

/// Finds the features of sparse autoencoders that carry a concept in a language model.
///
/// A study compares pairs of prompts such as "John runs because" / "Anna runs because" by the logits of " he" and " she", and
/// attributes the difference to dictionary features of every attention block, MLP block and layer output.
///
/// Without a command: computes the study and explores it in the terminal while it arrives. Keys are listed by `?`.
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
    /// Explore a saved run in the terminal.
    Open(OpenArguments),
    /// Check that a run's numbers add up; exit status 1 if they do not.
    Check(CheckArguments),
    /// Say what this program found on this machine: folders, clipboard, colours, backends, caches, versions.
    Doctor(DoctorArguments),
    /// Print a completion script for a shell.
    Completions(CompletionsArguments),
    /// Print the manual page.
    Man,
    /// Measure.
    Bench(BenchArguments),
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
    /// A run file.
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
    #[arg(long, value_name = "auto|dark|light|16|mono", value_parser = theme)]
    pub theme: Option<ThemeChoice>,

    /// How `y` reaches the clipboard.
    #[arg(long, value_name = "auto|tmux|screen|osc52|local|file", value_parser = PossibleValuesParser::new(CLIPBOARDS))]
    pub clipboard: Option<String>,

    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,

    /// Print the same tables line by line and leave, for screen readers and pipes.
    #[arg(long)]
    pub plain: bool,
}

/// A theme, or whatever is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeChoice {
    /// By the environment and the terminal.
    Auto,
    /// This one.
    Named(ThemeName),
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

/// Flags of `bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// What to measure.
    #[command(subcommand)]
    pub what: Bench,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// The explorer: from a key to its frame, with many features and, unless --idle, a computation on all cores.
    Ui(BenchUiArguments),
    /// The engine: integrated gradients of a study, against the least arithmetic that it takes and how fast this machine multiplies.
    Engine(BenchEngineArguments),
}

/// Flags of `bench engine`.
#[derive(Debug, Args)]
pub struct BenchEngineArguments {
    /// What to compute.
    #[command(flatten)]
    pub study: StudyArguments,

    /// How often; medians are reported.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive)]
    pub runs: usize,

    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `bench ui`.
#[derive(Debug, Args)]
pub struct BenchUiArguments {
    /// Features with an effect, in each view.
    #[arg(long, value_name = "N", default_value_t = 600_000, value_parser = positive)]
    pub features: usize,

    /// Key presses that are measured.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = positive)]
    pub keys: usize,

    /// Do not compute beside it.
    #[arg(long)]
    pub idle: bool,

    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// What to compute.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// `demo`, `pythia-70m` (from the Hugging Face cache), or a Hugging Face folder of a GPT-NeoX model. [default: demo; to explore:
    /// pythia-70m if it is in the cache, else demo]
    #[arg(long, value_name = "demo|pythia-70m|DIR")]
    pub model: Option<String>,

    /// The folder that holds the model's dictionaries: `attn_out_layer0/10_32768/ae.pt` and so on, or `0-att-sm/` and so on.
    #[arg(long, value_name = "DIR")]
    pub dictionaries: Option<PathBuf>,

    /// Pairs of prompts, as JSON lines with clean_prefix, patch_prefix, clean_answer and patch_answer (text, or arrays of token ids).
    /// Without it: 50 pairs of names and their baseline. With it, only --baseline gives a baseline view.
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

    /// `ig`: integrated gradients. `attrib`: one gradient at the clean run. `exact`: one forward pass per feature and token.
    #[arg(long, value_name = "ig|attrib|exact", default_value = "ig")]
    pub method: Method,

    /// Points on the path of integrated gradients.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = steps)]
    pub steps: usize,

    /// Most examples computed together (fewer of long prompts); more need more memory and change no effect (at most which single examples are kept, where not all fit).
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive)]
    pub batch: usize,

    /// Keep single examples of the N strongest features of each view; of fewer, and the run says so, where that would not fit into memory.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub detail: usize,

    /// `auto` takes the best backend in this program that works: cuda, native, flex, ndarray.
    #[arg(long, value_name = "auto|native|flex|ndarray|cuda", default_value = "auto", value_parser = backend)]
    pub backend: BackendChoice,

    /// Compute on N threads. [default: one for each core]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
}

/// A backend, or the best one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendChoice {
    /// The best one that works.
    Auto,
    /// This one.
    Named(Backend),
}

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("selection").required(true)))]
pub struct ExportArguments {
    /// A run file.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Which features: of one view, or of two compared.
    #[arg(long, value_enum)]
    pub view: ExportView,

    /// The two views that difference and similarity compare. [default: male,baseline]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    pub of: Option<Vec<View>>,

    /// Select the features with |effect| above X; 0 selects every feature with an effect.
    #[arg(long, value_name = "X", group = "selection", value_parser = threshold)]
    pub threshold: Option<f32>,

    /// Select the N features of largest |effect|, over all submodules together.
    #[arg(long, value_name = "N", group = "selection")]
    pub top_k: Option<usize>,

    /// How to print them.
    #[arg(long, value_enum)]
    pub format: Format,

    /// Name of the quick list, for --format url. [default: view and selection]
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
}

/// What `export` can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportView {
    /// Clean is the clean prompt of the pair file.
    Male,
    /// Clean is the patch prompt of the pair file.
    Female,
    /// The baseline file.
    Baseline,
    /// Features that only one of two selections holds.
    Difference,
    /// Features that both selections hold.
    Similarity,
}

/// How `export` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One object with `view`, `selection`, `features` and `errors`.
    Json,
    /// One line a feature, with a header.
    Csv,
    /// A table.
    Markdown,
    /// Neuronpedia quick lists, one address a line.
    Url,
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// A run file.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
}

/// Flags of `train-demo`.
#[cfg(feature = "train")]
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// The folder to write into.
    #[arg(long, value_name = "DIR", default_value = "assets/demo")]
    pub output: PathBuf,

    /// The folder that holds names.json and baseline_names.json.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,

    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u32,

    /// What of the files in --output is kept: `model` trains only the dictionaries, `all` only measures.
    #[arg(long, value_enum, default_value_t = Kept::Nothing)]
    pub keep: Kept,
}

/// What `train-demo` does not train again.
#[cfg(feature = "train")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kept {
    /// Everything is trained.
    Nothing,
    /// The tokenizer and the language model stay.
    Model,
    /// Everything stays.
    All,
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("use a whole number from 1 up".to_owned()),
    }
}

/// The error of a left Riemann sum falls as 1/steps: at this many it is below what f32 resolves, and more is a slip of the finger.
const MOST_STEPS: usize = 100_000;

fn steps(text: &str) -> Result<usize, String> {
    match positive(text) {
        Ok(steps) if steps <= MOST_STEPS => Ok(steps),
        _ => Err(format!("use a whole number from 1 to {MOST_STEPS}")),
    }
}

fn threshold(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("use a number from 0 up, such as 0.1".to_owned()),
    }
}

fn theme(text: &str) -> Result<ThemeChoice, String> {
    if text == "auto" {
        return Ok(ThemeChoice::Auto);
    }
    let named = ThemeName::ALL.into_iter().find(|theme| theme.name() == text);
    named.map(ThemeChoice::Named).ok_or_else(|| "use auto, dark, light, 16 or mono".to_owned())
}

fn backend(text: &str) -> Result<BackendChoice, String> {
    if text == "auto" {
        return Ok(BackendChoice::Auto);
    }
    text.parse().map(BackendChoice::Named).map_err(|problem: crate::core::problem::Problem| problem.to_string())
}

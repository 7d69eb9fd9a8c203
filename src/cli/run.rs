//! `saescope run`: compute, show progress, print a summary, write the run file.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{BackendChoice, RunArguments};
use super::{output, summary};
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::run::Run;
use crate::engine::attribution::Settings;
use crate::engine::dataset::Options;
use crate::engine::study::{DataSource, ModelSource, Request};
use crate::engine::worker::Job;
use crate::store::atomic::AtomicFile;
use crate::store::{hub_cache, run_file};

/// Model and dictionaries of the published study on the Hugging Face hub.
const PYTHIA_MODEL: &str = "EleutherAI/pythia-70m-deduped";
const PYTHIA_NAME: &str = "pythia-70m-deduped";
const PYTHIA_DICTIONARIES: [&str; 3] = [
    "ctigges/pythia-70m-deduped__att-sm_processed",
    "ctigges/pythia-70m-deduped__mlp-sm_processed",
    "ctigges/pythia-70m-deduped__res-sm_processed",
];

/// Runs the command.
pub fn run(arguments: RunArguments) -> Result<ExitCode> {
    let path = arguments.output.clone().unwrap_or_else(|| default_output(&arguments));
    // Before the work, so that nobody waits for a result that cannot be written.
    let file = AtomicFile::create(&path)?;
    expect_replaceable(&path)?;
    let run = compute(request(arguments)?)?;
    run_file::write(&run, file)?;
    output::print(&summary::results(&run, &path))?;
    Ok(ExitCode::SUCCESS)
}

/// Computes on the background thread and shows how far it is.
fn compute(request: Request) -> Result<Run> {
    let job = Job::start(request)?;
    let bar = progress_bar();
    for event in job.events() {
        match event {
            Event::Opened(opened) => bar.suspend(|| output::print(&summary::inputs(&opened)))?,
            Event::Step(Step::Progress(progress)) => {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
                bar.set_message(progress.stage);
            }
            // The whole run follows; single submodules are for whoever shows them at once.
            Event::Step(Step::Found(..)) => {}
            Event::Ended(outcome) => {
                bar.finish_and_clear();
                return outcome.map(|run| *run);
            }
        }
    }
    Err(Problem::new("attribution", "ended without a result", "report it with the command line"))
}

/// A former run may be replaced; anything else that exists, the model's own weights above all, may not.
fn expect_replaceable(path: &Path) -> Result<()> {
    let is_empty = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0);
    if !path.exists() || is_empty || run_file::is_run(path)? {
        return Ok(());
    }
    Err(Problem::new(path.display(), "exists and is no run file", "choose another --output, or remove the file first"))
}

fn request(arguments: RunArguments) -> Result<Request> {
    let model = model_source(&arguments.model, arguments.dictionaries)?;
    let data = match arguments.pairs {
        Some(pairs) => DataSource::Files { pairs, baseline: arguments.baseline },
        None => DataSource::Embedded,
    };
    Ok(Request {
        model,
        data,
        options: Options { seed: arguments.seed, tokens: arguments.tokens, examples: arguments.examples },
        settings: Settings { method: arguments.method, steps: arguments.steps, batch: arguments.batch, detail: arguments.detail },
        backend: match arguments.backend {
            BackendChoice::Auto => None,
            BackendChoice::Named(backend) => Some(backend),
        },
    })
}

fn model_source(model: &str, dictionaries: Option<PathBuf>) -> Result<ModelSource> {
    match (model, dictionaries) {
        ("demo", None) => Ok(ModelSource::Demo),
        ("demo", Some(folder)) => Err(Problem::new(
            format_args!("--dictionaries {}", folder.display()),
            "the demo model has its own dictionaries",
            "name the model that these belong to with --model",
        )),
        ("pythia-70m", dictionaries) => {
            let dictionaries = match dictionaries {
                Some(folder) => vec![folder],
                None => PYTHIA_DICTIONARIES.into_iter().map(downloaded).collect::<Result<_>>()?,
            };
            Ok(ModelSource::Folder { model: downloaded(PYTHIA_MODEL)?, dictionaries, name: Some(PYTHIA_NAME.to_owned()) })
        }
        (folder, Some(dictionaries)) => {
            Ok(ModelSource::Folder { model: PathBuf::from(folder), dictionaries: vec![dictionaries], name: None })
        }
        (folder, None) => Err(Problem::new(
            format_args!("--model {folder}"),
            "has no dictionaries",
            "give their folder with --dictionaries, or use --model demo",
        )),
    }
}

fn downloaded(repository: &str) -> Result<PathBuf> {
    hub_cache::snapshot(repository).ok_or_else(|| {
        Problem::new(
            hub_cache::folder().display(),
            format_args!("{repository} is not there"),
            format_args!("download it with `hf download {repository}`, or give folders with --model DIR --dictionaries DIR"),
        )
    })
}

fn default_output(arguments: &RunArguments) -> PathBuf {
    let model =
        Path::new(&arguments.model).file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned());
    PathBuf::from(format!("{model}-{}.safetensors", arguments.method))
}

/// Rate and remaining time on a terminal; nothing elsewhere.
fn progress_bar() -> ProgressBar {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} submodule views, {per_sec}, {eta} left, {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

//! From the flags of a study to the request that the engine takes.

use std::path::PathBuf;

use super::arguments::{BackendChoice, StudyArguments};
use crate::core::problem::{Problem, Result};
use crate::core::request::{DataSource, ModelSource, Options, Request, Settings};
use crate::engine::threads;
use crate::store::hub_cache;

/// The model inside the program.
pub const DEMO: &str = "demo";

/// The model of the published study.
const PYTHIA: &str = "pythia-70m";

/// Model and dictionaries of the published study on the Hugging Face hub.
const PYTHIA_MODEL: &str = "EleutherAI/pythia-70m-deduped";
const PYTHIA_NAME: &str = "pythia-70m-deduped";
const PYTHIA_DICTIONARIES: [&str; 3] = [
    "ctigges/pythia-70m-deduped__att-sm_processed",
    "ctigges/pythia-70m-deduped__mlp-sm_processed",
    "ctigges/pythia-70m-deduped__res-sm_processed",
];

/// The model that is explored where none is named: the study's own if its files are on this machine, else the demo.
pub fn default_model() -> &'static str {
    let is_here = |repository: &str| hub_cache::snapshot(repository).is_some();
    if is_here(PYTHIA_MODEL) && PYTHIA_DICTIONARIES.into_iter().all(is_here) { PYTHIA } else { DEMO }
}

/// The request that the flags make; `default` is the model where none is named. Limits the threads of this process if they say so.
pub fn request(arguments: StudyArguments, default: &str) -> Result<Request> {
    if let Some(threads) = arguments.threads {
        threads::limit(threads)?;
    }
    let model = model_source(arguments.model.as_deref().unwrap_or(default), arguments.dictionaries)?;
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
        (DEMO, None) => Ok(ModelSource::Demo),
        (DEMO, Some(folder)) => Err(Problem::new(
            format_args!("--dictionaries {}", folder.display()),
            "the demo model has its own dictionaries",
            "name the model that these belong to with --model",
        )),
        (PYTHIA, dictionaries) => {
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

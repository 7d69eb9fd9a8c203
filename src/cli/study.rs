//! Turns the flags of a study into a request to the engine.

use std::path::{Path, PathBuf};

use super::arguments::StudyArguments;
use crate::app::state::download::Offer;
use crate::core::neuronpedia::Hosted;
use crate::core::parts::Parts;
use crate::core::problem::{Problem, Result};
use crate::core::release::Release;
use crate::core::request::{ModelSource, Options, Request, Settings};
use crate::engine::file_facts;
use crate::store::hub::cache::{self, Local, here, local};
use crate::store::presets::{Preset, Presets, STUDY};
use crate::store::studies::{self, Studies};

/// The name of the model that the program ships.
pub const DEMO: &str = "demo";

/// The model that is explored if none is named: the published study's own if its files are on this machine, otherwise the demo.
pub fn default_model() -> Result<&'static str> {
    let presets = Presets::of_user()?;
    let is_here = |preset: &Preset| matches!(here(preset), Local::Complete(_));
    Ok(if presets.find(STUDY).is_some_and(is_here) { STUDY } else { DEMO })
}

/// The models that have pages on Neuronpedia, for commands that show links.
pub fn hosted() -> Result<Hosted> {
    Ok(Presets::of_user()?.hosted())
}

/// How to treat a model known by name that is not on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// The command fails.
    Refused,
    /// The explorer offers to download it.
    Offered,
}

/// The models that can be downloaded and are not completely on this machine.
pub fn offers() -> Result<Vec<Offer>> {
    let presets = Presets::of_user()?;
    let offer = |preset: &Preset| match here(preset) {
        Local::Complete(_) => None,
        Local::Missing(missing) => Some(Offer {
            name: preset.name.clone(),
            files: preset.files(),
            missing: missing.len(),
            about_bytes: preset.about_bytes(),
        }),
    };
    Ok(presets.all().iter().filter_map(offer).collect())
}

/// The request that the flags describe; `default` is the model if none is named.
pub fn request(arguments: StudyArguments, default: &str) -> Result<Request> {
    request_with(arguments, default, Absent::Refused)
}

/// The request of the explorer, which can download a model that is not on this machine.
pub fn request_to_explore(arguments: StudyArguments, default: &str) -> Result<Request> {
    request_with(arguments, default, Absent::Offered)
}

fn request_with(arguments: StudyArguments, default: &str, absent: Absent) -> Result<Request> {
    if arguments.hash_again {
        file_facts::find_out_again();
    }
    let parts = arguments.part.parts();
    let model = model_source(arguments.model.as_deref().unwrap_or(default), arguments.dictionaries, &parts, absent)?;
    let study = match (arguments.pairs, arguments.study) {
        (Some(pairs), _) => studies::pairs_only(pairs, arguments.baseline)?,
        (None, Some(study)) => Studies::find().open(&study)?,
        (None, None) => studies::names()?,
    };
    let StudyArguments { method, rule, steps, batch, detail, .. } = arguments;
    let settings = Settings { method, rule, steps, batch, detail };
    if steps > rule.most_steps() {
        return Err(Problem::new(
            format_args!("--steps {steps}"),
            format_args!("is more than --rule {} takes", rule.name()),
            format_args!("use at most {}: more bring nothing in 32 bits", rule.most_steps()),
        ));
    }
    Ok(Request {
        model,
        study,
        options: Options { seed: arguments.seed, tokens: arguments.tokens, examples: arguments.examples },
        settings,
        backend: arguments.backend.named(),
        threads: arguments.threads,
        shard: None,
    })
}

/// The model that the flags name, which must be on this machine.
pub fn named_model(model: &str, dictionaries: Option<PathBuf>) -> Result<ModelSource> {
    model_source(model, dictionaries, &Parts::default(), Absent::Refused)
}

/// The model that `model` means, a name or a folder, without dictionaries, and whether those of its release read centred activations.
pub fn model_alone(model: &Path) -> Result<(ModelSource, bool)> {
    let folder =
        || ModelSource::Folder { model: model.to_owned(), dictionaries: Vec::new(), name: None, release: Release::default() };
    // A path need not be text, and a name is.
    let Some(name) = model.to_str() else { return Ok((folder(), false)) };
    if name == DEMO {
        return Ok((ModelSource::Demo, false));
    }
    let presets = Presets::of_user()?;
    let Some(preset) = presets.find(name).filter(|_| !model.is_dir()) else { return Ok((folder(), false)) };
    let cache = cache::folder()?;
    match local(&Preset { dictionaries: Vec::new(), only_if_asked: Vec::new(), ..preset.clone() }, &cache) {
        Local::Complete(source) => Ok((source, preset.centred)),
        Local::Missing(missing) => Err(not_here(preset, &missing, &cache, &Parts::default())),
    }
}

fn model_source(model: &str, dictionaries: Option<PathBuf>, parts: &Parts, absent: Absent) -> Result<ModelSource> {
    let whole = match (model, dictionaries) {
        (DEMO, None) => Ok(ModelSource::Demo),
        (DEMO, Some(folder)) => Err(Problem::new(
            format_args!("--dictionaries {}", folder.display()),
            "the demo model has its own dictionaries",
            "name the model that these belong to with --model",
        )),
        (name, dictionaries) => {
            let presets = Presets::of_user()?;
            match (presets.find(name), dictionaries) {
                (Some(preset), dictionaries) => downloaded(preset, dictionaries, parts, absent),
                (None, Some(dictionaries)) => Ok(ModelSource::Folder {
                    model: PathBuf::from(name),
                    dictionaries: vec![dictionaries],
                    name: None,
                    release: Release::default(),
                }),
                (None, None) if !Path::new(name).exists() => Err(Problem::new(
                    format_args!("--model {name}"),
                    "is neither a model that is known by name nor a folder",
                    format_args!("check the path, or use --model {DEMO} or {}", presets.names().join(" or ")),
                )),
                (None, None) => Err(Problem::new(
                    format_args!("--model {name}"),
                    "has no dictionaries",
                    format_args!(
                        "give their folder with --dictionaries, or use --model {DEMO} or {}",
                        presets.names().join(" or ")
                    ),
                )),
            }
        }
    }?;
    Ok(if parts.is_all() { whole } else { part_of(whole, parts) })
}

/// Those dictionaries of `source` that are in `parts`.
pub fn part_of(source: ModelSource, parts: &Parts) -> ModelSource {
    match source {
        ModelSource::Preset(_) => source,
        ModelSource::Part(whole, _) => ModelSource::Part(whole, parts.clone()),
        whole => ModelSource::Part(Box::new(whole), parts.clone()),
    }
}

/// The flags that name `parts`, each after a space.
fn flags_of(parts: &Parts) -> String {
    let layers = parts.layers.map_or_else(String::new, |layers| format!(" --layers {layers}"));
    let kinds: Vec<&str> = parts.kinds.iter().map(|kind| kind.name()).collect();
    if kinds.is_empty() { layers } else { format!("{layers} --sites {}", kinds.join(",")) }
}

/// The source of a preset's files in the cache; `dictionaries` replaces its own dictionaries if given.
fn downloaded(preset: &Preset, dictionaries: Option<PathBuf>, parts: &Parts, absent: Absent) -> Result<ModelSource> {
    // A part is offered whole only where all of it is meant.
    let offers = dictionaries.is_none() && absent == Absent::Offered && parts.is_all();
    let cache = cache::folder()?;
    let found = match dictionaries {
        None => local(&preset.part(parts)?, &cache),
        Some(folder) => match local(&Preset { dictionaries: Vec::new(), only_if_asked: Vec::new(), ..preset.clone() }, &cache) {
            Local::Complete(ModelSource::Folder { model, name, .. }) => {
                Local::Complete(ModelSource::Folder { model, dictionaries: vec![folder], name, release: Release::default() })
            }
            other => other,
        },
    };
    match found {
        Local::Complete(source) => Ok(source),
        Local::Missing(_) if offers => Ok(ModelSource::Preset(preset.name.clone())),
        Local::Missing(missing) => Err(not_here(preset, &missing, &cache, parts)),
    }
}

/// The problem that files of `preset` are not in the cache.
fn not_here(preset: &Preset, missing: &[(String, String)], cache: &Path, parts: &Parts) -> Problem {
    let name = &preset.name;
    Problem::new(
        format_args!("--model {name}, in {}", cache.display()),
        cache::described(preset, missing),
        format_args!(
            "download them with `saescope fetch {name}{}`, or give folders with --model DIR --dictionaries DIR",
            flags_of(parts)
        ),
    )
}

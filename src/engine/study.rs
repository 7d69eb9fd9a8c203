//! One study from its inputs to its run: opens model, dictionaries and data, computes, and writes down from what.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::core::effects::ViewEffects;
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::{DataSource, ModelSource, Request, Shard};
use crate::core::run::{DataRecord, ExampleRecord, FORMAT, Manifest, Method, ModelRecord, Opened, Run, Seconds, ShardRecord};
use crate::core::text::excerpt;
use crate::engine::attribution::{Batch, Stages, attribute_timed, plan};
use crate::engine::cancel::Cancel;
use crate::engine::compute::{self, Compute};
use crate::engine::dataset::shard::deal;
use crate::engine::dataset::{self, DataSet, Limits, Source};
use crate::engine::demo;
use crate::engine::dictionary::{Dictionary, folder};
use crate::engine::floor::Floor;
use crate::engine::hash::sha256_hex;
use crate::engine::identity::{Identity, identify};
use crate::engine::model::config::Config;
use crate::engine::tensor_file::TensorFile;
use crate::engine::tokenizer::Tokenizer;
use crate::engine::worker::{THREAD, no_thread};

/// A study whose inputs are open.
pub struct Study {
    request: Request,
    name: String,
    config_sha256: String,
    weights: TensorFile,
    tokenizer: Option<Tokenizer>,
    dictionaries: Vec<Dictionary>,
    compute: Box<dyn Compute>,
    pairs: DataSet,
    baseline: Option<DataSet>,
    shard: Option<ShardRecord>,
    open_seconds: f64,
    /// Of the last attribution.
    stages: Mutex<Stages>,
}

impl Study {
    /// Opens and checks everything that `request` names, unless `cancel` is raised.
    pub fn open(request: Request, cancel: &Cancel) -> Result<Self> {
        let start = Instant::now();
        let Parts { name, config, config_sha256, weights, tokenizer, dictionaries } = match &request.model {
            ModelSource::Demo => open_demo()?,
            ModelSource::Preset(name) => {
                let remedy = format!("download it with `saescope fetch {name}`");
                return Err(Problem::new(format_args!("model {name}"), "is not on this machine", remedy));
            }
            ModelSource::Folder { model, dictionaries, name } => open_folder(model, dictionaries, name.as_deref(), cancel)?,
        };
        let limits = Limits { vocabulary: config.vocabulary, context: config.context };
        let load = |source: &Source<'_>| dataset::load(source, tokenizer.as_ref(), request.options, limits, cancel);
        let (mut pairs, mut baseline) = match &request.data {
            DataSource::Embedded => (load(&demo::NAMES)?, Some(load(&demo::BASELINE_NAMES)?)),
            DataSource::Files { pairs, baseline } => {
                (load(&Source::File(pairs))?, baseline.as_ref().map(|path| load(&Source::File(path))).transpose()?)
            }
        };
        let shard = request.shard.map(|shard| take_shard(&mut pairs, baseline.as_mut(), shard)).transpose()?;
        let compute = compute::open(request.backend, &config, &weights, cancel)?;
        let open_seconds = start.elapsed().as_secs_f64();
        Ok(Self {
            request,
            name,
            config_sha256,
            weights,
            tokenizer,
            dictionaries,
            compute,
            pairs,
            baseline,
            shard,
            open_seconds,
            stages: Mutex::default(),
        })
    }

    /// What is known before computing.
    pub fn opened(&self) -> Opened {
        Opened {
            model: self.name.clone(),
            layers: self.compute.config().layers,
            backend: self.compute.backend().to_owned(),
            pairs: self.data_record(&self.pairs),
            baseline: self.baseline.as_ref().map(|data| self.data_record(data)),
        }
    }

    /// Computes all views, and hashes the files on a thread beside that. `tell` hears of steps and of the subject, from both threads.
    ///
    /// # Errors
    /// When `cancel` was asked for, or an input turns out to be unusable; `cancel` is raised then in any case.
    pub fn run(&self, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) -> Result<Run> {
        let created_unix_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        // The model on its backend stays with this thread.
        let (name, weights, dictionaries) = (&self.name, &self.weights, &self.dictionaries);
        let hash = || {
            cancel.unless_finished(|| identify(name, weights, dictionaries, &|subject| tell(Event::Identified(subject)), cancel))
        };
        thread::scope(|scope| {
            let hashing = thread::Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, hash).map_err(no_thread)?;
            let start = Instant::now();
            let reports = Mutex::new(HashMap::new());
            let tell = |event: Event| {
                if let Event::Step(Step::Fitted(submodule, report)) = &event {
                    let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
                    reports.insert(submodule.to_string(), *report);
                }
                tell(event);
            };
            let views = cancel.unless_finished(|| self.attribute(&tell, cancel));
            let attribution = start.elapsed().as_secs_f64();
            let identity = hashing.join().unwrap_or_else(|panic| resume_unwind(panic));
            // If both failed, the attribution knows why: hashing only ever fails because it was told to stop.
            let (views, mut identity) = (views?, identity?);
            let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
            for record in &mut identity.dictionaries {
                record.report = reports.remove(&record.submodule);
            }
            let seconds = Seconds { open: self.open_seconds, attribution, hash: identity.seconds };
            Ok(Run { manifest: self.manifest(identity, created_unix_seconds, seconds), views })
        })
    }

    fn attribute(&self, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) -> Result<Vec<ViewEffects>> {
        let baseline = self.baseline.as_ref().map(|data| data.examples.as_slice());
        // Where none of a shard's prompts has a baseline, the shard has no such view.
        let baseline = baseline.filter(|examples| !examples.is_empty());
        let (compute, pairs, settings) = (self.compute.as_ref(), &self.pairs.examples, self.request.settings);
        let observer = &mut |step| tell(Event::Step(step));
        let (views, stages) = attribute_timed(compute, &self.dictionaries, pairs, baseline, settings, observer, cancel)?;
        *self.stages.lock().unwrap_or_else(PoisonError::into_inner) = stages;
        views.iter().try_for_each(expect_finite)?;
        Ok(views)
    }

    /// How long the parts of the last run took.
    pub fn stages(&self) -> Stages {
        *self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model's sizes.
    pub fn config(&self) -> &Config {
        self.compute.config()
    }

    /// The least arithmetic that this study takes by integrated gradients, and the most prefixes that are encoded together.
    pub fn floor(&self) -> (Floor, usize) {
        let baseline = self.baseline.as_ref().map_or(&[][..], |data| &data.examples);
        let batches = plan(&self.pairs.examples, baseline, self.request.settings.batch);
        let features: Vec<usize> = self.dictionaries.iter().map(Dictionary::features).collect();
        let prefixes = batches.iter().map(Batch::prefixes).max().unwrap_or(0);
        (Floor::of(self.config(), &features, &batches, self.request.settings.steps), prefixes)
    }

    fn manifest(&self, identity: Identity, created_unix_seconds: u64, seconds: Seconds) -> Manifest {
        let (config, settings) = (self.compute.config(), self.request.settings);
        let model = ModelRecord {
            name: self.name.clone(),
            source: self.weights.name().to_owned(),
            sha256: identity.weights_sha256,
            config_sha256: self.config_sha256.clone(),
            tokenizer_sha256: self.tokenizer.as_ref().map(|tokenizer| tokenizer.sha256().to_owned()),
            layers: config.layers,
            width: config.width,
        };
        Manifest {
            format: FORMAT,
            program: format!("saescope {}", env!("CARGO_PKG_VERSION")),
            created_unix_seconds,
            backend: self.compute.backend().to_owned(),
            method: settings.method,
            steps: (settings.method == Method::Ig).then_some(settings.steps),
            seed: self.request.options.seed,
            tokens: self.request.options.tokens,
            examples: self.request.options.examples,
            batch: settings.batch,
            detail: settings.detail,
            model,
            dictionaries: identity.dictionaries,
            pairs: self.data_record(&self.pairs),
            baseline: self.baseline.as_ref().map(|data| self.data_record(data)),
            seconds,
            shard: self.shard.clone(),
        }
    }

    fn data_record(&self, data: &DataSet) -> DataRecord {
        let text =
            |token: u32| self.tokenizer.as_ref().map_or_else(|| format!("#{token}"), |tokenizer| tokenizer.token_text(token));
        let texts = |tokens: &[u32]| tokens.iter().map(|token| text(*token)).collect();
        let examples = data.examples.iter().map(|example| ExampleRecord {
            line: example.line,
            clean_text: texts(&example.clean),
            patch_text: texts(&example.patch),
            clean_answer: example.clean_answer,
            patch_answer: example.patch_answer,
            clean_answer_text: text(example.clean_answer),
            patch_answer_text: text(example.patch_answer),
            clean_tokens: example.clean.clone(),
            patch_tokens: example.patch.clone(),
        });
        DataRecord {
            source: data.name.clone(),
            sha256: data.sha256.clone(),
            lines: data.lines,
            dropped: data.dropped,
            examples: examples.collect(),
        }
    }
}

/// Leaves only the examples of `shard`.
fn take_shard(pairs: &mut DataSet, baseline: Option<&mut DataSet>, shard: Shard) -> Result<ShardRecord> {
    let none = Vec::new();
    let [ours, ours_of_baseline] = deal(&pairs.examples, baseline.as_ref().map_or(&none, |data| &data.examples), shard);
    if ours.is_empty() {
        return Err(Problem::new(
            format_args!("shard {}/{}", shard.number, shard.of),
            format_args!("has none of the {} pairs", pairs.examples.len()),
            "divide into fewer shards",
        ));
    }
    let pick =
        |data: &mut DataSet, kept: &[usize]| data.examples = kept.iter().map(|index| data.examples[*index].clone()).collect();
    pick(pairs, &ours);
    if let Some(baseline) = baseline {
        pick(baseline, &ours_of_baseline);
    }
    Ok(ShardRecord { number: shard.number, of: shard.of, pairs: ours, baseline: ours_of_baseline })
}

/// Weights are checked when they are read, but finite weights can still overflow on the way.
fn expect_finite(view: &ViewEffects) -> Result<()> {
    let place = format!("view {}", view.view);
    let remedy = "check that config.json, weights and dictionaries belong together";
    if let Some(example) = view.total_effects().position(|effect| !effect.is_finite()) {
        return Err(Problem::new(place, format_args!("the metric of example {} is no finite number", example + 1), remedy));
    }
    for effects in &view.submodules {
        let numbers = effects.effects.iter().chain([&effects.error.effect]).chain(effects.gradient_dot_change.as_ref());
        if let Some(number) = numbers.into_iter().find(|number| !number.is_finite()) {
            return Err(Problem::new(place, format_args!("an effect in {} is {number}", effects.submodule), remedy));
        }
    }
    Ok(())
}

struct Parts {
    name: String,
    config: Config,
    config_sha256: String,
    weights: TensorFile,
    tokenizer: Option<Tokenizer>,
    dictionaries: Vec<Dictionary>,
}

fn open_demo() -> Result<Parts> {
    let config = demo::config()?;
    Ok(Parts {
        name: demo::NAME.to_owned(),
        weights: demo::weights()?,
        tokenizer: Some(demo::tokenizer()?),
        dictionaries: demo::dictionaries(&config)?,
        config_sha256: sha256_hex(demo::CONFIG.as_bytes()),
        config,
    })
}

fn open_folder(model: &Path, dictionary_folders: &[PathBuf], name: Option<&str>, cancel: &Cancel) -> Result<Parts> {
    let config_path = model.join("config.json");
    let text = std::fs::read(&config_path).map_err(|error| Problem::from_io(&config_path, "read it", &error))?;
    let config_name = config_path.display().to_string();
    let text = String::from_utf8(text).map_err(|error| {
        Problem::new(&config_name, format_args!("is no UTF-8: {error}"), "use the config.json of a GPT-NeoX model")
    })?;
    let config = Config::parse(&text, &config_name)?;
    let config_sha256 = sha256_hex(text.as_bytes());
    let weights_path = model.join("model.safetensors");
    if !weights_path.exists() && model.join("model.safetensors.index.json").exists() {
        return Err(Problem::new(model.display(), "holds weights in several files", "save the model as one model.safetensors"));
    }
    let weights = TensorFile::open(&weights_path)?;
    let tokenizer_path = model.join("tokenizer.json");
    let tokenizer = tokenizer_path.exists().then(|| Tokenizer::open(&tokenizer_path)).transpose()?;
    let dictionaries = folder::open_all(dictionary_folders, config.layers, config.width, cancel)?;
    let name = name.map_or_else(|| name_from_files(&dictionaries, model), str::to_owned);
    Ok(Parts { name, config, config_sha256, weights, tokenizer, dictionaries })
}

/// What the dictionaries say they belong to, else the folder's name.
fn name_from_files(dictionaries: &[Dictionary], model: &Path) -> String {
    let stated = dictionaries.iter().find_map(Dictionary::neuronpedia_model).map(str::to_owned);
    stated.unwrap_or_else(|| {
        let folder = model.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        excerpt(&folder.unwrap_or_else(|| "model".to_owned()), 80)
    })
}

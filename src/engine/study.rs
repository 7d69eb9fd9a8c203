//! One study from its inputs to its run: opens model, dictionaries and data, computes, and writes down from what.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::core::effects::ViewEffects;
use crate::core::problem::{Problem, Result};
use crate::core::progress::Observer;
use crate::core::run::{
    DataRecord, DictionaryRecord, ExampleRecord, FORMAT, Manifest, Method, ModelRecord, Opened, Run, Seconds,
};
use crate::core::text::excerpt;
use crate::engine::attribution::{Settings, attribute};
use crate::engine::compute::{self, Backend, Compute};
use crate::engine::dataset::{self, DataSet, Limits, Options, Source};
use crate::engine::demo;
use crate::engine::dictionary::{Dictionary, folder};
use crate::engine::hash::sha256_hex;
use crate::engine::model::config::Config;
use crate::engine::tensor_file::TensorFile;
use crate::engine::tokenizer::Tokenizer;

/// Where the model and its dictionaries are.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// The demo model inside the program, with its dictionaries.
    Demo,
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

/// Where the pairs and the baseline come from.
#[derive(Debug, Clone)]
pub enum DataSource {
    /// The names data inside the program, pairs and baseline.
    Embedded,
    /// Files; without a baseline there is no baseline view.
    Files {
        /// The pair file.
        pairs: PathBuf,
        /// The baseline file.
        baseline: Option<PathBuf>,
    },
}

/// Everything that can be chosen about a study.
#[derive(Debug, Clone)]
pub struct Request {
    /// The model and its dictionaries.
    pub model: ModelSource,
    /// The data sets.
    pub data: DataSource,
    /// What is taken of them.
    pub options: Options,
    /// How effects are computed.
    pub settings: Settings,
    /// The backend, or none for the best that works.
    pub backend: Option<Backend>,
}

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
    open_seconds: f64,
}

impl Study {
    /// Opens and checks everything that `request` names.
    pub fn open(request: Request) -> Result<Self> {
        let start = Instant::now();
        let Parts { name, config, config_sha256, weights, tokenizer, dictionaries } = match &request.model {
            ModelSource::Demo => open_demo()?,
            ModelSource::Folder { model, dictionaries, name } => open_folder(model, dictionaries, name.as_deref())?,
        };
        let limits = Limits { vocabulary: config.vocabulary, context: config.context };
        let load = |source: &Source<'_>| dataset::load(source, tokenizer.as_ref(), request.options, limits);
        let (pairs, baseline) = match &request.data {
            DataSource::Embedded => (load(&demo::NAMES)?, Some(load(&demo::BASELINE_NAMES)?)),
            DataSource::Files { pairs, baseline } => {
                (load(&Source::File(pairs))?, baseline.as_ref().map(|path| load(&Source::File(path))).transpose()?)
            }
        };
        let compute = compute::open(request.backend, &config, &weights)?;
        let open_seconds = start.elapsed().as_secs_f64();
        Ok(Self { request, name, config_sha256, weights, tokenizer, dictionaries, compute, pairs, baseline, open_seconds })
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

    /// Computes all views.
    pub fn run(&self, observer: Observer<'_>) -> Result<Run> {
        let created_unix_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        let start = Instant::now();
        let baseline = self.baseline.as_ref().map(|data| data.examples.as_slice());
        let settings = self.request.settings;
        let views = attribute(self.compute.as_ref(), &self.dictionaries, &self.pairs.examples, baseline, settings, observer)?;
        views.iter().try_for_each(expect_finite)?;
        let attribution = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let config = self.compute.config();
        let model = ModelRecord {
            name: self.name.clone(),
            source: self.weights.name().to_owned(),
            sha256: sha256_hex(self.weights.bytes()),
            config_sha256: self.config_sha256.clone(),
            tokenizer_sha256: self.tokenizer.as_ref().map(|tokenizer| tokenizer.sha256().to_owned()),
            layers: config.layers,
            width: config.width,
        };
        let dictionaries = self.dictionaries.iter().map(dictionary_record).collect();
        let seconds = Seconds { open: self.open_seconds, attribution, hash: start.elapsed().as_secs_f64() };
        let manifest = Manifest {
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
            dictionaries,
            pairs: self.data_record(&self.pairs),
            baseline: self.baseline.as_ref().map(|data| self.data_record(data)),
            seconds,
        };
        Ok(Run { manifest, views })
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

fn dictionary_record(dictionary: &Dictionary) -> DictionaryRecord {
    DictionaryRecord {
        submodule: dictionary.submodule().to_string(),
        format: dictionary.format().name().to_owned(),
        source: dictionary.name().to_owned(),
        sha256: sha256_hex(dictionary.bytes()),
        config_sha256: dictionary.config_sha256().map(str::to_owned),
        features: dictionary.features(),
    }
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

fn open_folder(model: &Path, dictionary_folders: &[PathBuf], name: Option<&str>) -> Result<Parts> {
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
    let dictionaries = folder::open_all(dictionary_folders, config.layers, config.width)?;
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

//! A model with its dictionaries, opened, checked and on a backend: a computation needs it, and the next one can reuse it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::core::parts::Parts as Selected;
use crate::core::problem::{Problem, Result};
use crate::core::request::{Backend, ModelSource};
use crate::core::tags::Subject;
use crate::core::text::excerpt;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{self, Compute};
use crate::engine::demo;
use crate::engine::dictionary::host::Host;
use crate::engine::dictionary::{Dictionary, folder};
use crate::engine::file_facts;
use crate::engine::hash::sha256_hex;
use crate::engine::identity::{self, Identity, subject};
use crate::engine::memory::{Bounds, Memory};
use crate::engine::model::config::Config;
use crate::engine::model::weight_files::{INDEX, WHOLE, WeightFiles};
use crate::engine::model_name;
use crate::engine::tokenizer::Tokenizer;
use crate::engine::tokenizer_settings;
use crate::files::stamp::Stamp;
use crate::files::whole::{self, CONFIGURATION};

/// A model and its dictionaries, ready for computations.
pub struct Loaded {
    /// The model's name: as requested, else as in the dictionaries' files, unless they contradict themselves or the folder is named
    /// after another model; else that of its folder.
    pub name: String,
    /// SHA-256 of the model's `config.json`.
    pub config_sha256: String,
    /// The model's weight files.
    pub weights: WeightFiles,
    /// None if the model has no `tokenizer.json`; data must then be token ids.
    pub tokenizer: Option<Tokenizer>,
    /// One dictionary for each submodule, in submodule order.
    pub dictionaries: Vec<Dictionary>,
    /// What a reader of the results should know of the files: sentences without a full stop.
    pub notes: Vec<String>,
    /// The model on its backend.
    pub compute: Box<dyn Compute>,
    /// What computations with this model left behind, for later ones.
    pub memory: Memory,
    source: ModelSource,
    backend: Option<Backend>,
    /// Stamps of every file that was read, and of the folders in which dictionaries were looked for.
    stamps: Vec<Stamp>,
    identity: OnceLock<Hashed>,
}

/// The hashes of a model's files.
struct Hashed {
    identity: Identity,
    /// Whether they are those of the files as they were opened: no file was touched before they were known.
    is_as_opened: bool,
}

/// The files of a model and its dictionaries, opened and checked; no weight of the model was read yet.
pub struct Files {
    /// The model's sizes.
    pub config: Config,
    /// None if the model has no `tokenizer.json`.
    pub tokenizer: Option<Tokenizer>,
    /// One dictionary for each submodule, in submodule order.
    pub dictionaries: Vec<Dictionary>,
    /// What a reader of the results should know of the files: sentences without a full stop.
    pub notes: Vec<String>,
    name: String,
    config_sha256: String,
    weights: WeightFiles,
    source: ModelSource,
    stamps: Vec<Stamp>,
}

impl Files {
    /// Opens and checks the files of `source`, unless `cancel` is raised.
    pub fn open(source: &ModelSource, cancel: &Cancel) -> Result<Self> {
        let (whole, only) = match source {
            ModelSource::Part(whole, only) => (&**whole, only.clone()),
            whole => (whole, Selected::default()),
        };
        let mut files = match whole {
            ModelSource::Part(..) => unreachable!("a part is never made of a part"),
            ModelSource::Demo => open_demo()?,
            ModelSource::Preset(name) => {
                let remedy = format!("download it with `saescope fetch {name}`");
                return Err(Problem::new(format_args!("model {name}"), "is not on this machine", remedy));
            }
            ModelSource::Folder { model, dictionaries, name, release } => {
                let mut files = open_folder(model, dictionaries, name.as_deref(), &only, cancel)?;
                let declared = |dictionary: Dictionary| match release.declared.get(&dictionary.submodule()) {
                    Some(declared) => dictionary.declared_by_release(*declared),
                    None => dictionary,
                };
                files.dictionaries = files.dictionaries.into_iter().map(declared).collect();
                if release.centred {
                    files.dictionaries = files.dictionaries.into_iter().map(Dictionary::centred_by_release).collect();
                    let host = Host::of(&files.config);
                    files.dictionaries.iter().try_for_each(|dictionary| dictionary.expect_frame(&host))?;
                }
                files
            }
        };
        // Those of a folder are chosen before they are opened, those inside the program here.
        files.dictionaries.retain(|dictionary| only.holds(dictionary.submodule()));
        if files.dictionaries.is_empty() && !only.is_all() {
            let what = "has none of the dictionaries that --layers and --sites name";
            return Err(Problem::new(format_args!("model {}", files.name), what, "name other layers or sites"));
        }
        Ok(Self { source: source.clone(), ..files })
    }

    /// Loads the model on `backend`, or on the first one that works, and keeps the last `kept` layers in memory.
    ///
    /// # Errors
    /// As [`compute::load`], and when `backend` does not serve the model.
    pub fn load(self, backend: Option<Backend>, kept: usize, bounds: Bounds, cancel: &Cancel) -> Result<Loaded> {
        let Self { config, tokenizer, dictionaries, notes, name, config_sha256, weights, source, stamps } = self;
        Ok(Loaded {
            compute: compute::load(compute::choose(backend, &config), &config, &weights, kept, cancel)?,
            name,
            config_sha256,
            weights,
            tokenizer,
            dictionaries,
            notes,
            memory: Memory::new(bounds),
            source,
            backend,
            stamps,
            identity: OnceLock::new(),
        })
    }
}

impl Loaded {
    /// Opens and checks the files of `source` and loads the model on `backend`, or on the first backend that works, unless
    /// `cancel` is raised.
    pub fn open(source: &ModelSource, backend: Option<Backend>, bounds: Bounds, cancel: &Cancel) -> Result<Self> {
        let files = Files::open(source, cancel)?;
        let layers = files.config.layers;
        files.load(backend, layers, bounds, cancel)
    }

    /// Whether opening `source` on `backend` would give the same model: the request is equal and the files are unchanged since
    /// they were read.
    pub fn is_still(&self, source: &ModelSource, backend: Option<Backend>) -> bool {
        self.source == *source && self.backend == backend && self.stamps.iter().all(Stamp::is_current)
    }

    /// Fails if a file has changed since it was opened: it is read during the computation, so the numbers may come from bytes of
    /// both states, and its hash from either. Where nothing but the time of the last change differs, as after `chmod`, the hashes decide.
    ///
    /// # Errors
    /// The file that changed, or when `cancel` is raised while files are hashed.
    pub fn expect_unchanged(&self, cancel: &Cancel) -> Result<()> {
        let changed = || self.stamps.iter().filter(|stamp| stamp.changed_file().is_some());
        let Some(path) = changed().find_map(Stamp::changed_file) else { return Ok(()) };
        if changed().all(Stamp::is_touched) && self.is_content_as_opened(cancel)? {
            return Ok(());
        }
        let what = "was changed while it was used: the numbers belong to neither of its states";
        Err(Problem::environment(path.display(), what, "compute again when no other program writes to it"))
    }

    /// Whether all files have the content with which they were opened, as far as that is known by its hashes.
    fn is_content_as_opened(&self, cancel: &Cancel) -> Result<bool> {
        let Some(Hashed { identity, is_as_opened: true }) = self.identity.get() else { return Ok(false) };
        for (dictionary, record) in self.dictionaries.iter().zip(&identity.dictionaries) {
            if file_facts::sha256_now(dictionary.name(), dictionary.shared_bytes(), cancel)? != record.sha256 {
                return Ok(false);
            }
        }
        Ok(self.weights.sha256_now(cancel)? == identity.weights_sha256)
    }

    /// The hashes of all files, computed once; `identified` is called as soon as the dictionaries are known.
    ///
    /// # Errors
    /// When `cancel` is raised, or a decoder holds values that are not finite.
    pub fn identify(&self, identified: &dyn Fn(Subject), cancel: &Cancel) -> Result<Identity> {
        if let Some(Hashed { identity, .. }) = self.identity.get() {
            identified(subject(&self.name, &identity.dictionaries));
            return Ok(Identity { seconds: 0.0, ..identity.clone() });
        }
        let identity = identity::identify(&self.name, &self.weights, &self.dictionaries, identified, cancel)?;
        let is_as_opened = self.stamps.iter().all(|stamp| stamp.changed_file().is_none());
        Ok(self.identity.get_or_init(|| Hashed { identity, is_as_opened }).identity.clone())
    }
}

fn open_demo() -> Result<Files> {
    let config = demo::config()?;
    Ok(Files {
        name: demo::NAME.to_owned(),
        weights: demo::weights()?,
        tokenizer: Some(demo::tokenizer()?),
        dictionaries: demo::dictionaries(&config)?,
        config_sha256: sha256_hex(demo::CONFIG.as_bytes()),
        config,
        notes: Vec::new(),
        source: ModelSource::Demo,
        stamps: Vec::new(),
    })
}

fn open_folder(
    model: &Path,
    dictionary_folders: &[PathBuf],
    name: Option<&str>,
    only: &Selected,
    cancel: &Cancel,
) -> Result<Files> {
    let config_path = model.join("config.json");
    let own = ["config.json", "tokenizer.json"].map(|file| model.join(file)).into_iter().chain(WeightFiles::paths(model));
    let settings = tokenizer_settings::files(model);
    let mut stamps: Vec<Stamp> =
        own.chain(settings).chain(dictionary_folders.iter().cloned()).map(|path| Stamp::of(&path)).collect();
    expect_whole_model(model)?;
    let text = whole::read(&config_path, CONFIGURATION)?;
    let config_name = config_path.display().to_string();
    let (config, config_notes) = Config::parse_with_notes(&text, &config_name)?;
    let config_sha256 = sha256_hex(&text);
    let weights = WeightFiles::open(model)?;
    let tokenizer_path = model.join("tokenizer.json");
    let tokenizer = whole::is_present(&tokenizer_path)?.then(|| Tokenizer::open(&tokenizer_path)).transpose()?;
    let found = folder::open_some(dictionary_folders, &Host::of(&config), only, cancel)?;
    let dictionaries = found.dictionaries;
    let of_tokenizer = tokenizer.iter().flat_map(Tokenizer::notes).cloned();
    let notes = config_notes.into_iter().chain(of_tokenizer).chain(found.notes).collect();
    let name = name.map_or_else(|| model_name::of_files(&dictionaries, model), str::to_owned);
    stamps.extend(dictionaries.iter().flat_map(Dictionary::stamps).cloned());
    Ok(Files { name, config, notes, config_sha256, weights, tokenizer, dictionaries, source: ModelSource::Demo, stamps })
}

/// Whether something is called `path`: a link that leads nowhere, too, since the file that it means decides.
fn is_there(path: &Path) -> bool {
    path.exists() || path.is_symlink()
}

/// Fails if the folder holds a model's weights in another form than safetensors, or under another name.
fn expect_whole_model(model: &Path) -> Result<()> {
    const SAVE: &str = "load it in Python and save it again: model.save_pretrained(folder, max_shard_size='100GB')";
    if model.is_file() {
        let folder = model.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let what = "is a file, but a model is a folder with config.json and its weights";
        return Err(Problem::new(model.display(), what, format_args!("name the folder, {}", folder.display())));
    }
    // transformers applies an adapter wherever it finds one.
    let adapter = ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"];
    if let Some(file) = adapter.into_iter().find(|file| is_there(&model.join(file))) {
        let what = format_args!("holds an adapter ({file}), which is not applied");
        let remedy = "merge it in Python: model.merge_and_unload().save_pretrained(folder)";
        return Err(Problem::new(model.display(), what, remedy));
    }
    if is_there(&model.join(WHOLE)) || is_there(&model.join(INDEX)) {
        return Ok(());
    }
    let forms = [
        ("pytorch_model.bin", "holds weights as pytorch_model.bin, not as model.safetensors"),
        ("pytorch_model.bin.index.json", "holds weights as several pytorch_model files, not as model.safetensors"),
        ("tf_model.h5", "holds weights of TensorFlow, not model.safetensors"),
        ("flax_model.msgpack", "holds weights of Flax, not model.safetensors"),
    ];
    if let Some((_, what)) = forms.into_iter().find(|(file, _)| is_there(&model.join(file))) {
        return Err(Problem::new(model.display(), what, SAVE));
    }
    let names = std::fs::read_dir(model).into_iter().flatten().flatten();
    let mut names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let called = |begin: &str, end: &str| {
        names.iter().find(|name| name.starts_with(begin) && name.ends_with(end)).map(|name| excerpt(name, 80))
    };
    let ends = |end: &str| called("", end);
    let (what, remedy) = if let Some(name) = ends(".safetensors") {
        if name.contains("-of-") {
            let what = format!("holds a part of the weights, {name}, but no {INDEX}, which lists all parts");
            (what, format!("download {INDEX} of the same model, and the parts that it lists"))
        } else {
            let what = format!("holds weights as {name}, not as {WHOLE}");
            (what, format!("call the file {WHOLE} if it holds the whole model"))
        }
    } else if let Some(name) = ends(".gguf") {
        let what = format!("holds weights as {name}, a GGUF file as llama.cpp reads it, not {WHOLE}");
        (what, "download the weights that it was made from: a GGUF file names and rounds them in its own way".to_owned())
    } else if let Some(name) = called("pytorch_model", ".bin").or_else(|| ends(".pth")) {
        let what = format!("holds weights as {name}, not as {WHOLE}");
        let remedy = "download the same model as safetensors, in the form that transformers reads, or convert it in Python: \
                      model.save_pretrained(folder, max_shard_size='100GB')";
        (what, remedy.to_owned())
    } else if let Some(name) = [".onnx", ".ot", ".ckpt", ".nemo", ".mlmodel"].into_iter().find_map(ends) {
        let what = format!("holds weights as {name}, made for another program, not as {WHOLE}");
        (what, "download the same model as safetensors, in the form that transformers reads".to_owned())
    } else {
        return Ok(());
    };
    Err(Problem::new(model.display(), what, remedy))
}

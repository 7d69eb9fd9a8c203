//! Presets, the models that the program knows by name: the repositories of the Hugging Face hub that hold them, and the files
//! needed from those.
//!
//! They are data: `data/models.toml`, whose head describes the format, overlaid key by key with the user's own `models.toml`.

mod file;
#[cfg(test)]
mod presets_tests;

use std::path::Path;

use crate::core::neuronpedia::Hosted;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::store::{folders, text_file};

/// The presets that the program ships.
const EMBEDDED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/models.toml"));

/// The name of the user's own file in the folder of the configuration.
pub const FILE: &str = "models.toml";

/// The name of the published study's preset.
pub const STUDY: &str = "pythia-70m";

/// A model with its dictionaries, and the repositories that hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// The preset's name for `--model`.
    pub name: String,
    /// The model's name in runs, in tags and on Neuronpedia.
    pub model_name: String,
    /// Neuronpedia's naming pattern for its dictionaries; None if it has no pages there.
    pub neuronpedia: Option<String>,
    /// Whether the dictionaries read centred activations although their files do not say so.
    pub centred: bool,
    /// The repository of the model.
    pub model: Repository,
    /// The repositories of its dictionaries.
    pub dictionaries: Vec<Repository>,
}

/// A repository of the hub, and the files needed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `ORG/NAME`.
    pub name: String,
    /// A branch, a tag or a commit of the repository.
    pub revision: String,
    /// The files, with no `{layer}` left in their paths.
    pub files: Vec<PresetFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetFile {
    /// Path in the repository, relative and without `..`.
    pub path: String,
    /// Rough size in bytes, shown before the hub is asked.
    pub about_bytes: Option<u64>,
}

impl Preset {
    /// All repositories, the model's first.
    pub fn repositories(&self) -> impl Iterator<Item = &Repository> {
        std::iter::once(&self.model).chain(&self.dictionaries)
    }

    /// Number of files in all repositories.
    pub fn files(&self) -> usize {
        self.repositories().map(|repository| repository.files.len()).sum()
    }

    /// Rough size of all files in bytes; None if one is not known.
    pub fn about_bytes(&self) -> Option<u64> {
        self.repositories().flat_map(|repository| &repository.files).map(|file| file.about_bytes).sum()
    }
}

/// All presets, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presets(Vec<Preset>);

impl Presets {
    /// The program's presets, overlaid with the current user's file.
    ///
    /// # Errors
    /// As for [`Presets::load`].
    pub fn of_user() -> Result<Self> {
        // Without a home folder there is no user's file.
        folders::config().map_or_else(|_| Self::parse(None), |folder| Self::load(&folder.join(FILE)))
    }

    /// The program's presets, overlaid with the user's file at `path` if it exists.
    ///
    /// # Errors
    /// The first fault in the user's file, with its line.
    pub fn load(path: &Path) -> Result<Self> {
        let text = text_file::read_if_present(path, text_file::BY_HAND)?;
        Self::parse(text.as_deref().map(|text| (text, path.display().to_string())).as_ref().map(|(text, name)| (*text, &**name)))
    }

    fn parse(user: Option<(&str, &str)>) -> Result<Self> {
        let sources = [Some((EMBEDDED, "data/models.toml")), user];
        file::merge(&sources.into_iter().flatten().collect::<Vec<_>>()).map(Self)
    }

    /// Every preset, in order of name.
    pub fn all(&self) -> &[Preset] {
        &self.0
    }

    /// The models that have pages on Neuronpedia.
    pub fn hosted(&self) -> Hosted {
        Hosted::also(self.0.iter().filter(|preset| preset.neuronpedia.is_some()).map(|preset| preset.model_name.clone()))
    }

    /// The names of all presets, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|preset| preset.name.as_str()).collect()
    }

    /// The preset called `name`; None if there is none.
    pub fn find(&self, name: &str) -> Option<&Preset> {
        self.0.iter().find(|preset| preset.name == name)
    }

    /// The preset called `name`.
    ///
    /// # Errors
    /// If no preset has this name; the remedy lists the names of all presets.
    pub fn get(&self, name: &str, user_file: &Path) -> Result<&Preset> {
        self.find(name).ok_or_else(|| {
            let remedy = format!("use {}, or describe it in {}", self.names().join(" or "), user_file.display());
            Problem::new(format_args!("model '{}'", excerpt(name, 80)), "is not known", remedy)
        })
    }
}

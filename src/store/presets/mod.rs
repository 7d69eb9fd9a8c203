//! The models that the program knows by name: which repositories of the Hugging Face hub hold them, and which files of those are needed.
//!
//! They are data: `data/models.toml`, whose head describes the format, with the user's own `models.toml` laid over it key by key.

mod file;
#[cfg(test)]
mod presets_tests;

use std::path::Path;

use crate::core::neuronpedia::Hosted;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// The models that the program ships.
const EMBEDDED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/models.toml"));

/// The preset of the published study.
pub const STUDY: &str = "pythia-70m";

/// A model with its dictionaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// What `--model` calls it.
    pub name: String,
    /// What runs, tags and Neuronpedia call the model.
    pub model_name: String,
    /// How Neuronpedia names its dictionaries, if it has pages there.
    pub neuronpedia: Option<String>,
    /// The repository of the model.
    pub model: Repository,
    /// The repositories of its dictionaries.
    pub dictionaries: Vec<Repository>,
}

/// A repository of the hub, and what is needed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `ORG/NAME`.
    pub name: String,
    /// A branch, a tag or a commit.
    pub revision: String,
    /// The files, with no `{layer}` left in their paths.
    pub files: Vec<PresetFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetFile {
    /// Path in the repository, relative and without `..`.
    pub path: String,
    /// Rough size in bytes, shown before the hub was asked.
    pub about_bytes: Option<u64>,
}

impl Preset {
    /// All repositories, the model's first.
    pub fn repositories(&self) -> impl Iterator<Item = &Repository> {
        std::iter::once(&self.model).chain(&self.dictionaries)
    }

    /// Number of files.
    pub fn files(&self) -> usize {
        self.repositories().map(|repository| repository.files.len()).sum()
    }

    /// Rough size of all files in bytes; none where one is not known.
    pub fn about_bytes(&self) -> Option<u64> {
        self.repositories().flat_map(|repository| &repository.files).map(|file| file.about_bytes).sum()
    }
}

/// All presets, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presets(Vec<Preset>);

impl Presets {
    /// The presets of the program, with the user's file at `path` over them if there is one.
    ///
    /// # Errors
    /// The first thing that is wrong with the user's file, with its line.
    pub fn load(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::parse(None),
            Err(error) => return Err(Problem::from_io(path, "read it", &error)),
        };
        Self::parse(Some((&text, &path.display().to_string())))
    }

    fn parse(user: Option<(&str, &str)>) -> Result<Self> {
        let sources = [Some((EMBEDDED, "data/models.toml")), user];
        file::merge(&sources.into_iter().flatten().collect::<Vec<_>>()).map(Self)
    }

    /// Every preset.
    pub fn all(&self) -> &[Preset] {
        &self.0
    }

    /// The models with pages on Neuronpedia.
    pub fn hosted(&self) -> Hosted {
        Hosted::also(self.0.iter().filter(|preset| preset.neuronpedia.is_some()).map(|preset| preset.model_name.clone()))
    }

    /// The names of all presets.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|preset| preset.name.as_str()).collect()
    }

    /// The one called `name`, if there is one.
    pub fn find(&self, name: &str) -> Option<&Preset> {
        self.0.iter().find(|preset| preset.name == name)
    }

    /// The one called `name`.
    ///
    /// # Errors
    /// When no preset has that name: with the names that there are.
    pub fn get(&self, name: &str, user_file: &Path) -> Result<&Preset> {
        self.find(name).ok_or_else(|| {
            let remedy = format!("use {}, or describe it in {}", self.names().join(" or "), user_file.display());
            Problem::new(format_args!("model '{}'", excerpt(name, 80)), "is not known", remedy)
        })
    }
}

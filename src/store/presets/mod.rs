//! Presets, the models that the program knows by name: the repositories of the Hugging Face hub that hold them, and the files
//! needed from those.
//!
//! They are data: `data/models.toml`, whose head describes the format, overlaid key by key with the user's own `models.toml`.

mod file;
#[cfg(test)]
mod presets_tests;

use std::collections::BTreeSet;
use std::path::Path;

use crate::core::declared::Declared;
use crate::core::hosted::{Hosted, Shown};
use crate::core::parts::Parts;
use crate::core::problem::{Problem, Result};
use crate::core::release::Release;
use crate::core::request::STUDY_PRESET;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::excerpt;
use crate::files::whole;
use crate::store::folders;

/// The presets that the program ships.
const EMBEDDED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/models.toml"));

/// The name of the user's own file in the folder of the configuration.
pub const FILE: &str = "models.toml";

/// The name of the published study's preset.
pub const STUDY: &str = STUDY_PRESET;

/// A model with its dictionaries, and the repositories that hold them.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// The preset's name for `--model`.
    pub name: String,
    /// The model's name in runs, in tags and on Neuronpedia.
    pub model_name: String,
    /// What Neuronpedia shows of its dictionaries, by kind; empty if it has no pages there.
    pub shown: Vec<(SubmoduleKind, Shown)>,
    /// Whether the dictionaries read centred activations although their files do not say so.
    pub centred: bool,
    /// The repository of the model.
    pub model: Repository,
    /// The repositories of its dictionaries.
    pub dictionaries: Vec<Repository>,
    /// Those of dictionaries that are fetched and used only where they are asked for by their kind.
    pub only_if_asked: Vec<Repository>,
}

/// A repository of the hub, and the files needed from it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repository {
    /// `ORG/NAME`.
    pub name: String,
    /// A branch, a tag or a commit of the repository.
    pub revision: String,
    /// The files, with no `{layer}` left in their paths.
    pub files: Vec<PresetFile>,
    /// The kind of submodule whose dictionaries it holds; None for a model, and where it holds several.
    pub kind: Option<SubmoduleKind>,
    /// The licence of the files.
    pub licence: Option<String>,
    /// What the makers say of the dictionaries.
    pub declared: ByLayer,
    /// The sizes of a model as `config.json` says them, as JSON: to estimate what it takes before it is here.
    pub config: Option<String>,
}

/// What the makers of the dictionaries of one kind say of them, layer by layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ByLayer {
    /// Number of features of each.
    pub features: Option<usize>,
    /// Active features of a token; empty if that is not said.
    pub l0: Vec<f64>,
    /// Explained variance, at most 1; empty if that is not said.
    pub explained: Vec<f64>,
}

impl Repository {
    /// What is declared of each dictionary; nothing where the repository holds those of several kinds.
    fn declared(&self) -> Vec<(Submodule, Declared)> {
        let Some(kind) = self.kind else { return Vec::new() };
        let mut layers: BTreeSet<usize> = self.files.iter().filter_map(|file| file.layer).collect();
        if layers.is_empty() {
            layers.insert(0);
        }
        let of = |values: &[f64], place: usize| values.get(place).copied();
        let declared = |(place, layer): (usize, usize)| {
            let declared = Declared { active: of(&self.declared.l0, place), explained: of(&self.declared.explained, place) };
            (Submodule::new(kind, layer), declared)
        };
        layers.into_iter().enumerate().map(declared).collect()
    }
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetFile {
    /// Path in the repository, relative and without `..`.
    pub path: String,
    /// Rough size in bytes, shown before the hub is asked.
    pub about_bytes: Option<u64>,
    /// The layer whose dictionary it belongs to; None for what is needed for any.
    pub layer: Option<usize>,
}

impl Preset {
    /// All repositories, the model's first.
    pub fn repositories(&self) -> impl Iterator<Item = &Repository> {
        std::iter::once(&self.model).chain(&self.dictionaries)
    }

    /// The preset with the dictionaries of `parts` alone.
    ///
    /// # Errors
    /// If it has none of them.
    pub fn part(&self, parts: &Parts) -> Result<Self> {
        if parts.is_all() {
            return Ok(self.clone());
        }
        let asked = self.only_if_asked.iter().filter(|from| from.kind.is_some_and(|kind| parts.kinds.contains(&kind)));
        let usual =
            self.dictionaries.iter().filter(|from| from.kind.map_or(parts.kinds.is_empty(), |kind| parts.holds_kind(kind)));
        let some = |from: &Repository| {
            let holds = |file: &&PresetFile| file.layer.is_none_or(|layer| parts.layers.is_none_or(|layers| layers.holds(layer)));
            Repository { files: from.files.iter().filter(holds).cloned().collect(), ..from.clone() }
        };
        let dictionaries: Vec<Repository> = usual.chain(asked).map(some).filter(|from| !from.files.is_empty()).collect();
        if dictionaries.is_empty() {
            let all = self.dictionaries.iter().chain(&self.only_if_asked).filter_map(|from| from.kind);
            let kinds: Vec<&str> = all.map(SubmoduleKind::name).collect();
            let remedy = format!("its dictionaries are of {}", kinds.join(", "));
            return Err(Problem::new(format_args!("model {}", self.name), "has none of the layers and sites named", remedy));
        }
        Ok(Self { dictionaries, ..self.clone() })
    }

    /// What is said of the dictionaries beyond their own files.
    pub fn release(&self) -> Release {
        let all = self.dictionaries.iter().chain(&self.only_if_asked).flat_map(Repository::declared);
        Release { centred: self.centred, declared: all.collect() }
    }

    /// Number of files in all repositories.
    pub fn files(&self) -> usize {
        self.repositories().map(|repository| repository.files.len()).sum()
    }

    /// Rough size of all files in bytes; None if one is not known.
    pub fn about_bytes(&self) -> Option<u64> {
        let mut files = self.repositories().flat_map(|repository| &repository.files);
        files.try_fold(0_u64, |sum, file| Some(sum.saturating_add(file.about_bytes?)))
    }
}

/// All presets, sorted by name.
#[derive(Debug, Clone, PartialEq)]
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
        // Nobody who has no folder of settings wrote one, even where a file stands in its place.
        let is_below_a_file = path.ancestors().skip(1).any(Path::is_file);
        let text = if is_below_a_file { None } else { whole::text_if_present(path, whole::BY_HAND)? };
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
        let mut hosted = Hosted::default();
        for preset in &self.0 {
            // The study's own is known without the file, with the number of its features.
            for (kind, shown) in &preset.shown {
                let known = hosted.shown(&preset.model_name, *kind).filter(|known| known.names == shown.names);
                let features = shown.features.or_else(|| known.and_then(|known| known.features));
                hosted.insert(&preset.model_name, *kind, Shown { names: shown.names.clone(), features });
            }
        }
        hosted
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
    pub fn get(&self, name: &str) -> Result<&Preset> {
        self.find(name).ok_or_else(|| {
            let file = folders::config().map_or_else(|_| FILE.to_owned(), |folder| folder.join(FILE).display().to_string());
            let remedy = format!("use {}, or describe it in {file}", self.names().join(" or "));
            Problem::new(format_args!("model '{}'", excerpt(name, 80)), "is not known", remedy)
        })
    }
}

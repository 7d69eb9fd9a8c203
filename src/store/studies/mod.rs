//! Finds studies: those that the program ships, those in the user's own folder, and study files anywhere else.

mod file;
mod pair_files;
#[cfg(test)]
mod studies_tests;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pair_files::PairFiles;

use super::folders;
use super::toml_source::Source;
use crate::core::problem::{Problem, Result};
use crate::core::study::{NAMES, Study};
use crate::core::study_source::{PairSource, StudySource};
use crate::core::text::excerpt;
use crate::core::view::View;
use crate::files::whole;

/// A study that the program ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The study's name on the command line.
    pub name: &'static str,
    /// A description in one line.
    pub about: &'static str,
    /// The content of its TOML file.
    text: &'static str,
}

/// The folder of the built-in studies in the program's source.
const INSIDE: &str = "data/studies";

/// The commented study that users copy.
pub const TEMPLATE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/studies/template.toml"));

const NAMES_STUDY: BuiltIn = BuiltIn {
    name: NAMES,
    about: "gender by first names, with the names themselves as a baseline",
    text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/studies/names.toml")),
};

const BUILT_IN: [BuiltIn; 3] = [
    NAMES_STUDY,
    BuiltIn {
        name: "professions",
        about: "gender by stereotypes of professions",
        text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/studies/professions.toml")),
    },
    BuiltIn { name: "template", about: "number by nouns, with comments: a study to copy", text: TEMPLATE },
];

/// The studies that the program ships.
pub fn built_in() -> &'static [BuiltIn] {
    &BUILT_IN
}

impl BuiltIn {
    /// Reads the study.
    ///
    /// # Errors
    /// Never for the studies that the program ships: a test reads them all.
    pub fn open(&self) -> Result<StudySource> {
        let path = format!("{INSIDE}/{}.toml", self.name);
        file::read(self.name, Source { text: self.text, path: &path }, &PairFiles::Inside(INSIDE))
    }
}

/// Reads the study in `text`, the content of the file at `path`; its pair files are relative to the folder of `path`.
///
/// # Errors
/// The first fault, with its line.
pub fn from_text(text: &str, path: &Path) -> Result<StudySource> {
    let files = PairFiles::Disk(path.parent().map(Path::to_owned).unwrap_or_default());
    file::read(&stem(path), Source { text, path: &path.display().to_string() }, &files)
}

/// The built-in study of names.
///
/// # Errors
/// Never: see [`BuiltIn::open`].
pub fn names() -> Result<StudySource> {
    NAMES_STUDY.open()
}

/// The study of names for one or two pair lists: without a baseline it lacks the baseline view, and compares the other two
/// views.
///
/// # Errors
/// Never: see [`BuiltIn::open`].
pub fn of_pairs(has_baseline: bool) -> Result<Study> {
    let mut study = Study::clone(&names()?.study);
    if !has_baseline {
        study.views.retain(|view| view.pairs == 0);
        study.compare = Some((View(0), View(1)));
    }
    Ok(study)
}

/// The study of names with other pairs: `pairs` replaces its names, `baseline` replaces the names as answers.
///
/// Whether the files exist is checked only when they are read.
pub fn pairs_only(pairs: PathBuf, baseline: Option<PathBuf>) -> Result<StudySource> {
    let study = Arc::new(of_pairs(baseline.is_some())?);
    Ok(StudySource { study, lists: std::iter::once(pairs).chain(baseline).map(PairSource::File).collect() })
}

/// All studies that have a name: those of the program, and those in the user's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Studies {
    /// The folder of the user's own studies, which need not exist; None for a user without a home folder.
    folder: Option<PathBuf>,
}

impl Studies {
    /// The studies of the program and of the current user.
    pub fn find() -> Self {
        // Without a home folder there is no folder of own studies.
        Self::with(folders::config().ok().map(|folder| folder.join("studies")))
    }

    /// The studies of the program and of `folder`.
    pub fn with(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The folder of the user's own studies.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The user's own study files, in alphabetical order.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn own(&self) -> Result<Vec<PathBuf>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let failed = |error: std::io::Error| Problem::from_io(folder, "list it", &error);
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut paths =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
        paths.retain(|path| path.extension() == Some(OsStr::new("toml")));
        paths.sort();
        Ok(paths)
    }

    /// Opens the study called `name`, built in or in the user's folder, or otherwise the file at that path.
    ///
    /// # Errors
    /// If there is no such study, if two have this name, or the first fault in the file.
    pub fn open(&self, name: &str) -> Result<StudySource> {
        let own = self.folder.as_ref().map(|folder| folder.join(name).with_extension("toml")).filter(|path| path.is_file());
        let path = Path::new(name);
        let is_path = path.extension() == Some(OsStr::new("toml")) || path.components().count() > 1;
        match (find_built_in(name), own) {
            (Some(_), Some(path)) => Err(Problem::new(
                path.display(),
                format_args!("has the name of the study '{name}' inside the program"),
                "give the file another name",
            )),
            (Some(study), None) => study.open(),
            (None, _) if is_path => read(path),
            (None, Some(path)) => read(&path),
            (None, None) if path.is_file() => read(path),
            (None, None) => Err(unknown(name, self.folder())),
        }
    }
}

fn find_built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|study| study.name == name)
}

/// Reads the study from the file at `path`.
pub fn read(path: &Path) -> Result<StudySource> {
    let text = whole::text(path, whole::BY_HAND)?;
    from_text(&text, path)
}

fn unknown(name: &str, folder: Option<&Path>) -> Problem {
    let names = BUILT_IN.map(|study| study.name).join(", ");
    let own = folder.map(|folder| format!(", one of your own in {}", folder.display())).unwrap_or_default();
    Problem::new(
        format_args!("study '{}'", excerpt(name, 80)),
        "is not known",
        format_args!("use {names}{own}, or the path of a study file"),
    )
}

/// A study's name, taken from its file name without the extension.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

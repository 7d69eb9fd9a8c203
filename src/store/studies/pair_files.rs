//! Finds the pair files of a study: beside its file on disk, or in the program under their paths in the source.

use std::path::{Component, Path, PathBuf};

use crate::core::study_source::PairSource;

/// The pair files compiled into the program, by path.
const INSIDE: [(&str, &str); 2] = [
    ("data/names.json", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/names.json"))),
    ("data/baseline_names.json", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/baseline_names.json"))),
];

/// The folder that the paths in a study file are relative to.
pub enum PairFiles {
    /// A folder on disk.
    Disk(PathBuf),
    /// A folder of the program's source, whose files are compiled in.
    Inside(&'static str),
}

/// Identifies a file; equal for two paths that lead to one file.
pub type Id = PathBuf;

impl PairFiles {
    /// The file at `path`; None if it does not exist.
    pub fn find(&self, path: &str) -> Option<(Id, PairSource)> {
        match self {
            Self::Disk(folder) => {
                let path = folder.join(path);
                let id = path.canonicalize().ok().filter(|path| !path.is_dir())?;
                Some((id, PairSource::File(path)))
            }
            Self::Inside(folder) => {
                let id = without_dots(&Path::new(folder).join(path));
                let (name, text) = INSIDE.into_iter().find(|(name, _)| Path::new(name) == id)?;
                Some((id, PairSource::Text { name: name.to_owned(), text: text.into() }))
            }
        }
    }

    /// The folder as text, for messages.
    pub fn folder(&self) -> String {
        match self {
            Self::Disk(folder) if folder.as_os_str().is_empty() => "this folder".to_owned(),
            Self::Disk(folder) => folder.display().to_string(),
            Self::Inside(folder) => format!("{folder} of the program"),
        }
    }
}

/// The path without `.` and `..`. Paths inside the program have no links, so this does not change their meaning.
fn without_dots(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
        plain
    })
}

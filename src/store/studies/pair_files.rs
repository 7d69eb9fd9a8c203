//! Where the pair files of a study are: beside its file on disk, or in the program under the paths that they have in its source.

use std::path::{Component, Path, PathBuf};

use crate::core::study_source::PairSource;

/// The pair files in the program.
const INSIDE: [(&str, &str); 2] = [
    ("data/names.json", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/names.json"))),
    ("data/baseline_names.json", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/baseline_names.json"))),
];

/// The folder to which the paths of a study are relative.
pub enum PairFiles {
    /// On disk.
    Disk(PathBuf),
    /// In the program.
    Inside(&'static str),
}

/// Equal for two paths of one file.
pub type Id = PathBuf;

impl PairFiles {
    /// The file at `path`, if there is one.
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

    /// For messages.
    pub fn folder(&self) -> String {
        match self {
            Self::Disk(folder) if folder.as_os_str().is_empty() => "this folder".to_owned(),
            Self::Disk(folder) => folder.display().to_string(),
            Self::Inside(folder) => format!("{folder} of the program"),
        }
    }
}

/// The same path without `.` and `..`: there are no links in the program.
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

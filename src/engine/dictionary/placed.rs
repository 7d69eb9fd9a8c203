//! Dictionaries in folders whose names say no submodule: their files say the place. And folders that look like a dictionary's and hold none
//! that can be used.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::host::Host;
use super::place::Place;
use super::{Format, Purpose, formats};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};

/// Deepest folder below the root that is looked into; Gemma Scope has `layer_1/width_16k/average_l0_9`.
const DEEPEST: usize = 6;

/// Most folders that are looked into.
pub const MOST_FOLDERS: usize = 20_000;

/// The folders of dictionaries by their places.
#[derive(Debug, Default)]
pub struct Placed {
    /// The folders for each submodule, sorted. The model may have no such layer.
    pub folders: BTreeMap<Submodule, Vec<PathBuf>>,
    /// The others.
    pub unusable: Vec<Unusable>,
}

/// A folder that looks like a dictionary's, and why no submodule can use it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unusable {
    /// The folder.
    pub folder: PathBuf,
    /// The place that it is said to be of, in words, or what of it is missing; None if its files say no place.
    pub short: Option<String>,
    /// The reason, for the end of a sentence that begins with the folder.
    pub reason: String,
    /// Whether the name of a folder would say the place, and none does.
    pub by_folder: bool,
}

impl Placed {
    /// Looks into `root` and the folders below it.
    ///
    /// # Errors
    /// When a folder or a dictionary cannot be read.
    pub fn find(root: &Path, host: &Host) -> Result<Self> {
        let mut placed = Self::default();
        let Candidates { folders, unseen } = candidates(root, MOST_FOLDERS);
        if let Some(problem) = unseen.into_iter().next() {
            return Err(problem);
        }
        for folder in folders {
            match formats::missing(&folder) {
                None => placed.add(folder, host)?,
                Some(reason) => {
                    placed.unusable.push(Unusable { folder, short: Some(reason.clone()), reason, by_folder: false });
                }
            }
        }
        placed.folders.values_mut().for_each(|folders| folders.sort());
        placed.unusable.sort();
        Ok(placed)
    }

    fn add(&mut self, folder: PathBuf, host: &Host) -> Result<()> {
        // Any submodule: the files say the place.
        let purpose = Purpose::Look { submodule: Submodule::new(SubmoduleKind::Residual, 0) };
        let dictionary = formats::open_for(&folder, purpose, host)?;
        if let Some(submodule) = dictionary.belongs_to() {
            self.folders.entry(submodule).or_default().push(folder);
            return Ok(());
        }
        let (key, place) = (key(dictionary.format()), dictionary.writes());
        let reason = match place {
            Place::Unknown(name) if name.is_empty() => format!("says no place: it has no {key}"),
            Place::Unknown(_) => format!("says the place {place} ({key}), which is not known"),
            _ => format!("writes {place} ({key}), where no dictionary can be used"),
        };
        let by_folder = key == BY_FOLDER && !place.is_said();
        self.unusable.push(Unusable { folder, short: place.is_said().then(|| place.to_string()), reason, by_folder });
        Ok(())
    }
}

/// What says the place of a dictionary whose files do not.
const BY_FOLDER: &str = "name of a folder that says it";

/// Where a format says the place that a dictionary writes.
fn key(format: Format) -> &'static str {
    match format {
        Format::SaeLens => "hook_name",
        Format::DictionaryLearning => "submodule_name",
        Format::GemmaScope2 => "hf_hook_point_out",
        Format::LlamaScope | Format::LlamaScopeR1 => "hook_point_out",
        Format::Sparsify | Format::GemmaScope => BY_FOLDER,
    }
}

/// Folders that look like a dictionary's.
pub struct Candidates {
    /// The folders, sorted.
    pub folders: Vec<PathBuf>,
    /// What could not be looked at, and why: folders that cannot be listed, and those beyond the largest number.
    pub unseen: Vec<Problem>,
}

/// `root` and the folders below it that look like a dictionary's; nothing lies in a folder that holds a whole one. At most `most` folders are
/// looked into.
pub fn candidates(root: &Path, most: usize) -> Candidates {
    let (mut folders, mut unseen) = (Vec::new(), Vec::new());
    let (mut open, mut count) = (vec![(root.to_owned(), 0)], 0);
    while let Some((folder, depth)) = open.pop() {
        count += 1;
        if count > most {
            let what = format_args!("holds more than {most} folders, and not all of them were looked into");
            let remedy = "put the dictionaries into a folder of their own, and name that with --dictionaries";
            unseen.push(Problem::new(root.display(), what, remedy));
            break;
        }
        if formats::detect(&folder).is_some() {
            folders.push(folder);
            continue;
        }
        let below = folders_in(&folder).unwrap_or_else(|problem| {
            unseen.push(problem);
            Vec::new()
        });
        if formats::resembles(&folder, below.is_empty()) {
            folders.push(folder);
        }
        if depth < DEEPEST {
            open.extend(below.into_iter().map(|folder| (folder, depth + 1)));
        }
    }
    folders.sort();
    Candidates { folders, unseen }
}

/// The folders in `folder` that are not hidden.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| Problem::from_io(folder, "list it", &error);
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect::<Result<_>>()?;
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    Ok(paths.into_iter().filter(|path| path.is_dir() && !is_hidden(path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_looked_into_is_named_beside_what_was_found() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        fs::write(root.path().join("b/cfg.json"), "{}").unwrap();
        let Candidates { folders, unseen } = candidates(root.path(), 4);
        assert_eq!((folders.as_slice(), unseen.len()), (&[root.path().join("b")][..], 0));
        let Candidates { unseen, .. } = candidates(root.path(), 3);
        let [problem] = unseen.as_slice() else { panic!("{unseen:?}") };
        assert!(problem.to_string().contains("holds more than 3 folders"), "{problem}");
        // No permissions hold back a superuser; a file is no folder for anybody.
        let Candidates { folders, unseen } = candidates(&root.path().join("b/cfg.json"), 3);
        let [problem] = unseen.as_slice() else { panic!("{unseen:?}") };
        assert!(folders.is_empty() && problem.to_string().contains("cannot list it"), "{problem}");
    }
}

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
const MOST_FOLDERS: usize = 20_000;

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
}

impl Placed {
    /// Looks into `root` and the folders below it.
    ///
    /// # Errors
    /// When a folder or a dictionary cannot be read.
    pub fn find(root: &Path, host: &Host) -> Result<Self> {
        let mut placed = Self::default();
        for folder in candidates(root)? {
            match formats::missing(&folder) {
                None => placed.add(folder, host)?,
                Some(reason) => placed.unusable.push(Unusable { folder, short: Some(reason.clone()), reason }),
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
        self.unusable.push(Unusable { folder, short: place.is_said().then(|| place.to_string()), reason });
        Ok(())
    }
}

/// Where a format says the place that a dictionary writes.
fn key(format: Format) -> &'static str {
    match format {
        Format::SaeLens => "hook_name",
        Format::DictionaryLearning => "submodule_name",
        Format::GemmaScope2 => "hf_hook_point_out",
        Format::LlamaScope | Format::LlamaScopeR1 => "hook_point_out",
        Format::Sparsify | Format::GemmaScope => "name of a folder that says it",
    }
}

/// `root` and the folders below it that look like a dictionary's; nothing lies in a folder that holds a whole one.
///
/// # Errors
/// When a folder cannot be listed, or there are too many.
pub fn candidates(root: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut open, mut count) = (Vec::new(), vec![(root.to_owned(), 0)], 0);
    while let Some((folder, depth)) = open.pop() {
        count += 1;
        if count > MOST_FOLDERS {
            let what = format_args!("holds more than {MOST_FOLDERS} folders");
            return Err(Problem::new(root.display(), what, "name the folder of the dictionaries with --dictionaries"));
        }
        if formats::detect(&folder).is_some() {
            found.push(folder);
            continue;
        }
        let below = folders_in(&folder)?;
        if formats::resembles(&folder, below.is_empty()) {
            found.push(folder);
        }
        if depth < DEEPEST {
            open.extend(below.into_iter().map(|folder| (folder, depth + 1)));
        }
    }
    found.sort();
    Ok(found)
}

/// The folders in `folder` that are not hidden.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| Problem::from_io(folder, "list it", &error);
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect::<Result<_>>()?;
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    Ok(paths.into_iter().filter(|path| path.is_dir() && !is_hidden(path)).collect())
}

//! Dictionaries in folders whose names say no submodule: their files say the place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::host::Host;
use super::{Purpose, formats};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};

/// Deepest folder below the root that is looked into; Gemma Scope has `layer_1/width_16k/average_l0_9`.
const DEEPEST: usize = 6;

/// Most folders that are looked into.
const MOST_FOLDERS: usize = 20_000;

/// The folders of dictionaries by their places.
#[derive(Debug, Default)]
pub struct Placed {
    /// The folders for each submodule, sorted.
    pub folders: BTreeMap<Submodule, Vec<PathBuf>>,
    /// The places of the others, in words: no submodule has what they write.
    pub elsewhere: Vec<String>,
}

impl Placed {
    /// Looks into `root` and the folders below it.
    ///
    /// # Errors
    /// When a folder or a dictionary cannot be read.
    pub fn find(root: &Path, host: &Host) -> Result<Self> {
        let mut placed = Self::default();
        let (mut open, mut count) = (vec![(root.to_owned(), 0)], 0);
        while let Some((folder, depth)) = open.pop() {
            count += 1;
            if count > MOST_FOLDERS {
                let what = format_args!("holds more than {MOST_FOLDERS} folders");
                return Err(Problem::new(root.display(), what, "name the folder of the dictionaries with --dictionaries"));
            }
            if formats::detect(&folder).is_some() {
                placed.add(folder, host)?;
            } else if depth < DEEPEST {
                open.extend(folders_in(&folder)?.into_iter().map(|folder| (folder, depth + 1)));
            }
        }
        placed.folders.values_mut().for_each(|folders| folders.sort());
        placed.elsewhere.sort();
        Ok(placed)
    }

    fn add(&mut self, folder: PathBuf, host: &Host) -> Result<()> {
        // Any submodule: the files say the place.
        let purpose = Purpose::Look { submodule: Submodule::new(SubmoduleKind::Residual, 0) };
        let dictionary = formats::open(&folder, purpose)?.in_model(host)?;
        match dictionary.belongs_to() {
            Some(submodule) => self.folders.entry(submodule).or_default().push(folder),
            None if dictionary.writes().is_said() => self.elsewhere.push(dictionary.writes().to_string()),
            // Its files say no place: nothing can be said of it.
            None => {}
        }
        Ok(())
    }
}

/// The folders in `folder` that are not hidden.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| Problem::from_io(folder, "list it", &error);
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect::<Result<_>>()?;
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    Ok(paths.into_iter().filter(|path| path.is_dir() && !is_hidden(path)).collect())
}

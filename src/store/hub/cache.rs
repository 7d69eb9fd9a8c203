//! The Hugging Face hub's cache on this machine, in the layout of Python's huggingface_hub, so that both use the same files:
//!
//! ```text
//! models--ORG--NAME/blobs/HASH                    the files, named by the hash that the hub gives them
//! models--ORG--NAME/blobs/HASH.incomplete         the part of a file that has arrived
//! models--ORG--NAME/snapshots/COMMIT/PATH         links to the files, under their paths in a commit
//! models--ORG--NAME/refs/REVISION                 the commit to which a branch or tag pointed at its last download
//! .locks/models--ORG--NAME/HASH.lock              locked by the program that downloads this file
//! ```
//!
//! Layout: <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::expand::{self, Surroundings, expanded};
use crate::core::parts::Parts;
use crate::core::problem::{Problem, Result};
use crate::core::request::ModelSource;
use crate::core::submodule::SubmoduleKind;
use crate::core::text::bytes;
use crate::files::whole;
use crate::store::atomic;
use crate::store::folders::no_home;
use crate::store::presets::{Preset, Repository};

/// The environment variable `name`, unless it is empty.
pub(super) fn variable(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The path in the environment variable `name`, expanded, unless the variable is empty.
pub(super) fn path_in(name: &str) -> Option<PathBuf> {
    variable(name).map(|path| of_environment(&path))
}

/// `path` with what stands in it for a home folder or a variable.
fn of_environment(path: &OsStr) -> PathBuf {
    expanded(path, &Surroundings { variable: &|name| env::var_os(name), home: &expand::home })
}

/// The path of `name` in Hugging Face's folder. It is expanded once more, as huggingface_hub does with every path that follows from `HF_HOME`.
///
/// # Errors
/// As for [`home`].
pub(super) fn in_home(name: &str) -> Result<PathBuf> {
    Ok(of_environment(home()?.join(name).as_os_str()))
}

/// Hugging Face's folder: `HF_HOME`, otherwise `huggingface` in `XDG_CACHE_HOME` or `~/.cache`.
///
/// # Errors
/// If none of the variables is set and the user has no home folder.
fn home() -> Result<PathBuf> {
    if let Some(home) = path_in("HF_HOME") {
        return Ok(home);
    }
    let usual = || expand::home(None).map(|home| home.join(".cache"));
    let cache = path_in("XDG_CACHE_HOME").or_else(usual).ok_or_else(|| no_home(&["HF_HOME"]))?;
    Ok(cache.join("huggingface"))
}

/// The name of the variable that decides the place of the cache.
pub(super) fn setting() -> &'static str {
    ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"].into_iter().find(|name| variable(name).is_some()).unwrap_or("HF_HOME")
}

/// The cache's folder: `HF_HUB_CACHE`, otherwise `HUGGINGFACE_HUB_CACHE`, otherwise `hub` in `HF_HOME`, which defaults to
/// `~/.cache/huggingface`.
///
/// # Errors
/// If none of the variables is set and the user has no home folder.
pub fn folder() -> Result<PathBuf> {
    let chosen = path_in("HF_HUB_CACHE").or_else(|| path_in("HUGGINGFACE_HUB_CACHE"));
    chosen.map_or_else(|| in_home("hub"), Ok)
}

/// Whether `text` is a full commit hash: 40 hexadecimal digits.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The paths of one repository in the cache at `cache`.
#[derive(Debug, Clone)]
pub struct Places {
    cache: PathBuf,
    name: String,
}

impl Places {
    /// The paths of the repository `ORG/NAME`.
    pub fn new(cache: &Path, repository: &str) -> Self {
        Self { cache: cache.to_owned(), name: format!("models--{}", repository.replace('/', "--")) }
    }

    fn folder(&self) -> PathBuf {
        self.cache.join(&self.name)
    }

    /// The commit to which `revision` pointed at its last download; a full commit hash is returned as it is.
    pub fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_ascii_lowercase());
        }
        let commit = whole::text(&self.folder().join("refs").join(revision), whole::BY_HAND).ok()?;
        Some(commit.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// The folder that holds the files of a commit.
    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder().join("snapshots").join(commit)
    }

    /// The path of the complete file with this hash.
    pub(super) fn blob(&self, hash: &str) -> PathBuf {
        self.folder().join("blobs").join(hash)
    }

    /// The path of the part that has arrived of the file with this hash.
    pub(super) fn incomplete(&self, hash: &str) -> PathBuf {
        self.folder().join("blobs").join(format!("{hash}.incomplete"))
    }

    /// The path of the lock that is held while the file is downloaded.
    pub(super) fn lock(&self, hash: &str) -> PathBuf {
        self.cache.join(".locks").join(&self.name).join(format!("{hash}.lock"))
    }

    /// Links `path` in the snapshot of `commit` to the file with this hash; an existing entry is replaced.
    pub(super) fn link(&self, commit: &str, path: &str, hash: &str) -> Result<()> {
        let link = self.snapshot(commit).join(path);
        let up = "../".repeat(path.matches('/').count() + 2);
        let target = PathBuf::from(format!("{up}blobs/{hash}"));
        if fs::read_link(&link).is_ok_and(|found| found == target) {
            return Ok(());
        }
        let failed = |error: std::io::Error| Problem::from_io(&link, "write it", &error);
        let parent = link.parent().unwrap_or(&self.cache);
        fs::create_dir_all(parent).map_err(failed)?;
        let temporary = parent.join(format!(".saescope-{}-{hash}.link", std::process::id()));
        remove_if_there(&temporary).map_err(failed)?;
        if symlink(&target, &temporary).is_ok() {
            return fs::rename(&temporary, &link).map_err(failed);
        }
        // On a file system without links the file itself is moved to this path, as Python does it.
        fs::rename(self.blob(hash), &link).map_err(failed)
    }

    /// Records that `revision` now points to `commit`.
    pub(super) fn refer(&self, revision: &str, commit: &str) -> Result<()> {
        if is_commit(revision) || self.commit(revision).as_deref() == Some(commit) {
            return Ok(());
        }
        let path = self.folder().join("refs").join(revision);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Problem::from_io(parent, "create the folder", &error))?;
        }
        atomic::write(&path, commit.as_bytes())
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

pub(super) fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The files of a preset on this machine, judged by names alone: a file under its final name is complete.
#[derive(Debug, Clone, PartialEq)]
pub enum Local {
    /// All files are present, at this source.
    Complete(ModelSource),
    /// These files are missing, each as repository and path.
    Missing(Vec<(String, String)>),
}

/// Describes the missing files of `preset` in words: how many, about how large, and which.
pub fn described(preset: &Preset, missing: &[(String, String)]) -> String {
    const NAMED: usize = 4;
    let size = |(repository, path): &(String, String)| {
        let files = preset.repositories().filter(|known| known.name == *repository).flat_map(|known| &known.files);
        files.filter(|file| file.path == *path).find_map(|file| file.about_bytes)
    };
    let about =
        missing.iter().map(size).sum::<Option<u64>>().map_or_else(String::new, |about| format!(", about {}", bytes(about)));
    let mut names: Vec<String> = missing.iter().take(NAMED).map(|(repository, path)| format!("{path} of {repository}")).collect();
    if missing.len() > NAMED {
        names.push(format!("{} more", missing.len() - NAMED));
    }
    format!("{} of {} files are missing{about}: {}", missing.len(), preset.files(), names.join(", "))
}

/// Looks for the files of `preset` in the user's cache; without a home folder there is none.
pub fn here(preset: &Preset) -> Local {
    let all = || preset.repositories().flat_map(|from| from.files.iter().map(|file| (from.name.clone(), file.path.clone())));
    folder().map_or_else(|_| Local::Missing(all().collect()), |cache| local(preset, &cache))
}

/// Looks for the files of `preset` in the cache at `cache`.
pub fn local(preset: &Preset, cache: &Path) -> Local {
    let mut missing = Vec::new();
    let mut find = |repository: &Repository| {
        let places = Places::new(cache, &repository.name);
        let snapshot = places.commit(&repository.revision).map(|commit| places.snapshot(&commit));
        for file in &repository.files {
            if !snapshot.as_ref().is_some_and(|snapshot| snapshot.join(&file.path).is_file()) {
                missing.push((repository.name.clone(), file.path.clone()));
            }
        }
        snapshot.unwrap_or_default()
    };
    let model = find(&preset.model);
    let mut dictionaries: Vec<PathBuf> = Vec::new();
    for folder in preset.dictionaries.iter().map(find) {
        // One repository may hold the dictionaries of several kinds.
        if !dictionaries.contains(&folder) {
            dictionaries.push(folder);
        }
    }
    if missing.is_empty() {
        let name = Some(preset.model_name.clone());
        let source = ModelSource::Folder { model, dictionaries, name, release: preset.release() };
        // Dictionaries that are used only where they are asked for may lie beside the others.
        let kinds: Vec<SubmoduleKind> = preset.dictionaries.iter().filter_map(|from| from.kind).collect();
        let is_part = !preset.only_if_asked.is_empty() && kinds.len() == preset.dictionaries.len();
        Local::Complete(if is_part { ModelSource::Part(Box::new(source), Parts { layers: None, kinds }) } else { source })
    } else {
        Local::Missing(missing)
    }
}

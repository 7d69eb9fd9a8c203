//! Writes files completely or not at all: to a temporary file beside the target, which is synced and then renamed over the
//! target.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::core::problem::{Problem, Result};

/// A file for a result, checked to be writable before the work that computes the result.
///
/// A symbolic link is followed: a user who names a link means the file behind it. [`write()`] does not follow links.
pub struct AtomicFile {
    target: PathBuf,
}

impl AtomicFile {
    /// Checks that `target` can be written. It is neither created nor changed before [`AtomicFile::commit`].
    pub fn reserve(target: &Path) -> Result<Self> {
        let unwritable = |what: String| {
            Problem::new(target.display(), what, "choose another file name, in a folder that exists and can be written")
        };
        if target.is_symlink() && !target.exists() {
            return Err(unwritable("is a broken link".to_owned()));
        }
        let target_file = target.canonicalize().unwrap_or_else(|_| target.to_owned());
        match std::fs::metadata(&target_file) {
            Ok(metadata) if metadata.is_dir() => return Err(unwritable("is a folder, a file name is expected".to_owned())),
            Ok(metadata) if !metadata.is_file() => return Err(unwritable("is a device or pipe, a file is expected".to_owned())),
            Ok(_) => drop(
                OpenOptions::new()
                    .write(true)
                    .open(&target_file)
                    .map_err(|error| unwritable(format!("cannot be written: {error}")))?,
            ),
            Err(_) => {
                // A probe file is created and removed again: names that are too long, missing folders and missing permissions
                // all show here.
                let probe = OpenOptions::new().write(true).create_new(true).open(&target_file);
                drop(probe.map_err(|error| unwritable(format!("cannot be written: {error}")))?);
                std::fs::remove_file(&target_file).map_err(|error| unwritable(format!("cannot be written: {error}")))?;
            }
        }
        Ok(Self { target: target_file })
    }

    /// Writes `bytes` and moves the file to its place. On any failure the target stays as it was.
    pub fn commit(self, bytes: &[u8]) -> Result<()> {
        write(&self.target, bytes)
    }
}

/// Writes the file at `path` completely or not at all; an existing file keeps its permissions.
///
/// A symbolic link at `path` is replaced, not followed: the program's own files may be in folders where others can create
/// links.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: io::Error| failed(path, &error);
    let temporary = temporary(path, bytes).map_err(failed)?;
    if let Ok(former) = std::fs::metadata(path) {
        temporary.as_file().set_permissions(former.permissions()).map_err(failed)?;
    }
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(path).map_err(failed)
}

/// Writes a new file at `path`, completely or not at all; an existing file is an error.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Problem::new(path.display(), "is there already", "choose another file name"),
        _ => failed(path, &error),
    };
    let temporary = temporary(path, bytes).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist_noclobber(path).map_err(|error| failed(error.error))?;
    sync_folder(path).map_err(failed)
}

fn failed(path: &Path, error: &io::Error) -> Problem {
    let what = format_args!("cannot be written: {error}");
    Problem::environment(path.display(), what, "check the disk's space and the folder's permissions")
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a temporary file beside `path` that holds `bytes`.
fn temporary(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saescope-").suffix(".partial");
    // By default, only the owner can read temporary files; a result gets the permissions of any new file (the umask applies).
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(folder(path))?;
    temporary.write_all(bytes)?;
    Ok(temporary)
}

/// Syncs the folder of `path`: a rename is on disk only once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(folder(path)).and_then(|folder| folder.sync_all())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_behind_without_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run");
        drop(AtomicFile::reserve(&target).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        AtomicFile::reserve(&target).unwrap().commit(b"abc").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"abc");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_noticed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        assert!(AtomicFile::reserve(&folder.path().join("missing/run")).is_err());
        assert!(AtomicFile::reserve(folder.path()).is_err());
        assert!(AtomicFile::reserve(&folder.path().join("a".repeat(300))).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_device_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        AtomicFile::reserve(&link).unwrap().commit(b"new").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert!(link.is_symlink());
        assert!(AtomicFile::reserve(Path::new("/dev/null")).is_err());
    }

    #[test]
    fn a_new_file_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("new");
        write_new(&target, b"first").unwrap();
        let problem = write_new(&target, b"second").unwrap_err().to_string();
        assert!(problem.ends_with("is there already; choose another file name"), "{problem}");
        assert_eq!(std::fs::read(&target).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

//! Writes files completely or not at all: to a temporary file beside the target, which is synced and then renamed over the
//! target.
//!
//! Every write follows symbolic links: a user who puts a link in the place of a file means the file behind it. A file that is
//! read-only is refused. An existing file keeps its permissions; its owner becomes the user who writes, and its other hard links
//! keep the former content, because a rename puts a new file in the place of the old one.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::temporary;
use crate::core::file_facts::FileState;
use crate::core::problem::{Problem, Result};
use crate::files::state;

/// Longest time that a look and a rename of another program take.
const TURN: Duration = Duration::from_secs(10);

/// A file for a result, checked to be writable before the work that computes the result.
pub struct AtomicFile {
    /// The name that was given, which may be a link to the target.
    named: PathBuf,
    target: PathBuf,
    /// What was at the target before the work; None if nothing was.
    former: Option<FileState>,
}

impl AtomicFile {
    /// Checks that the file that `named` means can be written. It is neither created nor changed before [`AtomicFile::commit`].
    pub fn reserve(named: &Path) -> Result<Self> {
        let target = followed(named)?;
        // Whether the folder takes a new file shows only when one is made. It has a name of its own: another program may be about
        // to use the target's name.
        let probe = temporary::beside(&target).and_then(NamedTempFile::close);
        probe.map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                unusable(&target, &format!("cannot be written: {error}"))
            }
            // Another name in this folder would fail just so.
            _ => failed(&target, &error),
        })?;
        let former = state_of(&target);
        Ok(Self { named: named.to_owned(), target, former })
    }

    /// Writes `bytes` and moves the file to its place. On any failure the target stays as it was.
    ///
    /// # Errors
    /// If the file cannot be written, or if another program has written the target since it was reserved: that file stays, and
    /// `bytes` go to a free name beside it, which the problem names.
    pub fn commit(self, bytes: &[u8]) -> Result<()> {
        let Self { named, target, former } = self;
        let failed = |error: io::Error| failed(&target, &error);
        let temporary = filled(&target, bytes).map_err(failed)?;
        let turn = turn(&target);
        let refused = match (state_of(&target), former) {
            // The name means another file now, which nobody has asked to replace.
            _ if followed(&named).is_ok_and(|now| now != target) => Some(temporary),
            (None, _) => place_new(temporary, &target)?,
            (Some(now), Some(former)) if now.has_content_of(&former) => {
                keep_permissions(&temporary, &target).map_err(failed)?;
                temporary.persist(&target).map_err(|error| failed(error.error))?;
                None
            }
            _ => Some(temporary),
        };
        drop(turn);
        if let Some(mut temporary) = refused {
            for name in names_beside(&target) {
                let Some(again) = place_new(temporary, &name)? else {
                    sync_folder(&target).map_err(failed)?;
                    return Err(written_beside(&target, &name));
                };
                temporary = again;
            }
        }
        sync_folder(&target).map_err(failed)
    }
}

/// Writes the file at `path` completely or not at all. Of several writers the last one wins.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = followed(path)?;
    let failed = |error: io::Error| failed(&target, &error);
    let temporary = filled(&target, bytes).map_err(failed)?;
    keep_permissions(&temporary, &target).map_err(failed)?;
    temporary.persist(&target).map_err(|error| failed(error.error))?;
    sync_folder(&target).map_err(failed)
}

/// Writes the file at `path` by what `write` writes, completely or not at all.
pub fn write_with(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    let target = followed(path)?;
    let failed = |error: io::Error| failed(&target, &error);
    let mut temporary = temporary::beside(&target).map_err(failed)?;
    write(temporary.as_file_mut()).and_then(|()| temporary.as_file().sync_all()).map_err(failed)?;
    temporary.persist(&target).map_err(|error| failed(error.error))?;
    sync_folder(&target).map_err(failed)
}

/// Writes a new file at `path`, completely or not at all; an existing file or link is an error.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: io::Error| failed(path, &error);
    if place_new(filled(path, bytes).map_err(failed)?, path)?.is_some() {
        return Err(Problem::new(path.display(), "is there already", "choose another file name"));
    }
    sync_folder(path).map_err(failed)
}

/// The file that `path` means, with all links followed. It need not exist; if it does, it can be replaced.
fn followed(path: &Path) -> Result<PathBuf> {
    let refused = |what: &str, remedy: &str| Err(Problem::new(path.display(), what, remedy));
    let unwritable = |error: io::Error| unusable(path, &format!("cannot be written: {error}"));
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            refused("is a folder, a file name is expected", "choose another file name, or move it away")
        }
        Ok(metadata) if !metadata.is_file() => {
            refused("is a device or pipe, a file is expected", "choose another file name, or move it away")
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            refused("is read-only", "make it writable (chmod u+w), or choose another file name")
        }
        Ok(metadata) => {
            let target = path.canonicalize().map_err(unwritable)?;
            drop(OpenOptions::new().write(true).open(&target).map_err(unwritable)?);
            if is_kept_by_its_folder(&metadata, &target) {
                let what = "belongs to another user, and its folder lets only owners replace files";
                return refused(what, "choose another file name, in a folder of your own");
            }
            Ok(target)
        }
        Err(_) if path.is_symlink() => {
            refused("is a broken link", "remove it, make the file that it leads to, or choose another file name")
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        // For example a name that is too long.
        Err(error) => Err(unwritable(error)),
    }
}

/// Whether the folder of `target` has the sticky bit, as `/tmp` has, and neither it nor the file belongs to this user.
#[cfg(unix)]
fn is_kept_by_its_folder(file: &Metadata, target: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid();
    let is_ours = |owner: u32| user.is_root() || owner == user.as_raw();
    !is_ours(file.uid())
        && std::fs::metadata(folder(target)).is_ok_and(|folder| folder.mode() & 0o1000 != 0 && !is_ours(folder.uid()))
}

#[cfg(not(unix))]
fn is_kept_by_its_folder(_: &Metadata, _: &Path) -> bool {
    false
}

fn state_of(target: &Path) -> Option<FileState> {
    std::fs::metadata(target).ok().map(|metadata| state::of(&metadata))
}

/// A synced temporary file beside `target` that holds `bytes`, with the permissions of any new file.
fn filled(target: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut temporary = temporary::beside(target)?;
    temporary.as_file_mut().write_all(bytes)?;
    temporary.as_file().sync_all()?;
    // A program that is being started holds every open file of this one for a moment, so closing the file does not end its lock.
    let _ = temporary.as_file().unlock();
    Ok(temporary)
}

/// Gives `temporary` the permissions of the file at `target` that it will replace, if there is one.
fn keep_permissions(temporary: &NamedTempFile, target: &Path) -> io::Result<()> {
    match std::fs::metadata(target) {
        Ok(former) if former.is_file() => temporary.as_file().set_permissions(former.permissions()),
        _ => Ok(()),
    }
}

/// Waits until no other of these programs is between its look at a target in the folder of `target` and the rename that follows, and keeps
/// them waiting until the result is dropped. None on a file system without locks, and where somebody holds the lock for longer than any
/// rename takes: a result must not wait for ever.
fn turn(target: &Path) -> Option<File> {
    let folder = File::open(folder(target)).ok()?;
    let since = Instant::now();
    loop {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) if since.elapsed() < TURN => std::thread::sleep(Duration::from_millis(5)),
            Err(_) => return None,
        }
    }
}

/// Gives `temporary` the name `path`; returns it if that name is taken.
fn place_new(temporary: NamedTempFile, path: &Path) -> Result<Option<NamedTempFile>> {
    let Err(refused) = temporary.persist_noclobber(path) else { return Ok(None) };
    if refused.error.kind() == ErrorKind::AlreadyExists || path.is_symlink() || path.exists() {
        return Ok(Some(refused.file));
    }
    // Some file systems can neither refuse to replace nor link.
    refused.file.persist(path).map_err(|error| failed(path, &error.error))?;
    Ok(None)
}

/// `NAME-2.EXTENSION`, `NAME-3.EXTENSION` and so on.
fn names_beside(target: &Path) -> impl Iterator<Item = PathBuf> {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_owned();
    let (stem, extension) = (part(target.file_stem()), part(target.extension()));
    (2..).map(move |number| {
        let mut name = stem.clone();
        name.push(format!("-{number}"));
        if !extension.is_empty() {
            name.push(".");
            name.push(&extension);
        }
        target.with_file_name(name)
    })
}

fn written_beside(target: &Path, name: &Path) -> Problem {
    let what = "was written by another program in the meantime, and is left as it is";
    Problem::environment(target.display(), what, format_args!("the result is in {}: keep either", name.display()))
}

fn unusable(path: &Path, what: &str) -> Problem {
    Problem::new(path.display(), what, "choose another file name, in a folder that exists and can be written")
}

fn failed(path: &Path, error: &io::Error) -> Problem {
    let what = format_args!("cannot be written: {error}");
    let remedy = match error.kind() {
        // A disk without room for one more file says the same.
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "remove files from that disk, or name a file on another one",
        _ => "check the disk's space and the folder's permissions",
    };
    Problem::environment(path.display(), what, remedy)
}

/// The folder of `path`.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Syncs the folder of `path`: a rename is on disk only once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder(path)).and_then(|folder| folder.sync_all())?;
    Ok(())
}

#[cfg(test)]
#[path = "atomic_tests.rs"]
mod tests;

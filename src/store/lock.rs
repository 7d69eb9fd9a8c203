//! Locks between programs: a file beside the protected one, locked by the system, which drops the lock when the process ends.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::core::problem::{Problem, Result};

/// Interval between tries to take a lock that another program holds.
const GLANCE: Duration = Duration::from_millis(5);

/// A lock that is held until it is dropped.
///
/// On file systems without locks nothing is held, and two programs may do the same work at once: callers must write so that
/// this does no harm.
#[derive(Debug)]
#[must_use]
pub struct Lock(File);

impl Lock {
    /// Takes the lock on the file at `path`; a missing file is created with its folder. As long as another program holds the
    /// lock, `keep_waiting` is called at intervals.
    ///
    /// # Errors
    /// If the file cannot be opened, or if `keep_waiting` fails.
    pub fn take(path: &Path, mut keep_waiting: impl FnMut() -> Result<()>) -> Result<Self> {
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::PermissionDenied => refused(path, &error),
            _ => Problem::from_io(path, "write it", &error),
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| match error.kind() {
                ErrorKind::PermissionDenied => refused(folder, &error),
                _ => Problem::from_io(folder, "create the folder", &error),
            })?;
        }
        if path.is_symlink() && !path.exists() {
            return Err(Problem::new(path.display(), "is a link that leads to no file, a lock is a file", "remove it"));
        }
        // Opening a pipe would wait for its other end.
        if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Problem::new(
                path.display(),
                "is a device, pipe or folder, a lock is a file",
                "remove it, or move it away",
            ));
        }
        let file = File::options().create(true).truncate(false).write(true).open(path);
        // In a shared folder the file may be another user's: a lock needs no right to write.
        let file = file.or_else(|error| match error.kind() {
            ErrorKind::PermissionDenied => File::open(path).map_err(|_| error),
            _ => Err(error),
        });
        let file = file.map_err(failed)?;
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            keep_waiting()?;
            thread::sleep(GLANCE);
        }
        Ok(Self(file))
    }
}

/// The problem that the system does not let this user open the lock at `path`, or make it in its folder.
fn refused(path: &Path, error: &std::io::Error) -> Problem {
    let place = if path.exists() { path } else { path.parent().unwrap_or(path) };
    if is_foreign(place) {
        let what = format_args!("belongs to another user, who has not shared it: {error}");
        return Problem::environment(
            place.display(),
            what,
            "ask its owner to permit others to write it, or use a folder of your own",
        );
    }
    Problem::from_io(path, "write it", error)
}

/// Whether the file or folder at `path` belongs to another user.
#[cfg(unix)]
fn is_foreign(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.uid() != rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_foreign(_: &Path) -> bool {
    false
}

impl Drop for Lock {
    /// Closing the file is not enough: a program that is being started holds every open file of this one for a moment.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_can_only_be_read_is_locked_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::fs::write(&path, "").unwrap();
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).unwrap();
        let held = Lock::take(&path, || Ok(())).unwrap();
        assert!(Lock::take(&path, || Err(Problem::new("lock", "is held", "wait"))).is_err());
        drop(held);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let problem = Lock::take(&path, || Ok(())).unwrap_err();
        assert!(problem.what().contains("pipe"), "{problem}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::os::unix::fs::symlink(folder.path().join("none"), &path).unwrap();
        let problem = Lock::take(&path, || Ok(())).unwrap_err();
        assert!(problem.what().contains("is a link that leads to no file"), "{problem}");
    }

    #[test]
    fn one_holds_it_and_the_next_waits_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/lock");
        let enough = || Err(Problem::new("lock", "is held", "wait"));
        let first = Lock::take(&path, enough).unwrap();
        assert_eq!(Lock::take(&path, enough).unwrap_err().what(), "is held");
        let mut first = Some(first);
        let mut asked = 0;
        let second = Lock::take(&path, || {
            asked += 1;
            first.take();
            Ok(())
        });
        assert!(second.is_ok() && asked == 1, "{asked}");
    }

    #[test]
    fn it_ends_although_a_program_that_is_being_started_has_the_file_open_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path, || Ok(())).unwrap();
        // A child process has such a copy until it runs its own program.
        let _copy = held.0.try_clone().unwrap();
        drop(held);
        assert!(Lock::take(&path, || Err(Problem::new("lock", "is held", "wait"))).is_ok());
    }
}

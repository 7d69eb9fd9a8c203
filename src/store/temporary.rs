//! Temporary files beside their targets. Those that killed programs left behind are removed.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

const PREFIX: &str = ".saescope-";
const SUFFIX: &str = ".partial";

/// Youngest age of a file that is taken for left behind, if the file system has locks: a program locks its file right after it
/// has made it.
const UNLOCKED: Duration = Duration::from_mins(5);

/// The same on a file system without locks: no write takes so long.
const UNLOCKABLE: Duration = Duration::from_hours(48);

/// Creates an empty file with a name of its own in the folder of `target`, locked until it is closed, and first removes those
/// that programs left behind there when they were killed.
pub fn beside(target: &Path) -> io::Result<NamedTempFile> {
    within(target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Creates such a file in `folder`.
pub fn within(folder: &Path) -> io::Result<NamedTempFile> {
    expect_renaming(folder)?;
    remove_left_behind(folder, SystemTime::now());
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // By default, only the owner can read temporary files; a result gets the permissions of any new file (the umask applies).
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let temporary = builder.tempfile_in(folder).map_err(|error| without_path(&error))?;
    // Without locks its age protects the file.
    let _ = temporary.as_file().try_lock();
    Ok(temporary)
}

/// Fails in a folder that takes new files and keeps each for good under its first name (`chattr +a`): a temporary one would stay.
#[cfg(target_os = "linux")]
fn expect_renaming(folder: &Path) -> io::Result<()> {
    // What cannot be asked has no such folders.
    let flags = File::open(folder).and_then(|folder| Ok(rustix::fs::ioctl_getflags(folder)?));
    if flags.is_ok_and(|flags| flags.contains(rustix::fs::IFlags::APPEND)) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "no file in its folder can be renamed (chattr +a)"));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn expect_renaming(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The error without the random name, which would make every message another one.
fn without_path(error: &io::Error) -> io::Error {
    let text = error.to_string();
    io::Error::new(error.kind(), text.split(" at path ").next().unwrap_or_default().to_owned())
}

/// Removes the temporary files in `folder` that no program writes any more. What cannot be listed, locked or removed stays.
fn remove_left_behind(folder: &Path, now: SystemTime) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) && is_left_behind(&entry.path(), now) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn is_left_behind(path: &Path, now: SystemTime) -> bool {
    let age = std::fs::metadata(path).and_then(|metadata| metadata.modified()).map(|modified| now.duration_since(modified));
    let Ok(Ok(age)) = age else { return false };
    if age < UNLOCKED {
        return false;
    }
    // Over a network an exclusive lock needs a file that is open for writing.
    let Ok(file) = File::options().write(true).open(path) else { return false };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => age > UNLOCKABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_name_the_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = within(&folder.path().join("missing")).unwrap_err();
        assert_eq!((error.kind(), error.to_string().contains("partial")), (io::ErrorKind::NotFound, false), "{error}");
    }

    #[test]
    fn only_old_files_that_nobody_holds_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let held = within(folder.path()).unwrap();
        for name in [".saescope-abc.partial", "saescope-abc.partial", ".saescope-abc.link", ".other-abc.partial"] {
            std::fs::write(path(name), "").unwrap();
        }
        std::fs::create_dir(path(".saescope-folder.partial")).unwrap();
        let count = || std::fs::read_dir(folder.path()).unwrap().count();
        remove_left_behind(folder.path(), SystemTime::now());
        assert_eq!(count(), 6);
        remove_left_behind(folder.path(), SystemTime::now() + UNLOCKED * 2);
        assert_eq!(count(), 5);
        assert!(held.path().exists() && !path(".saescope-abc.partial").exists());
        let left = path(".saescope-left.partial");
        std::fs::copy(held.path(), &left).unwrap();
        drop(held);
        remove_left_behind(folder.path(), SystemTime::now() + UNLOCKED * 2);
        assert!(!left.exists());
    }
}

//! Files are written whole or not at all: to a temporary file beside the target, synced, then renamed over it.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::core::problem::{Problem, Result};

/// A file that does not exist under its name until [`AtomicFile::commit`].
pub struct AtomicFile {
    target: PathBuf,
    temporary: NamedTempFile,
}

impl AtomicFile {
    /// Makes sure that `target` can be written, before the work whose result it will hold.
    pub fn create(target: &Path) -> Result<Self> {
        let remedy = "choose another --output, in a folder that exists and can be written";
        if target.is_dir() {
            return Err(Problem::new(target.display(), "is a folder, a file name is expected", remedy));
        }
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".saescope-").suffix(".partial");
        // Temporary files are for their owner only by default; a result gets the permissions of any new file (the umask applies).
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let temporary = builder
            .tempfile_in(folder)
            .map_err(|error| Problem::new(target.display(), format_args!("cannot be written: {error}"), remedy))?;
        Ok(Self { target: target.to_owned(), temporary })
    }

    /// Writes `bytes` and puts the file in its place. Until then, and on any failure, the target stays as it was.
    pub fn commit(mut self, bytes: &[u8]) -> Result<()> {
        let failed = |error: std::io::Error| Problem::from_io(&self.target, "write it", &error);
        self.temporary.write_all(bytes).map_err(failed)?;
        self.temporary.as_file().sync_all().map_err(failed)?;
        self.temporary.persist(&self.target).map_err(|error| Problem::from_io(&self.target, "write it", &error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_behind_without_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run");
        drop(AtomicFile::create(&target).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        AtomicFile::create(&target).unwrap().commit(b"abc").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"abc");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_noticed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        assert!(AtomicFile::create(&folder.path().join("missing/run")).is_err());
        assert!(AtomicFile::create(folder.path()).is_err());
    }
}

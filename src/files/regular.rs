//! Opens files that a user named. Opening a pipe to which nobody writes would wait for ever, so what is no file is refused before.

use std::fs::File;
use std::path::Path;

use crate::core::problem::{Problem, Result};

/// The file at `path`, open for reading.
///
/// # Errors
/// If it cannot be opened, or is a folder, a device or a pipe.
pub fn open(path: &Path) -> Result<File> {
    let unreadable = |error: std::io::Error| Problem::from_io(path, "read it", &error);
    if std::fs::metadata(path).map_err(unreadable)?.is_file() {
        File::open(path).map_err(unreadable)
    } else {
        Err(Problem::no_regular_file(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::no_file;

    #[test]
    fn a_pipe_without_a_writer_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for path in [&*no_file(folder.path()), folder.path()] {
            assert!(open(path).unwrap_err().what().starts_with("is no file but"), "{}", path.display());
        }
        assert!(open(&folder.path().join("none")).unwrap_err().what().starts_with("cannot read it"));
    }
}

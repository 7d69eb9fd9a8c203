//! Opens files that a user named. Opening a pipe to which nobody writes would wait for ever, so what is no file is refused before.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// The file at `path`, open for reading.
///
/// # Errors
/// If it cannot be opened, or is a folder, a device or a pipe.
pub fn open(path: &Path) -> Result<File> {
    let unreadable = |error: std::io::Error| unreadable(path, &error);
    if std::fs::metadata(path).map_err(unreadable)?.is_file() {
        File::open(path).map_err(unreadable)
    } else {
        Err(Problem::no_regular_file(path))
    }
}

/// The problem that the file at `path` cannot be opened.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    match expect_no_link(path) {
        Err(problem) if error.kind() == ErrorKind::NotFound => problem,
        _ => Problem::from_io(path, "read it", error),
    }
}

/// Fails if `path`, at which no file can be found, is a link: whoever made it meant a file to be there, as a cache of which one was removed.
pub fn expect_no_link(path: &Path) -> Result<()> {
    if !path.is_symlink() {
        return Ok(());
    }
    let target = std::fs::read_link(path).map(|target| target.display().to_string()).unwrap_or_default();
    let what = format_args!("is a link to {}, which is not there", excerpt(&target, 120));
    Err(Problem::new(
        path.display(),
        what,
        "put the file back, such as by downloading it again, or remove the link if it is not meant",
    ))
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
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink("gone", &link).unwrap();
            assert_eq!(open(&link).unwrap_err().what(), "is a link to gone, which is not there");
        }
        assert!(open(&folder.path().join("none")).unwrap_err().what().starts_with("cannot read it"));
    }
}

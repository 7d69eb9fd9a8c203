//! Whether an existing file may be replaced by what a command writes: only by the same kind of file, made by this program.

use std::io::Read;
use std::path::Path;

use crate::core::problem::{Problem, Result};
use crate::files::regular;

/// Bytes of a file's beginning in which its mark stands.
const BEGINNING: u64 = 4096;

/// Fails if there is a file at `path` whose beginning does not hold `mark`; `kind` is what such files are called. Without a mark, no file but
/// an empty one is replaced.
///
/// # Errors
/// If the file is another one, or cannot be read.
pub fn expect_replaceable(path: &Path, mark: Option<&str>, kind: &str) -> Result<()> {
    // Nothing is lost of a device or a pipe, whose length is 0 as well.
    if !path.exists() || std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0 && !metadata.is_dir()) {
        return Ok(());
    }
    let mut beginning = Vec::new();
    let read = regular::open(path)?.take(BEGINNING).read_to_end(&mut beginning);
    read.map_err(|error| Problem::from_io(path, "read it", &error))?;
    let holds = |mark: &str| beginning.windows(mark.len()).any(|part| part == mark.as_bytes());
    if beginning.is_empty() || mark.is_some_and(holds) {
        return Ok(());
    }
    let what = format!("exists and is no {kind} that saescope made");
    Err(Problem::new(path.display(), what, "name another file, or remove this one first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_the_mark_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(expect_replaceable(&path, Some("mark"), "page"), Ok(()));
        for (content, mark, expected) in
            [("", None, true), ("a mark", Some("mark"), true), ("a mark", None, false), ("notes", Some("mark"), false)]
        {
            std::fs::write(&path, content).unwrap();
            assert_eq!(expect_replaceable(&path, mark, "page").is_ok(), expected, "{content}");
        }
    }
}

//! Writes the demo files so that a reader never sees a partial file: to a temporary file beside the target, which is then
//! renamed.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::core::problem::{Problem, Result};

/// Writes `bytes` to `path`, creating its folder if needed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "create the folder", &error))?;
    let failed = |error: &std::io::Error| Problem::from_io(path, "write the file", error);
    let mut file = NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    readable_by_all(&file).map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// Reads a whole text file.
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Problem::from_io(path, "read the file", &error))
}

/// Makes the file readable by all: temporary files are private to their owner, the demo files must not be.
#[cfg(unix)]
fn readable_by_all(file: &NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

/// Total size in bytes of all files below `folder`.
pub fn size(folder: &Path) -> Result<u64> {
    let failed = |error: std::io::Error| Problem::from_io(folder, "read the folder", &error);
    let mut total = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let metadata = entry.metadata().map_err(failed)?;
        total += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(total)
}

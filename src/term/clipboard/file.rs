//! The file that replaces a clipboard if there is none.

use std::fs::OpenOptions;
use std::path::Path;

use crate::core::problem::{Problem, Result};
use crate::store::atomic;

/// Name of the file, in the folder that [`super::Clipboard::new`] is given.
pub const NAME: &str = "saescope-copied.txt";

/// Writes `text` to the file at `path`. A new file can be read only by its owner, like a clipboard.
pub fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "make this folder", &error))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // The atomic write keeps the permissions of the present file. If a file exists already, its permissions stay; if no file can
    // be made, the write itself says why.
    drop(options.open(path));
    atomic::write(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_text_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder").join(NAME);
        for text in ["first", "second"] {
            write(&path, text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

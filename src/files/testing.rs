//! What stands in the place of a file, for tests.

use std::path::{Path, PathBuf};

/// A pipe in `folder` to which nobody writes, or a folder where there are no pipes with names.
pub fn no_file(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    if cfg!(unix) {
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    } else {
        std::fs::create_dir(&path).unwrap();
    }
    path
}

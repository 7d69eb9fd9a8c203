//! Input files that are read whole: configurations, tokenizers and lists of prompts. What a file claims to be is not believed, so
//! every reading has a bound.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::text::bytes as in_words;

/// Most bytes of a configuration.
pub const LARGEST_CONFIGURATION: u64 = 1 << 22;

/// The bytes of the file at `path`, at most `most`. Pipes and devices are read, too.
///
/// # Errors
/// When the file cannot be read, is larger, or is another file in place of a text.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| Problem::from_io(path, "read it", &error);
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        let what = format!("has more than {}, which is more than such a file needs", in_words(most));
        return Err(Problem::new(path.display(), what, "check that the path names the file that is meant"));
    }
    match foreign::in_place_of_text(&bytes, &path.display()) {
        Some(problem) => Err(problem),
        None => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_bound_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert!(read(&path, 4).unwrap_err().to_string().contains("has more than 4 B"));
        #[cfg(unix)]
        assert!(read(Path::new("/dev/zero"), 1000).is_err());
    }
}

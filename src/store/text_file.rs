//! Reads text files whole, up to a size.

use std::io::{ErrorKind, Read};
use std::path::Path;

use super::regular_file;
use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::text::bytes;

/// The longest file in bytes that somebody has written by hand, or that this program writes as a record.
pub const BY_HAND: u64 = 16 << 20;

/// The longest file of tags in bytes: a list of every feature of every dictionary is shorter.
pub const TAGS: u64 = 200_000_000;

/// The text of the file at `path`.
///
/// # Errors
/// If it cannot be read, is no file such as a pipe, is longer than `most` bytes, is something else under its name, or is no UTF-8.
pub fn read(path: &Path, most: u64) -> Result<String> {
    let text = read_bytes(path, most)?;
    if let Some(problem) = foreign::in_place_of_text(&text, &path.display()) {
        return Err(problem);
    }
    String::from_utf8(text).map_err(|error| {
        let what = format_args!("is not UTF-8 from byte {} on", error.utf8_error().valid_up_to() + 1);
        Problem::new(path.display(), what, "save it as UTF-8 text")
    })
}

/// The text of the file at `path`; None if there is no such file.
///
/// # Errors
/// As for [`read`], and if it is no file: such as a pipe, for whose end the program would wait for ever.
pub fn read_if_present(path: &Path, most: u64) -> Result<Option<String>> {
    if is_present(path)? { read(path, most).map(Some) } else { Ok(None) }
}

/// The bytes of the file at `path`, which need be no text; None if there is no such file.
///
/// # Errors
/// If it cannot be read, is longer than `most` bytes, or is no file.
pub fn bytes_if_present(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    if is_present(path)? { read_bytes(path, most).map(Some) } else { Ok(None) }
}

fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| Problem::from_io(path, "read it", &error);
    let mut content = Vec::new();
    regular_file::open(path)?.take(most + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > most {
        let what = format_args!("has more than the {} that such a file can have", bytes(most));
        return Err(Problem::new(path.display(), what, "check that this is the right file"));
    }
    Ok(content)
}

/// Whether there is a file at `path`; anything else there is a problem.
fn is_present(path: &Path) -> Result<bool> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Ok(metadata) if !metadata.is_file() => {
            Err(Problem::new(path.display(), "is no file but a folder, a device or a pipe", "remove it, or move it away"))
        }
        // What else prevents it is said when it is opened.
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_up_to_a_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        assert_eq!(read_if_present(&path, 3), Ok(None));
        for no_file in [folder.path(), Path::new("/dev/null")] {
            assert!(read_if_present(no_file, 3).unwrap_err().to_string().contains("is no file but"), "{}", no_file.display());
        }
        for (content, expected) in [
            (&b"abc"[..], Ok("abc")),
            (b"abcd", Err("has more than the 3 B that such a file can have")),
            (b"a\xff", Err("is not UTF-8 from byte 2 on")),
        ] {
            std::fs::write(&path, content).unwrap();
            let found = read_if_present(&path, 3);
            match expected {
                Ok(text) => assert_eq!(found, Ok(Some(text.to_owned()))),
                Err(what) => assert_eq!(found.unwrap_err().what(), what),
            }
        }
        assert!(read(folder.path(), 3).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_that_never_ends_is_no_text() {
        let problem = read(Path::new("/dev/zero"), BY_HAND).unwrap_err();
        assert!(problem.what().starts_with("is no file but"), "{problem}");
    }
}

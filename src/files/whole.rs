//! Reads files whole, up to a size: what a file claims to be is not believed.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::regular;
use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::text::bytes as in_words;

/// Most bytes of a configuration of a model, a tokenizer's settings or a dictionary.
pub const CONFIGURATION: u64 = 1 << 22;

/// Most bytes of the header of a safetensors file: a model of a thousand layers has a tenth of that, and reading one takes many times its
/// size in memory.
pub const HEADER: u64 = 1 << 22;

/// Most bytes of a file that somebody has written by hand, or that this program writes as a record.
pub const BY_HAND: u64 = 16 << 20;

/// Most bytes of a file of tags: a list of every feature of every dictionary is shorter.
pub const TAGS: u64 = 200_000_000;

/// The bytes of the file at `path`.
///
/// # Errors
/// If it cannot be read, is no file such as a pipe, is longer than `most` bytes, or is another file in place of a text.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    in_place(path, read_bytes(regular::open(path)?, path, most)?)
}

/// As [`read`], but pipes and devices are read, too, to their end.
///
/// # Errors
/// As for [`read`].
pub fn read_stream(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| regular::unreadable(path, &error))?;
    in_place(path, read_bytes(file, path, most)?)
}

/// The text of the file at `path`, without a byte order mark in front.
///
/// # Errors
/// As for [`read`], and if it is no UTF-8.
pub fn text(path: &Path, most: u64) -> Result<String> {
    let text = utf8(path, read(path, most)?)?;
    Ok(match without_mark(&text) {
        rest if rest.len() < text.len() => rest.to_owned(),
        _ => text,
    })
}

/// `text` without a byte order mark in front: some editors write one, which is a part of the file's encoding and not of its content.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// `bytes` of the file at `path` as text, every byte of it, as for a hash.
///
/// # Errors
/// If they are no UTF-8.
pub fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let what = format_args!("is not UTF-8 from byte {} on", error.utf8_error().valid_up_to() + 1);
        Problem::new(path.display(), what, "save it as UTF-8 text")
    })
}

/// The text of the file at `path`; None if there is no such file.
///
/// # Errors
/// As for [`text`].
pub fn text_if_present(path: &Path, most: u64) -> Result<Option<String>> {
    if is_present(path)? { text(path, most).map(Some) } else { Ok(None) }
}

/// The bytes of the file at `path`, which need be no text; None if there is no such file.
///
/// # Errors
/// If it cannot be read, is longer than `most` bytes, or is no file.
pub fn bytes_if_present(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    if is_present(path)? { read_bytes(regular::open(path)?, path, most).map(Some) } else { Ok(None) }
}

fn read_bytes(file: File, path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(most + 1).read_to_end(&mut content).map_err(|error| Problem::from_io(path, "read it", &error))?;
    if content.len() as u64 > most {
        let what = format_args!("has more than the {} that such a file can have", in_words(most));
        return Err(Problem::new(path.display(), what, "check that the path names the file that is meant"));
    }
    Ok(content)
}

/// `content`, unless another file stands in place of the text that is meant.
fn in_place(path: &Path, content: Vec<u8>) -> Result<Vec<u8>> {
    foreign::in_place_of_text(&content, &path.display()).map_or(Ok(content), Err)
}

/// Whether there is a file at `path`; anything else there is a problem.
///
/// # Errors
/// If there is something else: a folder, a device, a pipe, or a link that leads nowhere, as in a cache of which a file was removed.
pub fn is_present(path: &Path) -> Result<bool> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => regular::expect_no_link(path).map(|()| false),
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

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_no_absent_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link");
        std::os::unix::fs::symlink("blobs/gone", &path).unwrap();
        for problem in
            [is_present(&path).map(|_| ()), text_if_present(&path, 3).map(|_| ()), bytes_if_present(&path, 3).map(|_| ())]
        {
            assert_eq!(problem.unwrap_err().what(), "is a link to blobs/gone, which is not there");
        }
        std::fs::create_dir(folder.path().join("blobs")).unwrap();
        std::fs::write(folder.path().join("blobs/gone"), "a").unwrap();
        assert_eq!(text_if_present(&path, 3), Ok(Some("a".to_owned())));
    }

    #[test]
    fn a_text_is_read_up_to_a_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        assert_eq!(text_if_present(&path, 3), Ok(None));
        for no_file in [folder.path(), Path::new("/dev/null")] {
            assert!(text_if_present(no_file, 3).unwrap_err().to_string().contains("is no file but"), "{}", no_file.display());
        }
        for (content, expected) in [
            (&b"abc"[..], Ok("abc")),
            (b"abcd", Err("has more than the 3 B that such a file can have")),
            (b"a\xff", Err("is not UTF-8 from byte 2 on")),
            // One mark is the encoding's, a second one is content.
            (b"\xef\xbb\xbf", Ok("")),
        ] {
            std::fs::write(&path, content).unwrap();
            let found = text_if_present(&path, 3);
            match expected {
                Ok(text) => assert_eq!(found, Ok(Some(text.to_owned()))),
                Err(what) => assert_eq!(found.unwrap_err().what(), what),
            }
        }
        assert!(text(folder.path(), 3).is_err());
        std::fs::write(&path, "\u{feff}\u{feff}[5, 6]\n").unwrap();
        assert_eq!(text(&path, 20).as_deref(), Ok("\u{feff}[5, 6]\n"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_that_never_ends_is_read_up_to_a_size_where_devices_are_read_at_all() {
        let problem = read(Path::new("/dev/zero"), BY_HAND).unwrap_err();
        assert!(problem.what().starts_with("is no file but"), "{problem}");
        let problem = read_stream(Path::new("/dev/zero"), 1000).unwrap_err();
        assert!(problem.what().starts_with("has more than"), "{problem}");
    }
}

//! Files that are whole but not what their name says, recognised by their first bytes: what a download or a clone leaves when it
//! did not fetch the file itself.

use std::fmt::Display;

use super::problem::Problem;
use super::text::excerpt;

/// The problem that `bytes` are something else than any file that the program reads; `place` is what messages call the file.
pub fn problem(bytes: &[u8], place: &dyn Display) -> Option<Problem> {
    let start = bytes.trim_ascii_start();
    let page = |name: &str| start.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
    let (what, remedy) = if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        ("is a git-lfs pointer, not the file itself", "run `git lfs pull` in its repository, or download the file")
    } else if page("<!doctype html") || page("<html") {
        ("is a web page, not the file itself", "the server answered with a page, perhaps to log in: download the file again")
    } else if let Some((_, what, remedy)) = PACKED.iter().find(|(start, ..)| bytes.starts_with(start)) {
        (*what, *remedy)
    } else {
        return None;
    };
    Some(Problem::new(place, what, remedy))
}

/// Programs that pack files: the first bytes that they write, what is said of such a file, and what unpacks it.
///
/// Those of single files want a name that ends as theirs do, unless they read their input: a file may have the name that is expected.
const PACKED: [(&[u8], &str, &str); 8] = [
    (b"\x1f\x8b", "is compressed with gzip", "unpack it: gunzip < FILE > NEW"),
    (b"\xfd7zXZ\0", "is compressed with xz", "unpack it: unxz < FILE > NEW"),
    // The usual settings, and a dictionary whose size is a whole number of 64 KiB.
    (b"\x5d\0\0", "is compressed with lzma", "unpack it: unlzma < FILE > NEW"),
    (b"BZh", "is compressed with bzip2", "unpack it: bunzip2 < FILE > NEW"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd", "unpack it: unzstd < FILE > NEW"),
    (b"\x04\x22\x4d\x18", "is compressed with lz4", "unpack it: unlz4 < FILE > NEW"),
    (b"7z\xbc\xaf\x27\x1c", "is an archive of 7-Zip", "unpack it with 7z"),
    (b"Rar!\x1a\x07", "is a RAR archive", "unpack it with unrar"),
];

/// What a kind of files is called, what helps where it is no use, if not the conversion that a reader names, and whether bytes are a file
/// of it.
type Kind = (&'static str, Option<&'static str>, fn(&[u8]) -> bool);

/// What helps where a table stands in place of a file.
const TABLE: &str = "check that the path names the file that is meant: a table of data holds no weights";

/// Kinds of binary files by their first bytes, with what helps.
const KINDS: [Kind; 11] = [
    ("a zip archive, perhaps of torch.save or numpy", None, |bytes| bytes.starts_with(b"PK\x03\x04")),
    ("a plain pickle", None, is_pickle),
    ("a tar archive", Some("unpack it with tar"), |bytes| bytes.get(257..262) == Some(b"ustar")),
    ("an HDF5 file", None, |bytes| bytes.starts_with(b"\x89HDF\r\n\x1a\n")),
    ("a single array of numpy (.npy)", None, |bytes| bytes.starts_with(b"\x93NUMPY")),
    (
        "a GGUF file, as llama.cpp reads it",
        Some("download the weights that it was made from: a GGUF file names and rounds them in its own way"),
        |bytes| bytes.starts_with(b"GGUF"),
    ),
    ("an Arrow file (.arrow, .feather)", Some(TABLE), |bytes| {
        // A stream has no name in front, but the mark and the length of its first message.
        bytes.starts_with(b"ARROW1") || bytes.starts_with(b"\xff\xff\xff\xff") && bytes.get(8..12) == Some(b"\x10\0\0\0")
    }),
    ("a Parquet file", Some(TABLE), |bytes| bytes.starts_with(b"PAR1")),
    ("a database of SQLite", Some(TABLE), |bytes| bytes.starts_with(b"SQLite format 3\0")),
    ("a picture", Some("check that the path names the file that is meant"), |bytes| {
        bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff") || bytes.starts_with(b"GIF8")
    }),
    ("a safetensors file", None, |bytes| {
        let length = bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length));
        bytes.get(8) == Some(&b'{') && length.is_some_and(|length| length < bytes.len() as u64)
    }),
];

/// Whether bytes are a pickle. From protocol 2 on it says so; before, a container or a name stands first, and a full stop last.
fn is_pickle(bytes: &[u8]) -> bool {
    let is_name =
        |line: &[u8]| !line.is_empty() && line.iter().all(|byte| byte.is_ascii_alphanumeric() || [b'_', b'.'].contains(byte));
    match bytes {
        // The length of a safetensors header can begin like this; its text follows eight bytes of length.
        [0x80, 2..=5, _, _, 0, 0, 0, 0, b'{', ..] => false,
        [0x80, 2..=5, ..] => true,
        [b'(', b'd' | b'l' | b't', b'p', ..] | [b'}' | b']', b'q', 0, ..] => bytes.ends_with(b"."),
        [b'c', ..] => bytes.ends_with(b".") && bytes.splitn(3, |byte| *byte == b'\n').take(2).all(is_name),
        _ => false,
    }
}

/// The problem that `bytes`, in which text was expected, are a whole file of another kind.
pub fn in_place_of_text(bytes: &[u8], place: &dyn Display) -> Option<Problem> {
    if let Some(problem) = problem(bytes, place) {
        return Some(problem);
    }
    let is_text = !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
    let (kind, ..) = KINDS.into_iter().find(|(.., is_one)| !is_text && is_one(bytes))?;
    let remedy = if kind.contains("archive") {
        "unpack it, or check that the path names the file that is meant"
    } else {
        "check that the path names the file that is meant"
    };
    Some(Problem::new(place, format_args!("is {kind}, where a text is expected"), remedy))
}

/// Longest text in bytes that a server answers in place of a file.
const LONGEST_ANSWER: usize = 4096;

/// The problem that `bytes`, in which a binary file was expected, are a whole file of another kind, or a server's answer in words. Kinds that
/// begin with one of `expected` are none; `convert` says how to make a file of the expected kind from one of another kind.
pub fn in_place_of_binary(bytes: &[u8], place: &dyn Display, expected: &[&str], convert: &str) -> Option<Problem> {
    if let Some(problem) = problem(bytes, place) {
        return Some(problem);
    }
    let is_expected = |kind: &str| expected.iter().any(|expected| kind.starts_with(expected));
    if let Some((kind, remedy, _)) = KINDS.into_iter().find(|(kind, _, is_one)| is_one(bytes) && !is_expected(kind)) {
        return Some(Problem::new(place, format_args!("is {kind}"), remedy.unwrap_or(convert)));
    }
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.trim().is_empty() && text.len() <= LONGEST_ANSWER)?;
    let is_text = text.chars().all(|character| !character.is_control() || character.is_whitespace());
    is_text.then(|| {
        let what = format!("is text, not the file itself: '{}'", excerpt(text.trim(), 60));
        Problem::new(
            place,
            what,
            "perhaps a server's answer: check the address and whether access needs a login, and download the file again",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_recognised() {
        for (bytes, says) in [
            (&b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"[..], "git lfs pull"),
            (b"\n<!DOCTYPE html><html>", "is a web page"),
            (b"<HTML>", "is a web page"),
            (b"\x1f\x8b\x08\0", "gunzip"),
            (b"\xfd7zXZ\0\0", "unxz"),
            (b"BZh91AY&SY", "bunzip2"),
            (b"\x28\xb5\x2f\xfd\0", "unzstd"),
        ] {
            assert!(problem(bytes, &"f").unwrap().to_string().contains(says), "{says}");
        }
        assert_eq!(problem(b"{\"a\": 1}", &"f"), None);
        let tensors = b"\x02\0\0\0\0\0\0\0{} ";
        let tar = [&[b'a'; 257][..], b"ustar"].concat();
        for (bytes, says) in [
            (&b"Entry not found"[..], "is text, not the file itself: 'Entry not found'"),
            (b"{\"error\":\"Repository not found\"}", "is text"),
            (b"\x80\x04\x95", "is a plain pickle"),
            (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
            (b"\x93NUMPY\x01\0", "is a single array"),
            (tensors, "is a safetensors file"),
            (&tar, "unpack it with tar"),
            (b"GGUF\x03\0\0\0", "is a GGUF file"),
            (b"\x5d\0\0\x80\0\xff", "unlzma < FILE > NEW"),
            (b"ARROW1\0\0", "is an Arrow file"),
            (b"\xff\xff\xff\xff\x70\x01\0\0\x10\0\0\0", "is an Arrow file"),
            (b"SQLite format 3\0", "is a database of SQLite"),
            (b"\x89PNG\r\n\x1a\n", "is a picture; check that"),
            // What protocols 0 and 1 write of {}, {"a": 1} and an array.
            (b"(dp0\n.", "is a plain pickle"),
            (b"(dp0\nVa\np1\nI1\ns.", "is a plain pickle; convert"),
            (b"}q\0.", "is a plain pickle"),
            (b"cnumpy._core.multiarray\n_reconstruct\np0\n(.", "is a plain pickle"),
            (b"cannot be found\nhere\n.", "is text"),
        ] {
            let said = in_place_of_binary(bytes, &"f", &["a zip"], "convert").unwrap().to_string();
            assert!(said.contains(says), "{says}: {said}");
        }
        // A safetensors file that was cut: the length of its header begins like a pickle.
        assert_eq!(in_place_of_binary(b"\x80\x05\0\0\0\0\0\0{\"__meta", &"f", &["a safetensors"], "convert"), None);
        for (bytes, says) in [
            (&b"GGUF\x03\0\0\0"[..], "is a GGUF file, as llama.cpp reads it, where a text is expected; check that"),
            (b"PK\x03\x04\x14\0", "is a zip archive, perhaps of torch.save or numpy, where a text is expected; unpack it"),
            (&[&tar[..], b"\0"].concat(), "is a tar archive, where"),
            (b"\x93NUMPY\x01\0", "is a single array of numpy (.npy), where"),
            (tensors, "is a safetensors file, where"),
            (b"\x1f\x8b\x08\0", "unpack it: gunzip < FILE > NEW"),
        ] {
            assert!(in_place_of_text(bytes, &"f").unwrap().to_string().contains(says), "{says}");
        }
        for text in [&b"{}"[..], b"GGUF", b"(dp0\n.", b"PAR1", b"\xff\xfe{\0}\0"] {
            assert_eq!(in_place_of_text(text, &"f"), None);
        }
        assert_eq!(in_place_of_binary(tensors, &"f", &["a safetensors"], ""), None);
        assert_eq!(in_place_of_binary(b"\0\x01\xff", &"f", &[], ""), None);
    }
}

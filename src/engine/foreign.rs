//! Files that are whole but not what their name says, recognised by their first bytes: what a download or a clone leaves when it
//! did not fetch the file itself.

use std::fmt::Display;

use crate::core::problem::Problem;

/// The problem that `bytes` are something else than any file that the program reads; `place` is what messages call the file.
pub fn problem(bytes: &[u8], place: &dyn Display) -> Option<Problem> {
    let start = bytes.trim_ascii_start();
    let page = |name: &str| start.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
    let (what, remedy) = if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        ("is a git-lfs pointer, not the file itself", "run `git lfs pull` in its repository, or download the file")
    } else if page("<!doctype html") || page("<html") {
        ("is a web page, not the file itself", "the server answered with a page, perhaps to log in: download the file again")
    } else if bytes.starts_with(b"\x1f\x8b") {
        ("is compressed with gzip", "unpack it with gunzip")
    } else {
        return None;
    };
    Some(Problem::new(place, what, remedy))
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
        ] {
            assert!(problem(bytes, &"f").unwrap().to_string().contains(says), "{says}");
        }
        assert_eq!(problem(b"{\"a\": 1}", &"f"), None);
    }
}

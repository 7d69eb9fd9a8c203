//! The hashes by which the hub identifies its files: SHA-256 for large ones, git's SHA-1 for small ones.

use std::fmt::{self, Write};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::client::{Stop, cancelled};
use crate::core::problem::{Problem, Result};

/// Bytes that are hashed between checks whether to stop.
const PIECE: usize = 1 << 20;

/// The hash of a file, which is also the file's name in the cache.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileHash(String);

impl FileHash {
    /// The hash with these digits: 64 hexadecimal digits of SHA-256, or 40 of git's SHA-1.
    pub fn named(name: &str) -> Option<Self> {
        let is_hash = matches!(name.len(), 40 | 64) && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hash.then(|| Self(name.to_owned()))
    }

    /// The hexadecimal digits of the hash.
    pub fn name(&self) -> &str {
        &self.0
    }

    fn is_sha256(&self) -> bool {
        self.0.len() == 64
    }

    /// The hash of the file at `path`, of the same kind as this one.
    pub fn same_of(&self, path: &Path, stop: Stop<'_>) -> Result<Self> {
        let failed = |error: std::io::Error| Problem::from_io(path, "read it", &error);
        let mut file = File::open(path).map_err(failed)?;
        if self.is_sha256() {
            return digest(Sha256::new(), &mut file, stop, failed);
        }
        // Git hashes a header with the file's length before its content.
        let bytes = file.metadata().map_err(failed)?.len();
        digest(Sha1::new_with_prefix(format!("blob {bytes}\0")), &mut file, stop, failed)
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", if self.is_sha256() { "sha256" } else { "git-sha1" }, self.0)
    }
}

fn digest<D: Digest>(
    mut hash: D,
    file: &mut File,
    stop: Stop<'_>,
    failed: impl Fn(std::io::Error) -> Problem,
) -> Result<FileHash> {
    let mut piece = vec![0; PIECE];
    loop {
        if stop() {
            return Err(cancelled());
        }
        match file.read(&mut piece).map_err(&failed)? {
            0 => break,
            count => hash.update(&piece[..count]),
        }
    }
    let mut name = String::new();
    for byte in hash.finalize() {
        // Writing into a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    Ok(FileHash(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_match_what_other_programs_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "hello\n").unwrap();
        // Expected values: `git hash-object file` and `sha256sum file`.
        for name in
            ["ce013625030ba8dba906f756967f9e9ca394464a", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"]
        {
            let hash = FileHash::named(name).unwrap();
            assert_eq!(hash.same_of(&path, &|| false).unwrap(), hash);
            assert!(hash.same_of(&path, &|| true).is_err());
        }
        for name in ["", "ce01", "../../../../../../../../../../etc/passwdxx", "CE013625030BA8DBA906F756967F9E9CA394464A"] {
            assert_eq!(FileHash::named(name), None, "{name}");
        }
    }
}

//! The doors between the rooms: which part of the program may use which. `src/lib.rs` draws the map; this test keeps it true.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Room, and the rooms it may use besides itself.
const ALLOWED: [(&str, &[&str]); 4] =
    [("core", &[]), ("engine", &["core"]), ("store", &["core"]), ("cli", &["core", "engine", "store"])];

/// Crates that a room must not touch.
const FORBIDDEN_CRATES: [(&str, &[&str]); 3] =
    [("core", &["burn", "std::fs", "clap"]), ("store", &["burn", "clap"]), ("engine", &["clap", "indicatif"])];

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn rooms_use_only_what_the_map_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, allowed) in ALLOWED {
        let files = source_files(&source.join(room));
        assert!(!files.is_empty(), "{room}");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for (index, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for used in code.split("crate::").skip(1) {
                    let used: String = used.chars().take_while(char::is_ascii_alphanumeric).collect();
                    let known = ALLOWED.iter().any(|(name, _)| *name == used);
                    assert!(
                        !known || used == room || allowed.contains(&used.as_str()),
                        "{}:{}: {room} must not use {used}",
                        file.display(),
                        index + 1
                    );
                }
                for (_, crates) in FORBIDDEN_CRATES.iter().filter(|(name, _)| *name == room) {
                    for name in *crates {
                        let used = code.contains(&format!("use {name}")) || code.contains(&format!(" {name}::"));
                        assert!(!used, "{}:{}: {room} must not use {name}", file.display(), index + 1);
                    }
                }
            }
        }
    }
}

#[test]
fn every_file_says_why_it_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in source_files(&root.join("src")).into_iter().chain(source_files(&root.join("tests"))) {
        assert!(fs::read_to_string(&file).unwrap().starts_with("//! "), "{} has no `//!` line", file.display());
    }
}

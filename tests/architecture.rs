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
const ALLOWED: [(&str, &[&str]); 7] = [
    ("core", &[]),
    ("engine", &["core"]),
    ("store", &["core"]),
    ("app", &["core"]),
    ("ui", &["core", "app"]),
    ("term", &["core", "engine", "store", "app", "ui"]),
    ("cli", &["core", "engine", "store", "app", "ui", "term"]),
];

/// Crates that a room must not touch.
const FORBIDDEN_CRATES: [(&str, &[&str]); 6] = [
    ("core", &["burn", "std::fs", "clap", "ratatui", "crossterm", "ureq"]),
    ("store", &["burn", "clap", "ratatui", "crossterm"]),
    ("engine", &["clap", "indicatif", "ratatui", "crossterm", "ureq"]),
    ("app", &["burn", "std::fs", "std::time::Instant", "clap", "ratatui", "crossterm", "ureq"]),
    ("ui", &["burn", "std::fs", "std::time::Instant", "clap", "crossterm", "ureq"]),
    ("cli", &["ratatui", "crossterm", "ureq"]),
];

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

/// What follows each `crate::` in a line; a braced list is taken whole, so that no room hides in it.
fn used_rooms(code: &str) -> Vec<String> {
    let paths = code.split("crate::").skip(1);
    paths
        .map(|path| path.chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '{').collect())
        .collect()
}

/// Whether a line names the crate or module `name` as a path.
fn mentions(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let starts = before.is_none_or(|character| !character.is_alphanumeric() && character != '_');
        let rest = code[at + name.len()..].trim_start_matches(|character: char| character.is_alphanumeric() || character == '_');
        starts && (rest.starts_with("::") || rest.starts_with(';'))
    })
}

#[test]
fn the_rules_see_what_they_look_for() {
    assert_eq!(used_rooms("use crate::{cli::x};"), ["{cli"]);
    assert_eq!(used_rooms("let x = crate::store::atomic::f(crate::cli::y);"), ["store", "cli"]);
    assert!(
        mentions("    burn_ndarray::x()", "burn") && mentions("f(std::fs::read(p))", "std::fs") && mentions("use clap;", "clap")
    );
    assert!(!mentions("// nothing to burn", "burn") && !mentions("my_burn::x", "burn"));
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
                let place = format!("{}:{}", file.display(), index + 1);
                for used in used_rooms(code) {
                    assert!(used == room || allowed.contains(&used.as_str()), "{place}: {room} must not use {used}");
                }
                for (_, crates) in FORBIDDEN_CRATES.iter().filter(|(name, _)| *name == room) {
                    for name in *crates {
                        assert!(!mentions(code, name), "{place}: {room} must not use {name}");
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

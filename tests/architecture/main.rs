//! The doors between the rooms: which part of the program may use which. `src/lib.rs` draws the map; this test keeps it true.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod circles;
mod imports;
mod tokens;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use circles::{Graph, circles};
use imports::{Crate, Module, Use};
use tokens::Token;

/// Room, and the rooms it may use besides itself.
const ALLOWED: [(&str, &[&str]); 8] = [
    ("core", &[]),
    ("files", &["core"]),
    ("engine", &["core", "files"]),
    ("store", &["core", "files"]),
    ("app", &["core"]),
    ("ui", &["core", "app"]),
    ("term", &["core", "files", "engine", "store", "app", "ui"]),
    ("cli", &["core", "files", "engine", "store", "app", "ui", "term"]),
];

/// Crates, and modules of crates, that a room must not touch. A crate's name stands for those that begin with it, too: `burn_ndarray`.
const FORBIDDEN: [(&str, &[&str]); 8] = [
    ("core", &["burn", "std::fs", "std::env", "clap", "ratatui", "crossterm", "ureq"]),
    ("files", &["burn", "clap", "ratatui", "crossterm", "ureq"]),
    ("store", &["burn", "clap", "ratatui", "crossterm"]),
    ("engine", &["clap", "indicatif", "ratatui", "crossterm", "ureq"]),
    ("app", &["burn", "std::fs", "std::time::Instant", "clap", "ratatui", "crossterm", "ureq"]),
    ("ui", &["burn", "std::fs", "std::time::Instant", "clap", "crossterm", "ureq"]),
    ("term", &["burn", "clap", "ureq"]),
    ("cli", &["burn", "ratatui", "crossterm", "ureq"]),
];

/// Types through which a `static` can change: hidden input of what should depend on its arguments alone. What is made once from constants,
/// such as a compiled pattern, is none.
const CHANGEABLE: [&str; 7] = ["Cell", "RefCell", "UnsafeCell", "OnceCell", "OnceLock", "Mutex", "RwLock"];

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

/// The library; `main.rs` is a crate of its own.
fn library() -> Crate {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let named =
        |path: PathBuf| (path.strip_prefix(&source).unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap());
    let texts: Vec<(String, String)> =
        source_files(&source).into_iter().map(named).filter(|(path, _)| path != "main.rs").collect();
    Crate::parse(&texts)
}

/// What is wrong with the path `used` by a file of `room`.
fn fault(room: &str, used: &Use) -> Option<String> {
    let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
    if let ["crate", other, ..] = path[..] {
        let (_, allowed) = ALLOWED.iter().find(|(name, _)| *name == room)?;
        return (other != room && !allowed.contains(&other)).then(|| format!("{room} must not use {other}"));
    }
    let (_, forbidden) = FORBIDDEN.iter().find(|(name, _)| *name == room)?;
    let touches = |name: &str| {
        let parts: Vec<&str> = name.split("::").collect();
        match (parts.as_slice(), path.first()) {
            ([name], Some(first)) => first.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')),
            (parts, _) => path.starts_with(parts),
        }
    };
    forbidden.iter().find(|name| touches(name)).map(|name| format!("{room} must not use {name}"))
}

/// The lines of statics that can change.
fn changeable_statics(tokens: &[Token]) -> Vec<usize> {
    let changes = |token: &Token| token.word().is_some_and(|word| CHANGEABLE.contains(&word) || word.starts_with("Atomic"));
    let is_changeable = |at: &usize| {
        let declared = tokens[*at..].iter().take_while(|token| !token.is_sign('=') && !token.is_sign(';'));
        tokens[*at].is_word("thread_local") || tokens[*at].is_word("static") && declared.into_iter().any(changes)
    };
    (0..tokens.len()).filter(is_changeable).map(|at| tokens[at].line).collect()
}

/// Which files use which.
fn graph(library: &Crate) -> Graph<String> {
    let name = |module: &Module| module.join("::");
    let arrows = |(module, uses): (Module, Vec<Use>)| {
        (name(&module), uses.iter().filter_map(|used| used.target.as_ref().map(name)).collect())
    };
    library.uses().into_iter().map(arrows).collect()
}

/// The circles of files that count. A `mod.rs` is the head of its folder: it may use its parts and they may use what it defines. So a circle
/// through the head counts only if it leaves the folder; a circle among the parts always does.
fn circles_of_files(graph: &Graph<String>) -> Vec<Vec<String>> {
    let mut counted = Vec::new();
    for circle in circles(graph) {
        let is_head = |head: &String| circle.iter().all(|member| member == head || member.starts_with(&format!("{head}::")));
        let Some(head) = circle.iter().find(|member| is_head(member)) else {
            counted.push(circle);
            continue;
        };
        let parts: BTreeSet<&String> = circle.iter().filter(|member| *member != head).collect();
        let among_parts = |arrows: &BTreeSet<String>| arrows.iter().filter(|to| parts.contains(to)).cloned().collect();
        counted.extend(circles_of_files(&parts.iter().map(|part| ((*part).clone(), among_parts(&graph[*part]))).collect()));
    }
    counted
}

fn planted(files: &[(&str, &str)]) -> Crate {
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Crate::parse(&files)
}

#[test]
fn a_planted_way_out_of_a_room_is_seen() {
    let faults = |path: &str, code: &str| -> Vec<String> {
        let library = planted(&[(path, code), ("engine/mod.rs", "pub mod x;"), ("engine/x.rs", ""), ("core/z.rs", "")]);
        let uses = library.uses().remove(&imports::module(path)).unwrap();
        let room = path.split('/').next().unwrap();
        uses.iter().filter_map(|used| fault(room, used)).collect()
    };
    assert_eq!(faults("core/a/b.rs", "use super::super::super::engine::x::Y;"), ["core must not use engine"]);
    assert_eq!(faults("core/a.rs", "fn f() { crate::engine::x::y() }"), ["core must not use engine"]);
    assert_eq!(faults("core/a.rs", "use crate::{core::z::Z, engine::x};"), ["core must not use engine"]);
    assert_eq!(faults("core/a.rs", "pub use crate::engine::x::Y;"), ["core must not use engine"]);
    assert_eq!(faults("core/a.rs", "use std::{env, mem};"), ["core must not use std::env"]);
    assert_eq!(faults("core/a.rs", "fn f() { std::env::var(\"HOME\"); }"), ["core must not use std::env"]);
    assert_eq!(faults("cli/a.rs", "use burn_ndarray::NdArray;"), ["cli must not use burn"]);
    assert!(faults("cli/a.rs", "use crate::engine::x::Y; // burn::x\nfn f() { burning::x() }").is_empty());
}

#[test]
fn planted_circles_are_seen() {
    let found = |files: &[(&str, &str)]| circles_of_files(&graph(&planted(files)));
    let head = ("a/mod.rs", "mod b; mod d; pub use b::X; fn f() { b::g(); d::g() }");
    assert_eq!(found(&[head, ("a/b.rs", "use super::f;"), ("a/d.rs", "use super::f;")]), [[""; 0]; 0]);
    assert_eq!(found(&[head, ("a/b.rs", "use super::{d::X, f};"), ("a/d.rs", "use super::b::Y;")]), [["a::b", "a::d"]]);
    assert_eq!(found(&[head, ("a/b.rs", "use crate::c::Y;"), ("c.rs", "use crate::a::X;")]), [["a::b", "c"]]);
    assert_eq!(found(&[head, ("a/b.rs", "use crate::c::Y;"), ("c.rs", "use crate::a::f;")]), [["a", "a::b", "c"]]);
}

#[test]
fn a_planted_static_is_seen() {
    let statics = |code: &str| changeable_statics(&tokens::tokens(code));
    assert_eq!(statics("static A: u8 = 1;\nstatic B: std::sync::OnceLock<u8> = OnceLock::new();"), [2]);
    assert_eq!(statics("static A: AtomicU64 = AtomicU64::new(1);\nthread_local! { }"), [1, 2]);
    assert!(statics("fn f(x: &'static Mutex<u8>) { let y = Mutex::new(1); }").is_empty());
}

#[test]
fn rooms_use_only_what_the_map_allows() {
    let uses = library().uses();
    for (room, _) in ALLOWED {
        assert!(uses.keys().any(|module| module[..] == [room]), "{room}");
    }
    let mut faults = Vec::new();
    for (module, uses) in &uses {
        let Some(room) = module.first() else { continue };
        let found =
            uses.iter().filter_map(|used| Some(format!("{}, line {}: {}", module.join("::"), used.line, fault(room, used)?)));
        faults.extend(found);
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_file_is_in_a_circle_of_uses() {
    let library = library();
    let graph = graph(&library);
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > graph.len(), "uses are found at all");
    let circles = circles_of_files(&graph);
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn the_core_holds_no_hidden_state() {
    let library = library();
    for module in library.uses().keys().filter(|module| module.first().is_some_and(|room| room == "core")) {
        assert_eq!(changeable_statics(library.tokens(module)), [0; 0], "{}", module.join("::"));
    }
}

#[test]
fn every_file_says_why_it_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in source_files(&root.join("src")).into_iter().chain(source_files(&root.join("tests"))) {
        assert!(fs::read_to_string(&file).unwrap().starts_with("//! "), "{} has no `//!` line", file.display());
    }
}

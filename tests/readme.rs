//! The manual's table of keys is made from the registry of commands, and the README stays short and points to what exists.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::path::Path;

const START: &str = "<!-- keys -->";
const END: &str = "<!-- /keys -->";

/// With `UPDATE_README=1` the table is written instead of compared.
#[test]
fn the_manual_holds_the_table_of_keys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/manual/keys.md");
    let text = fs::read_to_string(&path).unwrap();
    let marked = text.split_once(START).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let Some((before, (table, after))) = marked else {
        panic!("assets/manual/keys.md has no lines {START} and {END} with the table of keys between")
    };
    let expected = format!("\n{}", saescope::app::commands::markdown());
    if table == expected {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some_and(|update| update == "1"),
        "the table of keys in assets/manual/keys.md differs from the commands; write it with: UPDATE_README=1 cargo test --test readme"
    );
    fs::write(&path, format!("{before}{START}{expected}{END}{after}")).unwrap();
}

/// With `UPDATE_README=1` the table is written instead of compared.
#[test]
fn the_manual_holds_the_table_of_formats() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/manual/models.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- formats -->").unwrap();
    let (table, after) = rest.split_once("<!-- /formats -->").unwrap();
    let expected = format!("\n{}", saescope::cli::models::markdown());
    if table == expected {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some_and(|update| update == "1"),
        "the table of formats in assets/manual/models.md differs from the readers; write it with: UPDATE_README=1 cargo test --test readme"
    );
    fs::write(&path, format!("{before}<!-- formats -->{expected}<!-- /formats -->{after}")).unwrap();
}

/// A prompt is a prompt on the screen, in the manual and in the source: a run is what a computation leaves.
#[test]
fn a_prompt_is_called_no_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("assets/manual")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                for words in ["clean run", "patch run", "clean gradient"] {
                    let holds = text.split(words).skip(1).any(|after| !after.starts_with(|next: char| next.is_alphabetic()));
                    assert!(!holds, "{}: {words}", path.display());
                }
            }
        }
    }
}

/// The README is what a visitor reads first; everything longer is in the manual.
#[test]
fn the_readme_is_short_and_points_to_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("README.md")).unwrap();
    assert!(text.lines().count() < 150, "{} lines", text.lines().count());
    for link in text.split("](").skip(1) {
        let (target, _) = link.split_once(')').unwrap();
        assert!(target.starts_with("https://") || root.join(target).exists(), "{target}");
    }
    for topic in saescope::app::manual::TOPICS {
        assert!(text.contains(&format!("assets/manual/{}.md", topic.name)), "{}", topic.name);
    }
}

/// The manual's table of backends has one row for each that the program knows, and says how to have it.
#[test]
fn the_manual_lists_every_backend() {
    use saescope::core::request::Backend;
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/manual/speed.md")).unwrap();
    let (_, table) = text.split_once("|---|---|---|\n").unwrap();
    let rows: Vec<Vec<&str>> =
        table.lines().take_while(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim).collect()).collect();
    assert_eq!(rows.len(), Backend::ALL.len());
    for backend in Backend::ALL {
        let row = rows.iter().find(|row| row[1] == format!("`{backend}`")).unwrap_or_else(|| panic!("no row of {backend}"));
        let always = backend == Backend::NdArray;
        let how = if always { "always there".to_owned() } else { format!("`--features {backend}`") };
        assert_eq!(row[2], how, "{backend}");
    }
    let order = Backend::ALL.map(Backend::name).join(", ");
    assert!(text.contains(&format!("`--backend auto` takes the first of {order} that is built in and works")), "{order}");
}

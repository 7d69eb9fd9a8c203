//! The README's table of keys is made from the registry of commands.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::path::Path;

const START: &str = "<!-- keys -->";
const END: &str = "<!-- /keys -->";

/// With `UPDATE_README=1` the table is written instead of compared.
#[test]
fn the_readme_holds_the_table_of_keys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let marked = text.split_once(START).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let Some((before, (table, after))) = marked else {
        panic!("README.md has no lines {START} and {END} with the table of keys between")
    };
    let expected = format!("\n{}", saescope::app::commands::markdown());
    if table == expected {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some_and(|update| update == "1"),
        "the table of keys in README.md differs from the commands; write it with: UPDATE_README=1 cargo test --test readme"
    );
    fs::write(&path, format!("{before}{START}{expected}{END}{after}")).unwrap();
}

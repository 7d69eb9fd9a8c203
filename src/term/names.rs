//! The names of files and studies with which a typed text may go on.

use std::ffi::OsStr;
use std::path::Path;

use crate::app::state::prompt::Names;
use crate::store::studies::{self, Studies};

/// The names in the folder of the typed path, in order, those of folders with a `/` at the end; hidden ones only if the typed name
/// begins with a dot. A folder that cannot be read has no names.
pub fn list(names: &Names, known: &Studies) -> Vec<String> {
    let (folder, part) = names.typed.rsplit_once('/').map_or(("", names.typed.as_str()), |(folder, part)| (folder, part));
    let root = if names.typed.starts_with('/') { "/" } else { "" };
    let folder = Path::new(root).join(folder);
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let inside = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        // Asked of the target, so that a link to a folder is gone on with like a folder.
        let slash = if entry.path().is_dir() { "/" } else { "" };
        Some(format!("{name}{slash}"))
    });
    let mut found: Vec<String> = inside.filter(|name| part.starts_with('.') || !name.starts_with('.')).collect();
    if names.studies && names.typed == part {
        found.extend(studies::built_in().iter().map(|study| study.name.to_owned()));
        let own = known.own().unwrap_or_default();
        found.extend(own.iter().filter_map(|path| path.file_stem().and_then(OsStr::to_str)).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_studies_are_listed_where_they_may_stand() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        for name in ["pairs.jsonl", ".hidden", "own.toml"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let known = Studies::with(Some(folder.path().to_owned()));
        let path = folder.path().display();
        let listed = |typed: String, studies| list(&Names { typed, studies }, &known);
        assert_eq!(listed(format!("{path}/pa"), false), ["data/", "own.toml", "pairs.jsonl"]);
        assert_eq!(listed(format!("{path}/."), true), [".hidden", "data/", "own.toml", "pairs.jsonl"]);
        assert!(listed(format!("{path}/nowhere/"), false).is_empty());
        assert!(listed("/".to_owned(), false).iter().any(|name| name == "tmp/"));
        let studies = listed(String::new(), true);
        assert!(["names", "professions", "own"].iter().all(|name| studies.iter().any(|study| study == name)), "{studies:?}");
    }
}

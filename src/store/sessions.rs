//! How each study was looked at last: one small file each, of which the oldest are removed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{aside, atomic, tags_file};
use crate::core::problem::{Problem, Result};
use crate::core::session::{Looked, Session};
use crate::files::whole;

/// Most files.
const MOST: usize = 200;

/// The longest file in bytes: ten thousand marks are shorter.
const LONGEST: u64 = 1 << 20;

/// How the study was looked at last; None if that is not known.
///
/// # Errors
/// If the file is damaged or of another version. It is put aside, since the next [`write()`] takes its name: the marks in it took work.
pub fn read(folder: &Path, looked: &Looked) -> Result<Option<Session>> {
    let path = path(folder, looked);
    let read = || match whole::text_if_present(&path, LONGEST)? {
        Some(text) => Session::from_json(&text, &path.display().to_string(), looked),
        None => Ok(None),
    };
    read().map_err(|problem| aside::after(problem, &path))
}

/// Writes how the study was looked at last, and removes the oldest files.
pub fn write(folder: &Path, looked: &Looked, session: &Session) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "create the folder", &error))?;
    atomic::write(&path(folder, looked), session.to_json(looked)?.as_bytes())?;
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(MOST) {
        // What cannot be removed stays; the next write tries again.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn path(folder: &Path, looked: &Looked) -> PathBuf {
    let safe = |character: char| if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '_' };
    let study: String = looked.study.chars().take(80).map(safe).collect();
    folder.join(format!("{}-{study}.json", tags_file::stem(&looked.subject)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::selection::Selection;
    use crate::core::session::SavedTab;
    use crate::core::tags::Subject;

    #[test]
    fn what_is_written_is_read_and_the_oldest_files_go() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let looked = |study: &str| Looked {
            subject: Subject { model: "a/b".to_owned(), dictionaries: "ab".repeat(32) },
            study: study.to_owned(),
        };
        let session = Session {
            tab: SavedTab::Difference,
            compared: None,
            selection: Selection::Threshold(0.25),
            threshold: 0.25,
            top_k: 30,
            sort: ("rank".to_owned(), false),
            filter: None,
            keep_others: false,
            submodule: None,
            pane: "features".to_owned(),
            cursor: None,
            marked: Arc::default(),
        };
        assert_eq!(read(&folder, &looked("names")), Ok(None));
        for study in 0..MOST + 3 {
            write(&folder, &looked(&format!("study {study}")), &session).unwrap();
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), MOST);
        assert_eq!(read(&folder, &looked(&format!("study {}", MOST + 2))), Ok(Some(session.clone())));
        let names = path(&folder, &looked("names"));
        std::fs::write(&names, "{").unwrap();
        let problem = read(&folder, &looked("names")).unwrap_err().to_string();
        assert!(problem.contains("holds no readable session") && problem.contains(".json.unread"), "{problem}");
        write(&folder, &looked("names"), &session).unwrap();
        assert_eq!(read(&folder, &looked("names")), Ok(Some(session)));
        assert_eq!(std::fs::read_to_string(names.with_extension("json.unread")).unwrap(), "{");
    }
}

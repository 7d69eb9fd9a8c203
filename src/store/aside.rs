//! Puts a file that this version cannot read out of the way of the one that is about to take its name: it may be of a later version, or hold what
//! can be repaired.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::core::problem::{Problem, Result};

/// What is added to the name of a file that is put aside.
const ENDING: &str = "unread";

/// Most files of one name that are put aside.
const MOST: usize = 1000;

/// Gives the file at `path` a free name beside it, `NAME.unread`, `NAME.unread-2` and so on, which is returned.
///
/// # Errors
/// If it cannot be renamed; it is then where it was, and nothing may be written over it.
pub fn put_aside(path: &Path) -> Result<PathBuf> {
    let failed = |error: &std::io::Error| Problem::from_io(path, "put it aside", error);
    for number in 1..=MOST {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{ENDING}"));
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let free = path.with_file_name(name);
        // Only a file that is made now is known to be nobody else's.
        match File::create_new(&free) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(failed(&error)),
        }
        return match std::fs::rename(path, &free) {
            Ok(()) => Ok(free),
            Err(error) => {
                let _ = std::fs::remove_file(&free);
                Err(failed(&error))
            }
        };
    }
    Err(Problem::environment(path.display(), format_args!("has {MOST} files beside it that were put aside"), "remove some"))
}

/// The `problem` with a file that was read, and where the file lies from now on: aside, unless that was not possible either. A disk that does
/// not answer says nothing of the file, which then stays.
pub fn after(problem: Problem, path: &Path) -> Problem {
    if problem.is_environment() {
        return problem;
    }
    match put_aside(path) {
        Ok(aside) => said(path, problem.what(), &aside),
        Err(problem) => problem,
    }
}

/// Says of the file at `path`, with which something is wrong, where it lies now.
pub fn said(path: &Path, what: &str, aside: &Path) -> Problem {
    let remedy =
        format_args!("it was put aside as {}, whole: repair it, or open it with the version that wrote it", aside.display());
    Problem::environment(path.display(), what, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_put_aside_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.checks.json");
        for (content, name) in [("one", "run.checks.json.unread"), ("two", "run.checks.json.unread-2")] {
            std::fs::write(&path, content).unwrap();
            let aside = put_aside(&path).unwrap();
            assert_eq!((aside.file_name().unwrap().to_str(), path.exists()), (Some(name), false));
        }
        assert_eq!(std::fs::read_to_string(folder.path().join("run.checks.json.unread")).unwrap(), "one");
        assert!(put_aside(&path).is_err() && std::fs::read_dir(folder.path()).unwrap().count() == 2);
    }
}

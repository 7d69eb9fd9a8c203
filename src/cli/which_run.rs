//! Which run a command means: a file, or a run that the explorer kept, by its name or its number in the list.

use std::path::{Path, PathBuf};

use super::output;
use crate::core::problem::{Problem, Result};
use crate::core::text::printable;
use crate::store::folders;
use crate::store::kept_runs::KeptRuns;

/// The run file at `run`; where no file is, the kept run of that name or number.
///
/// # Errors
/// If there is neither.
pub fn file_or_kept(run: &Path) -> Result<PathBuf> {
    if run.exists() {
        return Ok(run.to_owned());
    }
    // Without a folder for them no run is kept, and the file is what is missing.
    let kept = folders::runs().ok().map(KeptRuns::new);
    kept_or(run, kept.as_ref())
}

/// The run that was named, or the one that was kept last, which is said: a command that guesses must not do so in silence.
///
/// # Errors
/// If there is none.
pub fn named_or_latest(run: Option<&Path>) -> Result<PathBuf> {
    if let Some(run) = run {
        return file_or_kept(run);
    }
    let latest = KeptRuns::new(folders::runs()?).last();
    let latest = latest.ok_or_else(|| Problem::new("RUN", "is not given, and no run is kept", "name a run file"))?;
    output::note(&format!("note: of the latest kept run, {}", printable(&latest.name)));
    Ok(latest.path)
}

/// The kept run that `run` names: it is no file.
fn kept_or(run: &Path, kept: Option<&KeptRuns>) -> Result<PathBuf> {
    let name = run.to_str().filter(|name| !name.contains(std::path::is_separator));
    match name.zip(kept) {
        Some((name, kept)) => kept.find(name).map(|found| found.path).map_err(|_| {
            Problem::new(printable(name), "is neither a file nor a kept run", "check the path, or see `saescope runs`")
        }),
        // Reading it says what is wrong with the path.
        None => Ok(run.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_run_is_meant_by_its_name_or_its_number_and_a_path_never_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.safetensors");
        std::fs::write(&file, "").unwrap();
        let kept = KeptRuns::new(folder.path().to_owned());
        for name in ["mine", "1"] {
            assert_eq!(kept_or(Path::new(name), Some(&kept)).unwrap(), file, "{name}");
        }
        for name in ["2", "0", "his", "mine.safetensors"] {
            let problem = kept_or(Path::new(name), Some(&kept)).unwrap_err();
            assert_eq!(problem.what(), "is neither a file nor a kept run", "{name}");
        }
        assert_eq!(kept_or(Path::new("./mine"), Some(&kept)).unwrap(), Path::new("./mine"));
        assert_eq!(kept_or(Path::new("mine"), None).unwrap(), Path::new("mine"));
        assert_eq!(file_or_kept(&file).unwrap(), file, "a file is itself");
    }
}

//! The causal checks of a kept run: one file beside the run's own, which is renamed and deleted with it.

use std::path::{Path, PathBuf};

use super::{aside, atomic};
use crate::core::causal::check::Done;
use crate::core::causal::kept;
use crate::core::problem::{Problem, Result};
use crate::core::run::Manifest;
use crate::core::view::ViewName;
use crate::files::whole;

/// The longest file in bytes: the oldest checks of a run are left out beyond it.
const LONGEST: u64 = whole::BY_HAND;

/// The file that holds the checks of the run at `run`.
pub fn path(run: &Path) -> PathBuf {
    run.with_extension("checks.json")
}

/// The checks of the run at `run`, the oldest first; none if there is no file.
///
/// # Errors
/// If the file is damaged, of another run or of another version; the next [`add`] puts it aside.
pub fn read(run: &Path, manifest: &Manifest) -> Result<Vec<Done>> {
    let path = path(run);
    let text = whole::text_if_present(&path, LONGEST)?;
    let Some(text) = text else { return Ok(Vec::new()) };
    let examples = |view: ViewName| manifest.study.find(view.as_str()).map(|view| manifest.data(view).examples.len());
    kept::from_json(&text, &path.display().to_string(), &manifest.model.sha256, examples)
}

/// Adds a whole check of the run at `run` in place of an equal one. A file that cannot be read is put aside first: what is wrong with it, and
/// where it lies now, is returned.
///
/// # Errors
/// If the file cannot be put aside or written.
pub fn add(run: &Path, manifest: &Manifest, done: &Done) -> Result<Option<Problem>> {
    let path = path(run);
    let (mut checks, unread) = match read(run, manifest) {
        Ok(checks) => (checks, None),
        Err(problem) => (Vec::new(), Some(aside::said(&path, problem.what(), &aside::put_aside(&path)?))),
    };
    checks.retain(|before| before.check != done.check);
    checks.push(done.clone());
    atomic::write(&path, kept::to_json(&checks, &manifest.model.sha256, LONGEST as usize)?.as_bytes())?;
    Ok(unread)
}

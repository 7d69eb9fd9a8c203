//! The neutral text that flags ask for: the program's own, or a file.

use std::path::Path;

use crate::core::problem::Result;
use crate::core::run::Manifest;
use crate::engine::causal::neutral::{self, Corpus};
use crate::engine::loaded::Loaded;
use crate::store::text_file;

/// The lines of the file at `path`, or the program's own text; the reason where this model cannot read that.
///
/// # Errors
/// When the file cannot be read, or has no text of the model.
pub fn read(loaded: &Loaded, manifest: &Manifest, path: Option<&Path>) -> Result<std::result::Result<Corpus, String>> {
    let Some(path) = path else { return Ok(neutral::own(loaded, manifest.model.bos)) };
    let lines = text_file::read(path, text_file::BY_HAND)?;
    neutral::read(&lines, &path.display().to_string(), loaded, manifest.model.bos).map(Ok)
}

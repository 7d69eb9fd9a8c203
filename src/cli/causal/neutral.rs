//! The neutral text that flags ask for: the program's own, or a file.

use std::path::Path;

use crate::core::causal::way::Way;
use crate::core::problem::Result;
use crate::core::run::Manifest;
use crate::engine::causal::neutral::{self, Corpus};
use crate::engine::causal::side_effects::expect_for_any_text;
use crate::engine::loaded::Loaded;
use crate::files::whole;

/// A text that is not divided into tokens yet, which takes a model.
pub struct Text {
    /// The name and the lines of the file; None for the program's own text.
    file: Option<(String, String)>,
}

impl Text {
    /// Reads the file at `path`, if one is named; features are ablated in the way `way`, unless it is None.
    ///
    /// # Errors
    /// When the file cannot be read, or features have no values on a text that somebody named.
    pub fn read(path: Option<&Path>, way: Option<Way>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self { file: None }) };
        // Somebody who names a text wants it measured, not to be told that this way has no values there.
        way.map_or(Ok(()), expect_for_any_text)?;
        Ok(Self { file: Some((path.display().to_string(), whole::text(path, whole::BY_HAND)?)) })
    }

    /// The text in tokens of the model; the reason where the model cannot read the program's own.
    ///
    /// # Errors
    /// When the file has no text of the model.
    pub fn corpus(&self, loaded: &Loaded, manifest: &Manifest) -> Result<std::result::Result<Corpus, String>> {
        let bos = manifest.model.bos;
        match &self.file {
            None => Ok(neutral::own(loaded, bos)),
            Some((name, lines)) => neutral::read(lines, name, loaded, bos).map(Ok),
        }
    }
}

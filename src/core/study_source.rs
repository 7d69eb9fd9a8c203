//! A study together with the sources of its pairs of prompts, before any pair is read.

use std::path::PathBuf;
use std::sync::Arc;

use super::study::Study;

/// The source of the JSON lines of a pair list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairSource {
    /// A file on disk.
    File(PathBuf),
    /// Lines in memory: compiled into the program, or made from a template.
    Text {
        /// The name of the lines in messages and run files: `data/names.json`.
        name: String,
        /// The lines, as a file would contain them.
        text: Arc<str>,
    },
}

impl PairSource {
    /// The source's name in messages and run files.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Text { name, .. } => name.clone(),
        }
    }
}

/// A study with everything needed to compute it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudySource {
    /// The study's views, wording and tags.
    pub study: Arc<Study>,
    /// The pair lists: `lists[i]` is the list with [`super::study::ViewSpec::pairs`] equal to `i`.
    pub lists: Vec<PairSource>,
}

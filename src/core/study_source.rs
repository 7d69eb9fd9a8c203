//! A study together with the places where its pairs of prompts are, before anything of them is read.

use std::path::PathBuf;
use std::sync::Arc;

use super::study::Study;

/// Where the JSON lines of a pair list come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairSource {
    /// A file on disk.
    File(PathBuf),
    /// Lines in memory: compiled into the program, or made from a template.
    Text {
        /// By which messages and run files know them: `data/names.json`.
        name: String,
        /// As a file would hold them.
        text: Arc<str>,
    },
}

impl PairSource {
    /// By which messages and run files know it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Text { name, .. } => name.clone(),
        }
    }
}

/// A study that can be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudySource {
    /// What is studied.
    pub study: Arc<Study>,
    /// `lists[i]` is what [`super::study::ViewSpec::pairs`] calls `i`.
    pub lists: Vec<PairSource>,
}

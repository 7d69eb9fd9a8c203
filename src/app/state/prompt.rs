//! A line that is being typed, and what it is for; what it means and does is one file of [`prompts`](crate::app::prompts) each.

use tui_input::Input;

use crate::core::filter::Filter;
use crate::core::selection::Selection;
use crate::core::submodule::FeatureId;
use crate::core::tags::Scope;

/// What is being asked for, with what Esc restores.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// A threshold; the selection before.
    Threshold(Selection),
    /// A k; the selection before.
    TopK(Selection),
    /// A filter; the filter before.
    Filter(Option<Filter>),
    /// A note for these features, there.
    Note(Vec<FeatureId>, Scope),
    /// Points on the path of integrated gradients.
    Steps,
    /// The name or the file of a study.
    Study,
    /// A pair file and perhaps a baseline file.
    Pairs,
    /// Which model to download.
    Fetch,
    /// Where to write the run.
    WriteRun,
    /// Which file of tags to read.
    ImportTags,
    /// Where to write the tags.
    ExportTags,
}

/// A line with the cursor in it.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What is asked for.
    pub asked: Asked,
    /// The text.
    pub input: Input,
}

impl Prompt {
    /// A prompt with `text` in it and the cursor at its end.
    pub fn new(asked: Asked, text: String) -> Self {
        Self { asked, input: Input::new(text) }
    }
}

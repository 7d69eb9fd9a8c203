//! The typed line of a prompt and its purpose. Each purpose has its meaning in a file of [`prompts`](crate::app::prompts).

use tui_input::Input;

use crate::core::filter::Filter;
use crate::core::selection::Selection;
use crate::core::submodule::FeatureId;
use crate::core::tags::Scope;

/// Most characters that a prompt takes: longer than every path and every filter that somebody writes.
pub const LONGEST: usize = 4_000;

/// The purpose of a prompt, with the value that Esc restores.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// A threshold; Esc restores this selection.
    Threshold(Selection),
    /// A k; Esc restores this selection.
    TopK(Selection),
    /// A filter; Esc restores this one.
    Filter(Option<Filter>),
    /// A note for these features in this scope.
    Note(Vec<FeatureId>, Scope),
    /// The number of points on the path of integrated gradients.
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

/// An open prompt.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The purpose of the prompt.
    pub asked: Asked,
    /// The typed text with its cursor.
    pub input: Input,
}

impl Prompt {
    /// A prompt with `text` in it and the cursor at its end.
    pub fn new(asked: Asked, text: String) -> Self {
        Self { asked, input: Input::new(text) }
    }

    /// Inserts `text` at the cursor.
    ///
    /// # Errors
    /// If the prompt would hold more than [`LONGEST`] characters; nothing is inserted then, because a part of a path or of a
    /// filter is another one.
    pub fn insert(&mut self, text: &str) -> Result<(), String> {
        let (held, more) = (self.input.value().chars().count(), text.chars().count());
        if held + more > LONGEST {
            return Err(format!("the prompt takes at most {LONGEST} characters; {held} and {more} more are too many"));
        }
        let cursor = self.input.cursor();
        let value = self.input.value();
        let (before, after): (String, String) = (value.chars().take(cursor).collect(), value.chars().skip(cursor).collect());
        self.input = Input::new(format!("{before}{text}{after}")).with_cursor(cursor + more);
        Ok(())
    }
}

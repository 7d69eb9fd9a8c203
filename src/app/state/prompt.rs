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
    /// Which view or comparison to show.
    View,
    /// How effects are computed.
    Method,
    /// The number of points on the path of integrated gradients.
    Steps,
    /// The name or the file of a study.
    Study,
    /// A pair file and perhaps a baseline file.
    Pairs,
    /// Which model to download.
    Fetch,
    /// Which text to look features up in.
    Corpus,
    /// How features are ablated together.
    Ablate,
    /// How features are ablated one by one.
    AblateEach,
    /// How more and more features are ablated.
    AblateCurve,
    /// How a subset is searched.
    AblateSearch,
    /// Which file of sets is ablated, and how.
    AblateSets,
    /// Where prompts are steered.
    Steer,
    /// Where to write the run.
    WriteRun,
    /// The title of copied lists.
    Title,
    /// Which file of tags to read.
    ImportTags,
    /// Where to write the tags.
    ExportTags,
}

/// A question for the names with which a typed text may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The typed path; an answer holds names in its folder, those of folders with a `/` at the end.
    pub typed: String,
    /// Whether the names of studies that the program knows may stand there, too.
    pub studies: bool,
}

/// An open prompt.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The purpose of the prompt.
    pub asked: Asked,
    /// The typed text with its cursor.
    pub input: Input,
    /// Whether the value of the start is selected: the first character that is typed replaces it.
    pub selected: bool,
    /// The place in the history of the text that was recalled, counted from the latest, and the text that was typed before.
    pub recalled: Option<(usize, String)>,
    /// The words with which the text may go on, after Tab found several.
    pub offered: Vec<String>,
    /// The names that were asked for by Tab, until they arrive or another key is pressed.
    pub asked_names: Option<Names>,
}

impl Prompt {
    /// A prompt with `text` in it, which is selected, and the cursor at its end.
    pub fn new(asked: Asked, text: String) -> Self {
        let selected = !text.is_empty();
        Self { asked, input: Input::new(text), selected, recalled: None, offered: Vec::new(), asked_names: None }
    }

    /// The text up to the cursor.
    pub fn before_cursor(&self) -> String {
        self.input.value().chars().take(self.input.cursor()).collect()
    }

    /// Inserts `text` at the cursor, or in place of the selected value.
    ///
    /// # Errors
    /// If the prompt would hold more than [`LONGEST`] characters; nothing is inserted then, because a part of a path or of a
    /// filter is another one.
    pub fn insert(&mut self, text: &str) -> Result<(), String> {
        let held = if self.selected { 0 } else { self.input.value().chars().count() };
        let more = text.chars().count();
        if held + more > LONGEST {
            let many = if held == 0 { more.to_string() } else { format!("{held} and {more} more") };
            return Err(format!("the prompt takes at most {LONGEST} characters; {many} are too many"));
        }
        if std::mem::take(&mut self.selected) {
            self.input = Input::default();
        }
        let cursor = self.input.cursor();
        let value = self.input.value();
        let (before, after): (String, String) = (value.chars().take(cursor).collect(), value.chars().skip(cursor).collect());
        self.input = Input::new(format!("{before}{text}{after}")).with_cursor(cursor + more);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_counted_with_what_stands_there() {
        let pasted = "a".repeat(LONGEST + 1);
        let said = |text: &str, selected: bool| {
            let mut prompt = Prompt { selected, ..Prompt::new(Asked::Title, text.to_owned()) };
            prompt.insert(&pasted).unwrap_err()
        };
        assert!(said("", false).ends_with("; 4001 are too many"));
        assert!(said("abc", true).ends_with("; 4001 are too many"));
        assert!(said("abc", false).ends_with("; 3 and 4001 more are too many"));
    }
}

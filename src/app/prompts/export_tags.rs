//! Asks where to write the tags; the extension of the file's name selects the format.

use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::core::problem::Problem;
use crate::core::tags::{TagBook, Vocabulary, export, json};
use crate::core::text::counted;

/// Asks for the file to write the tags into.
pub struct ExportTags;

/// A function that writes all tags in one format.
type Write = fn(&TagBook, &Vocabulary) -> Result<String, Problem>;

fn format(path: &str) -> Result<(Write, &'static str), String> {
    match path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
        Some("json") => Ok((|book, _| json::to_json(book), "as JSON, which can be imported again")),
        Some("csv") => Ok((export::to_csv, "as CSV, one line a feature and scope")),
        Some("md") => Ok((|book, vocabulary| Ok(export::to_markdown(book, vocabulary)), "as the notebook's Markdown lists")),
        _ => Err("the name must end in .json, .csv or .md".to_owned()),
    }
}

impl Dialogue for ExportTags {
    fn label(&self) -> &'static str {
        "export tags to"
    }

    fn hint(&self, _: &State, text: &str) -> Result<String, String> {
        format(text).map(|(_, form)| form.to_owned())
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        path::ending(state, text)
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let (write, _) = format(text)?;
        let path = path::named(state, text)?;
        let Some(book) = state.book() else { return Ok(Vec::new()) };
        let what = format!("tags of {}", counted(book.features().len(), "feature"));
        match write(book, &state.about().tags) {
            Ok(text) => Ok(vec![Effect::WriteText { path, text, what }]),
            Err(problem) => {
                state.notice = Some(Notice::failed(&problem));
                Ok(Vec::new())
            }
        }
    }
}

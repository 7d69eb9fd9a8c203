//! Asks which file of tags to import.

use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path;
use crate::app::message::Effect;
use crate::app::state::State;

/// Asks for the file to read tags from.
pub struct ImportTags;

impl Dialogue for ImportTags {
    fn label(&self) -> &'static str {
        "import tags from"
    }

    fn hint(&self, _: &State, _: &str) -> Result<String, String> {
        Ok("this program's JSON, the notebook's lists, or annotation lines".to_owned())
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        path::ending(state, text)
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        Ok(vec![Effect::ReadTags(path::named(state, text)?)])
    }
}

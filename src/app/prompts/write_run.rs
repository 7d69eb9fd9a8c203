//! Asks where to write the run.

use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path;
use crate::app::message::Effect;
use crate::app::state::State;

/// Asks for the file to write the run into.
pub struct WriteRun;

impl Dialogue for WriteRun {
    fn label(&self) -> &'static str {
        "write run to"
    }

    fn hint(&self, _: &State, _: &str) -> Result<String, String> {
        Ok("an existing run file is replaced".to_owned())
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        path::ending(state, text)
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let path = path::named(state, text)?;
        Ok(state.study.clone().map(|study| Effect::WriteRun(study, path)).into_iter().collect())
    }
}

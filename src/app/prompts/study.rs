//! Asks which study to compute.

use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path::with_home;
use crate::app::message::{Effect, WantedStudy};
use crate::app::state::State;
use crate::app::state::prompt::Names;

/// Asks for the name or the file of a study.
pub struct Study;

impl Dialogue for Study {
    fn label(&self) -> &'static str {
        "study"
    }

    fn hint(&self, _: &State, text: &str) -> Result<String, String> {
        if text.trim().is_empty() {
            return Err("a name or a file is needed; `saescope studies` lists names".to_owned());
        }
        Ok("Enter computes it".to_owned())
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        Ending::Names(Names { typed: with_home(state, text), studies: true })
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        Ok(vec![Effect::ReadStudy(WantedStudy::Named(with_home(state, text)))])
    }
}

//! Asks for a pair file and perhaps a baseline file.

use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path::{self, with_home};
use crate::app::message::{Effect, WantedStudy};
use crate::app::state::State;
use crate::core::study::NAMES;

/// Asks for one or two files, separated by a comma: pairs and baseline.
pub struct Pairs;

impl Dialogue for Pairs {
    fn label(&self) -> &'static str {
        "pairs[, baseline]"
    }

    fn hint(&self, _: &State, _: &str) -> Result<String, String> {
        Ok("Enter computes; empty means the names inside the program".to_owned())
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        path::ending(state, text.rsplit(',').next().unwrap_or_default().trim_start())
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let file = |name: &str| with_home(state, name.trim()).into();
        let wanted = match text.split_once(',') {
            _ if text.is_empty() => WantedStudy::Named(NAMES.to_owned()),
            Some((pairs, baseline)) => WantedStudy::Pairs(file(pairs), Some(file(baseline))),
            None => WantedStudy::Pairs(file(text), None),
        };
        Ok(vec![Effect::ReadStudy(wanted)])
    }
}

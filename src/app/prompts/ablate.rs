//! Asks how features are ablated together: the way, the treatment of the error term, and whether all listed ones are meant.

use super::ablation::Ablation;
use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::checks::{asking, running};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::targets;
use crate::core::causal::check::{Check, What};

/// Asks for ways and treatments in any order: `resample`, `zero clean`, `listed`.
pub struct Ablate;

/// The word for all listed features, whatever is marked.
const LISTED: &str = "listed";

/// The check that `text` asks for.
fn read(state: &State, text: &str) -> Result<Check, String> {
    let mut listed = false;
    let Ablation { way, error } = Ablation::read(text, LISTED, |word| {
        listed |= word == LISTED;
        word == LISTED
    })?;
    asking::set(state, way, error, listed).ok_or_else(|| "no feature is listed".to_owned())
}

impl Dialogue for Ablate {
    fn label(&self) -> &'static str {
        "ablate"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        let check = read(state, text)?;
        let What::Set { way, error, .. } = &check.what else { return Ok(check.to_string()) };
        let hidden = targets::said_hidden(state);
        let hidden = if hidden.is_empty() || text.contains(LISTED) { String::new() } else { format!(" ({hidden})") };
        Ok(format!("{check}{hidden}: {}", Ablation::meaning(*way, *error)))
    }

    fn ending(&self, _: &State, text: &str) -> Ending {
        Ablation::ending(text, &[LISTED])
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let check = read(state, text)?;
        Ok(running::start(state, check))
    }
}

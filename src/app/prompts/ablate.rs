//! Asks how features are ablated together: the way, the treatment of the error term, and whether all listed ones are meant.

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::checks::{asking, running};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::targets;
use crate::core::causal::check::{Check, What};
use crate::core::causal::way::{ErrorTreatment, Way};

/// Asks for ways and treatments in any order: `resample`, `zero clean`, `listed`.
pub struct Ablate;

/// The word for all listed features, whatever is marked.
const LISTED: &str = "listed";

/// Every word that may stand in the prompt.
fn words() -> Vec<&'static str> {
    let (ways, errors) = (Way::ALL.map(Way::name), ErrorTreatment::ALL.map(ErrorTreatment::name));
    ways.into_iter().chain(errors).chain([LISTED]).collect()
}

/// The check that `text` asks for; what it does not name is zero and recomputed.
fn read(state: &State, text: &str) -> Result<Check, String> {
    let (mut way, mut error, mut listed) = (Way::Zero, ErrorTreatment::Recomputed, false);
    for word in text.split_whitespace() {
        if let Some(named) = Way::ALL.into_iter().find(|way| way.name() == word) {
            way = named;
        } else if let Some(named) = ErrorTreatment::ALL.into_iter().find(|error| error.name() == word) {
            error = named;
        } else if word == LISTED {
            listed = true;
        } else {
            return Err(format!("'{word}' is not known here; use {}", words().join(", ")));
        }
    }
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
        Ok(format!("{check}{hidden}: {}. {} Enter runs it in the background", way.meaning(), error.meaning()))
    }

    fn ending(&self, _: &State, text: &str) -> Ending {
        let from = text.rfind(' ').map_or(0, |space| space + 1);
        Ending::Words(from, words().into_iter().map(str::to_owned).collect())
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let check = read(state, text)?;
        Ok(running::start(state, check))
    }
}

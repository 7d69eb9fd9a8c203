//! Asks what becomes of the error term while features are ablated one by one.

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::checks::{asking, running};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::core::causal::check::Check;
use crate::core::causal::way::ErrorTreatment;

/// Asks for the treatment of the error term.
pub struct AblateEach;

fn read(state: &State, text: &str) -> Result<(Check, ErrorTreatment), String> {
    let text = text.trim();
    let names = ErrorTreatment::ALL.map(ErrorTreatment::name);
    let error = ErrorTreatment::ALL.into_iter().find(|error| error.name() == text);
    let error = error.ok_or_else(|| format!("'{text}' is no treatment of the error term; use {}", names.join(", ")))?;
    Ok((asking::each(state, error)?, error))
}

impl Dialogue for AblateEach {
    fn label(&self) -> &'static str {
        "ablate each, errors"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        let (check, error) = read(state, text)?;
        Ok(format!("{check}. {} Enter runs it in the background", error.meaning()))
    }

    fn ending(&self, _: &State, _: &str) -> Ending {
        Ending::words(ErrorTreatment::ALL.map(ErrorTreatment::name))
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let (check, _) = read(state, text)?;
        Ok(running::start(state, check))
    }
}

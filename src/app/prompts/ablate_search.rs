//! Asks how the subset that carries most of the bias is searched: the way, and the treatment of the error term.

use super::ablation::Ablation;
use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::checks::{asking, running};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::core::causal::check::Check;

/// Asks for way and treatment in any order: `resample`, `zero clean`.
pub struct AblateSearch;

/// The check that `text` asks for.
fn read(state: &State, text: &str) -> Result<(Check, Ablation), String> {
    let ablation = Ablation::read(text, "no other words", |_| false)?;
    Ok((asking::search(state, ablation.way, ablation.error)?, ablation))
}

impl Dialogue for AblateSearch {
    fn label(&self) -> &'static str {
        "search a subset, ablating"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        let (check, Ablation { way, error }) = read(state, text)?;
        Ok(format!("{check}: {}", Ablation::meaning(way, error)))
    }

    fn ending(&self, _: &State, text: &str) -> Ending {
        Ablation::ending(text, &[])
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let (check, _) = read(state, text)?;
        Ok(running::start(state, check))
    }
}

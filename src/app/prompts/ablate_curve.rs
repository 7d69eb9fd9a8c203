//! Asks how more and more features are ablated: the way, the treatment of the error term, and the number of control sets.

use super::ablation::Ablation;
use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::checks::{asking, running};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::core::causal::check::{Check, What};
use crate::core::causal::curve::{CONTROLS, ladder};

/// Asks for way, treatment and a number in any order: `resample`, `zero clean 5`.
pub struct AblateCurve;

/// Most control sets of each size and kind.
const MOST_CONTROLS: usize = 200;

/// The check that `text` asks for.
fn read(state: &State, text: &str) -> Result<Check, String> {
    let mut controls = CONTROLS;
    let more = format!("or a number of control sets up to {MOST_CONTROLS}");
    let number = |word: &str| {
        let number = word.parse().ok().filter(|number| *number <= MOST_CONTROLS);
        controls = number.unwrap_or(controls);
        number.is_some()
    };
    let Ablation { way, error } = Ablation::read(text, &more, number)?;
    asking::curve(state, way, error, controls)
}

impl Dialogue for AblateCurve {
    fn label(&self) -> &'static str {
        "ablate more and more"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        let check = read(state, text)?;
        let What::Curve { strongest, way, error, controls, .. } = &check.what else { return Ok(check.to_string()) };
        let runs = 2 * (1 + 2 * controls) * ladder(strongest.len()).len();
        Ok(format!("{check}, {runs} runs of each pair: {}", Ablation::meaning(*way, *error)))
    }

    fn ending(&self, _: &State, text: &str) -> Ending {
        Ablation::ending(text, &[])
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let check = read(state, text)?;
        Ok(running::start(state, check))
    }
}

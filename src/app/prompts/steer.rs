//! Asks where prompts are steered with the feature at the cursor.

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::checks::{asking, running};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::targets;
use crate::core::causal::check::Check;
use crate::core::causal::steering::Positions;

/// Asks for positions.
pub struct Steer;

/// Positions that have a name.
const NAMES: [&str; 3] = ["all", "all_but_last", "last"];

fn read(state: &State, text: &str) -> Result<Check, String> {
    let unknown = |_| format!("'{}' are no positions; use {}, or a position from 0", text.trim(), NAMES.join(", "));
    let positions: Positions = text.trim().parse().map_err(unknown)?;
    asking::steering(state, positions)
        .ok_or_else(|| targets::some(state).err().unwrap_or_else(|| "no feature is listed".to_owned()))
}

impl Dialogue for Steer {
    fn label(&self) -> &'static str {
        "steer at positions"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        read(state, text).map(|check| format!("{check}; Enter runs it in the background"))
    }

    fn ending(&self, _: &State, _: &str) -> Ending {
        Ending::words(NAMES)
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let check = read(state, text)?;
        Ok(running::start(state, check))
    }
}

//! Asks for the number of points on the path of integrated gradients.

use super::dialogue::Dialogue;
use crate::app::job;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::core::request::MOST_STEPS;

/// Asks for a number of points, then computes again with it.
pub struct Steps;

fn steps(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(steps) if (1..=MOST_STEPS).contains(&steps) => Ok(steps),
        _ => Err(format!("'{text}' is not a number of steps; use a whole number from 1 to {MOST_STEPS}")),
    }
}

impl Dialogue for Steps {
    fn label(&self) -> &'static str {
        "steps"
    }

    fn hint(&self, _: &State, text: &str) -> Result<String, String> {
        steps(text).map(|steps| format!("Enter computes again with {steps} points"))
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let steps = steps(text)?;
        Ok(job::again(state, |request| request.settings.steps = steps))
    }
}

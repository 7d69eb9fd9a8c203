//! Asks for a threshold or a k, the two ways to select the listed features. Each prompt can be opened while the other kind of
//! selection is in force.

use super::dialogue::Dialogue;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::{selecting, table};
use crate::core::selection::Selection;

/// Asks for a threshold of |effect|.
pub struct Threshold {
    /// The selection that Esc restores.
    pub before: Selection,
}

/// Asks for the k of the k strongest features.
pub struct TopK {
    /// The selection that Esc restores.
    pub before: Selection,
}

fn threshold(text: &str) -> Result<Selection, String> {
    let text = text.trim();
    match text.parse::<f32>() {
        Ok(threshold) if threshold.is_finite() && threshold >= 0.0 => Ok(Selection::Threshold(threshold)),
        _ => Err(format!("'{text}' is not a threshold; use a number from 0 up, such as 0.1")),
    }
}

fn top_k(text: &str) -> Result<Selection, String> {
    let text = text.trim();
    match text.parse() {
        Ok(count) if count > 0 => Ok(Selection::TopK(count)),
        _ => Err(format!("'{text}' is not a k; use a whole number from 1 up, such as 30")),
    }
}

fn show(state: &mut State, selection: Selection) -> Vec<Effect> {
    if selection == state.selection {
        return Vec::new();
    }
    state.selection = selection;
    table::refresh(state)
}

fn keep(state: &mut State) -> Vec<Effect> {
    selecting::remember(state);
    Vec::new()
}

impl Dialogue for Threshold {
    fn label(&self) -> &'static str {
        "|effect| above"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        threshold(text).map(|_| selecting::found(state))
    }

    fn preview(&self, state: &mut State, text: &str) -> Vec<Effect> {
        threshold(text).map_or_else(|_| Vec::new(), |selection| show(state, selection))
    }

    fn accept(&self, state: &mut State, _: &str) -> Result<Vec<Effect>, String> {
        Ok(keep(state))
    }

    fn restore(&self, state: &mut State) -> Vec<Effect> {
        show(state, self.before)
    }
}

impl Dialogue for TopK {
    fn label(&self) -> &'static str {
        "strongest k"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        top_k(text).map(|_| selecting::found(state))
    }

    fn preview(&self, state: &mut State, text: &str) -> Vec<Effect> {
        top_k(text).map_or_else(|_| Vec::new(), |selection| show(state, selection))
    }

    fn accept(&self, state: &mut State, _: &str) -> Result<Vec<Effect>, String> {
        Ok(keep(state))
    }

    fn restore(&self, state: &mut State) -> Vec<Effect> {
        show(state, self.before)
    }
}

//! Asks for a note on features.

use super::dialogue::Dialogue;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::tagging;
use crate::core::submodule::FeatureId;
use crate::core::tags::Scope;

/// Asks for the text of a note.
pub struct Note {
    /// The features that get the note.
    pub features: Vec<FeatureId>,
    /// The scope of the note: everywhere or one view.
    pub scope: Scope,
}

impl Dialogue for Note {
    fn label(&self) -> &'static str {
        "note"
    }

    fn hint(&self, _: &State, _: &str) -> Result<String, String> {
        let scope = self.scope;
        Ok(match self.features.as_slice() {
            [one] => format!("on {one}, {scope}; empty removes it"),
            several => format!("on {} features, {scope}; empty removes it", several.len()),
        })
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        Ok(tagging::note(state, &self.features, self.scope, text))
    }
}

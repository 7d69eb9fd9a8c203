//! The interface of a prompt.

use super::completion::Ending;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;

/// The parts in which one prompt differs from the others.
pub trait Dialogue {
    /// The label before the text.
    fn label(&self) -> &'static str;

    /// The meaning of `text` now, shown behind it.
    ///
    /// # Errors
    /// If Enter would refuse `text`: the message says which texts are allowed.
    fn hint(&self, state: &State, text: &str) -> Result<String, String>;

    /// What may stand at the end of `text`, which ends at the cursor.
    fn ending(&self, _state: &State, _text: &str) -> Ending {
        Ending::Unknown
    }

    /// Previews `text` on the screen; a text without a meaning leaves the last preview.
    fn preview(&self, _state: &mut State, _text: &str) -> Vec<Effect> {
        Vec::new()
    }

    /// Accepts `text` and acts on it. `text` has passed [`Dialogue::hint`] and has no spaces around it.
    ///
    /// # Errors
    /// If `text` cannot be accepted after all: the message says why.
    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String>;

    /// The overlay that opens when the prompt closes, such as the box from which it was opened.
    fn then(&self) -> Option<Overlay> {
        None
    }

    /// Undoes the changes that the previews made.
    fn restore(&self, _state: &mut State) -> Vec<Effect> {
        Vec::new()
    }
}

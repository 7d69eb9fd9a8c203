//! What a prompt must know of itself.

use crate::app::message::Effect;
use crate::app::state::State;

/// One prompt: everything that is particular to it.
pub trait Dialogue {
    /// What stands before the text.
    fn label(&self) -> &'static str;

    /// What `text` means now.
    ///
    /// # Errors
    /// Where Enter would not take it: what is allowed instead.
    fn hint(&self, state: &State, text: &str) -> Result<String, String>;

    /// Shows what `text` means; text that means nothing leaves the last preview.
    fn preview(&self, _state: &mut State, _text: &str) -> Vec<Effect> {
        Vec::new()
    }

    /// Does what was asked for. `text` has passed [`Dialogue::hint`] and has no spaces around it.
    ///
    /// # Errors
    /// Where the text cannot be taken after all: why.
    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String>;

    /// Takes back what the previews changed.
    fn restore(&self, _state: &mut State) -> Vec<Effect> {
        Vec::new()
    }
}

//! Asks for the title of the lists that are copied.

use super::dialogue::Dialogue;
use crate::app::copying::own_title;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::copied;
use crate::app::state::overlay::Overlay;

/// Asks for a title.
pub struct Title;

impl Dialogue for Title {
    fn label(&self) -> &'static str {
        "title of the list"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        Ok(match text.trim() {
            "" => format!("empty: {}", own_title(state)),
            _ => "in links, Markdown and JSON, until view, selection, filter or marks change".to_owned(),
        })
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let instead_of = own_title(state);
        let is_another = !text.is_empty() && text != instead_of;
        state.title = is_another.then(|| copied::Title { instead_of, typed: text.to_owned() });
        Ok(Vec::new())
    }

    fn then(&self) -> Option<Overlay> {
        Some(Overlay::Copy(0))
    }
}

//! Asks which model to download.

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::download;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::download::Offer;

/// Asks for the name of the model to download.
pub struct Fetch;

impl Dialogue for Fetch {
    fn label(&self) -> &'static str {
        "download"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        download::offered(state, text.trim()).map(Offer::hint)
    }

    fn ending(&self, state: &State, _: &str) -> Ending {
        Ending::words(state.setting.offers.iter().map(|offer| offer.name.as_str()))
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        Ok(download::start(state, text.to_owned()))
    }
}

//! Asks for a filter, which every key previews.

use super::dialogue::Dialogue;
use crate::app::command_id::CommandId;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::table;
use crate::core::filter::Filter;

/// Asks for a filter of the listed features.
pub struct FilterRows {
    /// The filter that Esc restores.
    pub before: Option<Filter>,
}

fn show(state: &mut State, filter: Option<Filter>) -> Vec<Effect> {
    if filter == state.filter {
        return Vec::new();
    }
    state.filter = filter;
    table::refresh(state)
}

fn matching(state: &State) -> String {
    if state.table.asked.is_some() {
        return "looking".to_owned();
    }
    let total = state.table.listing.total();
    format!("{} of {} features", total.matching, total.selected)
}

impl Dialogue for FilterRows {
    fn label(&self) -> &'static str {
        "filter"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        Filter::parse(text, state.about()).map(|_| matching(state)).map_err(|error| error.to_string())
    }

    fn preview(&self, state: &mut State, text: &str) -> Vec<Effect> {
        Filter::parse(text, state.about()).map_or_else(|_| Vec::new(), |filter| show(state, filter))
    }

    fn accept(&self, state: &mut State, _: &str) -> Result<Vec<Effect>, String> {
        let back = state.setting.keymap.way(CommandId::BACK);
        let says = format!("filtered: {}; {back} shows all again", matching(state));
        state.notice = state.filter.as_ref().map(|_| Notice::done(says));
        Ok(Vec::new())
    }

    fn restore(&self, state: &mut State) -> Vec<Effect> {
        // The study may have become another one meanwhile; a filter is compiled for the views of one study.
        let before = self.before.as_ref().and_then(|before| Filter::parse(before.text(), state.about()).ok().flatten());
        show(state, before)
    }
}

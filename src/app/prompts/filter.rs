//! Asks for a filter, which every key previews.

use std::collections::BTreeSet;

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::command_id::CommandId;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::{selecting, table};
use crate::core::filter::{Completion, Filter, Known, bare_field, completion, unfinished};
use crate::core::text::counted;

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
    let elsewhere = match selecting::unknown_to_filter(state) {
        Some(why) => format!("; {why}"),
        None => as_field(state).or_else(|| (total.matching == 0).then(|| in_prompts(state))).unwrap_or_default(),
    };
    format!("{} of {}{elsewhere}", total.matching, counted(total.selected, "feature"))
}

/// How to ask for the field whose name is a word of the filter; None if there is none.
fn as_field(state: &State) -> Option<String> {
    let (word, asks) = bare_field(state.filter.as_ref()?.text(), state.about())?;
    Some(format!("; {word} is a field: {asks}"))
}

/// How to look for the filter's only word where a word alone is not looked for; empty if it is no word.
fn in_prompts(state: &State) -> String {
    let text = state.filter.as_ref().map_or("", |filter| filter.text().trim());
    let is_word = text.chars().all(char::is_alphanumeric) && text.chars().any(char::is_alphabetic);
    let has_prompts = state.findings().is_some_and(|findings| !findings.lists().is_empty());
    if is_word && has_prompts { format!("; prompt~{text} looks in prompts") } else { String::new() }
}

/// The submodules of the findings on the screen, and the labels of the listed features.
fn known(state: &State) -> Known {
    let Some(findings) = state.findings() else { return Known::default() };
    let labels = state.table.listing.rows.iter().filter_map(|row| findings.explanation(row.feature));
    let labels: BTreeSet<String> = labels.map(|found| found.label.to_owned()).collect();
    let submodules = findings.submodules().iter().map(ToString::to_string).collect();
    Known { submodules, labels: labels.into_iter().collect() }
}

impl Dialogue for FilterRows {
    fn label(&self) -> &'static str {
        "filter"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        let filter = Filter::parse(text, state.about()).map_err(|error| error.to_string())?;
        match unfinished(text, state.about()).filter(|_| filter != state.filter) {
            Some(examples) if examples.is_empty() => Ok("Enter looks for the last word".to_owned()),
            Some(examples) => Ok(format!("Tab goes on: {}; Enter looks for the last word", examples.join(", "))),
            None => Ok(matching(state)),
        }
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        let found = completion(text, state.about(), &known(state));
        found.map_or(Ending::Unknown, |Completion { from, words }| Ending::Words(from, words))
    }

    /// While the last word may become a field, the list stays as it is: as a text it would hardly be found.
    fn preview(&self, state: &mut State, text: &str) -> Vec<Effect> {
        if unfinished(text, state.about()).is_some() {
            return Vec::new();
        }
        Filter::parse(text, state.about()).map_or_else(|_| Vec::new(), |filter| show(state, filter))
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let filter = Filter::parse(text, state.about()).map_err(|error| error.to_string())?;
        let effects = show(state, filter);
        let back = state.setting.keymap.way(CommandId::BACK);
        let says = format!("filtered: {}; {back} shows all again", matching(state));
        state.notice = state.filter.as_ref().map(|_| Notice::done(says));
        Ok(effects)
    }

    fn restore(&self, state: &mut State) -> Vec<Effect> {
        // The study may have become another one meanwhile; a filter is compiled for the views of one study.
        let before = self.before.as_ref().and_then(|before| Filter::parse(before.text(), state.about()).ok().flatten());
        show(state, before)
    }
}

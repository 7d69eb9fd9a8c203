//! Asks which view or comparison to show.

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::commands::views;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::tab::Tab;
use crate::core::rows::{DIFFERENCE, SIMILARITY};

/// Asks for the name of a view or of a comparison.
pub struct View;

/// The views and comparisons of the study on the screen, with their names.
fn named(state: &State) -> Vec<(Tab, String)> {
    let study = state.about();
    let name = |tab: Tab| match tab {
        Tab::Single(view) => study.name(view).to_string(),
        Tab::Difference => DIFFERENCE.to_owned(),
        Tab::Similarity => SIMILARITY.to_owned(),
    };
    Tab::all(study).into_iter().map(|tab| (tab, name(tab))).collect()
}

fn find(state: &State, text: &str) -> Result<Tab, String> {
    let tabs = named(state);
    let found = tabs.iter().find(|(_, name)| name.eq_ignore_ascii_case(text.trim()));
    found.map(|(tab, _)| *tab).ok_or_else(|| {
        let names: Vec<&str> = tabs.iter().map(|(_, name)| name.as_str()).collect();
        format!("'{}' is no view; use {}", text.trim(), names.join(", "))
    })
}

impl Dialogue for View {
    fn label(&self) -> &'static str {
        "view"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        find(state, text).map(|_| "Enter shows it".to_owned())
    }

    fn ending(&self, state: &State, _: &str) -> Ending {
        Ending::words(named(state).iter().map(|(_, name)| name.as_str()))
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let tab = find(state, text)?;
        Ok(views::go(state, tab))
    }
}

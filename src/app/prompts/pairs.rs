//! Asks for a pair file and perhaps a baseline file.

use std::path::PathBuf;

use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path::{self, with_home};
use crate::app::message::{Effect, WantedStudy};
use crate::app::state::State;
use crate::core::study::NAMES;
use crate::core::text::printable;

/// Asks for one or two files, separated by a comma: pairs and baseline.
pub struct Pairs;

/// The files that `text` may name: one whose name holds all commas, or two around one of the commas.
fn readings(state: &State, text: &str) -> Vec<(PathBuf, Option<PathBuf>)> {
    let file = |name: &str| PathBuf::from(with_home(state, name.trim()));
    let commas = text.match_indices(',').map(|(at, _)| text.split_at(at));
    let two = commas.map(|(pairs, rest)| (file(pairs), Some(file(rest.trim_start_matches(',')))));
    let two = two.filter(|(pairs, baseline)| ![Some(pairs), baseline.as_ref()].contains(&Some(&PathBuf::new())));
    std::iter::once((file(text), None)).chain(two).collect()
}

impl Dialogue for Pairs {
    fn label(&self) -> &'static str {
        "pairs[, baseline]"
    }

    fn hint(&self, state: &State, _: &str) -> Result<String, String> {
        let own = state.setting.request.as_ref().map(|request| &request.study.study).filter(|study| study.name != NAMES);
        Ok(own.map_or_else(
            || "Enter computes; empty means the names inside the program".to_owned(),
            |own| {
                format!(
                    "Enter computes the study of names with these pairs in place of {}; empty: with its own",
                    printable(&own.name)
                )
            },
        ))
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        path::ending(state, text.rsplit(',').next().unwrap_or_default().trim_start())
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let wanted =
            if text.is_empty() { WantedStudy::Named(NAMES.to_owned()) } else { WantedStudy::Pairs(readings(state, text)) };
        Ok(vec![Effect::ReadStudy(wanted)])
    }
}

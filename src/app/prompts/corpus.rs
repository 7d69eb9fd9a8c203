//! Asks which corpus to read.

use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path;
use crate::app::evidence;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::evidence::Wanted;

/// What stands for the demo's own corpus.
pub const DEMO: &str = "demo";

/// Asks for the text that the listed features are looked up in.
pub struct Corpus;

impl Dialogue for Corpus {
    fn label(&self) -> &'static str {
        "corpus"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        evidence::can_ask(state)?;
        let demo = if evidence::is_demo(state) { ", or demo" } else { "" };
        if text.trim().is_empty() {
            return Err(format!("a text file is needed, one document on each line{demo}"));
        }
        Ok("Enter reads it in the background".to_owned())
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        path::ending(state, text)
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let file = if text == DEMO && evidence::is_demo(state) { None } else { Some(path::named(state, text)?) };
        Ok(evidence::ask(state, Wanted::Corpus(file)))
    }
}

//! Asks how effects are computed.

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::job;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::core::run::Method as How;

/// Asks for a method, then computes again with it.
pub struct Method;

fn find(text: &str) -> Result<How, String> {
    let found = How::ALL.into_iter().find(|method| method.name().eq_ignore_ascii_case(text.trim()));
    found.ok_or_else(|| format!("'{}' is no method; use {}", text.trim(), How::ALL.map(How::name).join(", ")))
}

impl Dialogue for Method {
    fn label(&self) -> &'static str {
        "method"
    }

    fn hint(&self, _: &State, text: &str) -> Result<String, String> {
        let says = match find(text)? {
            How::Ig => "integrated gradients",
            How::Attrib => "the gradient at the clean prompt only",
            How::Exact => "the model runs once for every changed feature and token: slow",
        };
        Ok(format!("{says}; Enter computes again"))
    }

    fn ending(&self, _: &State, _: &str) -> Ending {
        Ending::words(How::ALL.map(How::name))
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let method = find(text)?;
        Ok(job::again(state, |request| request.settings.method = method))
    }
}

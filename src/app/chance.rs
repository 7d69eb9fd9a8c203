//! What the list on the screen would hold by chance, on demand: asks another thread, and says its answer as long as it fits the screen.

use std::sync::Arc;

use super::message::Effect;
use super::state::State;
use super::state::chance::{Chance, Question};
use crate::core::chance::Expected;

/// Asks for the view on the screen, of a comparison for the first view.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let Some(question) = question(state) else { return Vec::new() };
    state.chance = Some(Chance { question: question.clone(), expected: None });
    vec![Effect::Chance(Box::new(question))]
}

/// Takes an answer, unless another question was asked since.
pub fn answered(state: &mut State, answer: Chance) {
    if state.chance.as_ref().is_some_and(|asked| asked.question.is_same(&answer.question)) {
        state.chance = Some(answer);
    }
}

/// Words for the header; None if nothing was asked about the list on the screen.
pub fn said(state: &State) -> Option<String> {
    let asked = state.chance.as_ref()?;
    let fits = question(state).is_some_and(|question| question.is_same(&asked.question));
    fits.then(|| match &asked.expected {
        None => "by chance: counting…".to_owned(),
        Some(Err(why)) => format!("by chance: not known, {why}"),
        Some(Ok(Expected { features, selected, approximated })) => {
            let about = if *approximated > 0 { "about " } else { "" };
            format!("by chance {about}{features:.1} of {selected}")
        }
    })
}

fn question(state: &State) -> Option<Question> {
    let findings = Arc::clone(state.findings()?);
    Some(Question { findings, view: state.shown().first(), selection: state.selection })
}

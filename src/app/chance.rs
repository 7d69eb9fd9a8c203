//! What the list on the screen would hold by chance, on demand: asks another thread, and says its answer as long as it fits the screen.

use std::sync::Arc;

use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::chance::{Chance, Question};
use crate::core::chance::Expected;
use crate::core::tested::short;

/// Asks for the view on the screen, of a comparison for the first view.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let Some(question) = question(state) else { return Vec::new() };
    // One answer is kept for each view of the findings on the screen.
    state
        .chance
        .retain(|asked| Arc::ptr_eq(&asked.question.findings, &question.findings) && asked.question.view != question.view);
    state.chance.push(Chance { question: question.clone(), expected: None });
    vec![Effect::Chance(Box::new(question))]
}

/// Takes an answer, unless another question was asked about its view since.
pub fn answered(state: &mut State, answer: Chance) {
    if let Some(Err(why)) = &answer.expected
        && question(state).is_some_and(|question| question.is_same(&answer.question))
    {
        state.notice = Some(Notice::refused(format!("by chance: not known, {why}")));
    }
    if let Some(asked) = state.chance.iter_mut().find(|asked| asked.question.is_same(&answer.question)) {
        *asked = answer;
    }
}

/// Words for the header; None if nothing was asked about the list on the screen.
pub fn said(state: &State) -> Option<String> {
    let question = question(state)?;
    let asked = state.chance.iter().find(|asked| asked.question.is_same(&question))?;
    let by_chance = format!("by chance{}", in_view(state));
    Some(match &asked.expected {
        None => format!("{by_chance}: counting…"),
        Some(Err(why)) => format!("{by_chance}: not known, {why}"),
        Some(Ok(Expected { features, selected, approximated })) => {
            let about = if *approximated > 0 { "about " } else { "" };
            let least = question.findings.tests(question.view).known().and_then(Result::ok);
            let least = least.map_or_else(String::new, |tests| format!(", no p under {}", short(tests.smallest_p())));
            format!("{by_chance} {about}{features:.1} of {selected}{least}")
        }
    })
}

/// What bounds p and q of the list on the screen, if its filter asks for them: few pairs can give no small one. None if it does not ask.
pub fn bounds_of_filter(state: &State) -> Option<String> {
    state.filter.as_ref().filter(|filter| filter.asks_chance())?;
    let question = question(state)?;
    Some(match question.findings.tests(question.view).known() {
        Some(Ok(tests)) => format!("{}{}", tests.bounds(), in_view(state)),
        Some(Err(why)) => format!("p and q are not known, {why}"),
        None => "p and q are not known yet: :chance computes them".to_owned(),
    })
}

/// Of a comparison, whose numbers are those of its first view, the words for that view; else none.
pub fn in_view(state: &State) -> String {
    state.shown().pair().map_or_else(String::new, |(first, _)| format!(" in {}", state.about().name(first)))
}

fn question(state: &State) -> Option<Question> {
    let findings = Arc::clone(state.findings()?);
    Some(Question { findings, view: state.shown().first(), selection: state.selection })
}

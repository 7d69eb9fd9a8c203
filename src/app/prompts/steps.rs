//! Asks for the points on the path of integrated gradients: their number, and the rule that places them.

use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::job;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::core::path_sum::PathSum;
use crate::core::quadrature::{Quadrature, Rule};

/// Asks for a number of points, then computes again with it. A rule may follow the number: `5 gauss`.
pub struct Steps;

/// The quadrature that `text` asks for; without a rule, that of the latest request.
fn read(state: &State, text: &str) -> Result<Quadrature, String> {
    let mut words = text.split_whitespace();
    let number = words.next().unwrap_or_default();
    let rule = match (words.next(), words.next()) {
        (None, _) => state.setting.request.as_ref().map_or_else(Rule::default, |request| request.settings.rule),
        (Some(name), None) => rule(name)?,
        (Some(_), Some(more)) => return Err(format!("'{more}' is too much; use a number and a rule, such as 5 gauss")),
    };
    let most = rule.most_steps();
    match number.parse() {
        Ok(steps) if (1..=most).contains(&steps) => Ok(Quadrature { rule, steps }),
        _ => Err(format!("'{number}' is not a number of steps; use a whole number from 1 to {most}")),
    }
}

fn rule(name: &str) -> Result<Rule, String> {
    let found = Rule::ALL.into_iter().find(|rule| rule.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| format!("'{name}' is no rule; use {}", Rule::ALL.map(Rule::name).join(", ")))
}

impl Dialogue for Steps {
    fn label(&self) -> &'static str {
        "steps"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        let quadrature = read(state, text)?;
        let shown = state.findings().filter(|findings| findings.method().1 == Some(quadrature));
        let sum = shown.and_then(|findings| PathSum::farthest(findings));
        let now = sum.map_or_else(String::new, |sum| format!("; now the farthest sum is {sum}"));
        let other = if text.split_whitespace().count() < 2 { "; a rule may follow: 5 gauss" } else { "" };
        Ok(format!("Enter computes again with {quadrature}{other}{now}"))
    }

    fn ending(&self, _: &State, text: &str) -> Ending {
        match text.rfind(' ') {
            Some(space) => Ending::Words(space + 1, Rule::ALL.map(|rule| rule.name().to_owned()).to_vec()),
            None => Ending::Unknown,
        }
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let Quadrature { rule, steps } = read(state, text)?;
        Ok(job::again(state, |request| (request.settings.rule, request.settings.steps) = (rule, steps)))
    }
}

//! Asks how features are ablated together: the way, the treatment of the error term, and whether all listed ones are meant, or a set that is
//! named: features, submodules, kinds, layers.

use super::ablation::Ablation;
use super::completion::Ending;
use super::dialogue::Dialogue;
use crate::app::checks::{asking, running};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::targets;
use crate::core::causal::check::{Check, What};
use crate::core::causal::set::Member;

/// Asks for ways and treatments in any order: `resample`, `zero clean`, `listed`.
pub struct Ablate;

/// The word for all listed features, whatever is marked.
const LISTED: &str = "listed";

/// What the set may be in place of the marked features.
const MORE: &str = "listed, or members of a set: resid_1/364, resid_1, attn, layer_3+";

/// The check that `text` asks for.
fn read(state: &State, text: &str) -> Result<Check, String> {
    let (mut listed, mut members) = (false, Vec::new());
    let Ablation { way, error } = Ablation::read(text, MORE, |word| {
        let member: Option<Member> = word.parse().ok();
        listed |= word == LISTED;
        members.extend(member);
        word == LISTED || member.is_some()
    })?;
    if !members.is_empty() {
        if listed {
            return Err(format!("'{LISTED}' and {} are two sets; name one", members[0]));
        }
        return asking::members(state, members, way, error);
    }
    // Without a feature at the cursor or a mark in the list, the reason is that of every command on listed features.
    asking::list(state, way, error, listed)
        .ok_or_else(|| targets::some(state).err().unwrap_or_else(|| "no feature is listed".to_owned()))
}

impl Dialogue for Ablate {
    fn label(&self) -> &'static str {
        "ablate"
    }

    fn hint(&self, state: &State, text: &str) -> Result<String, String> {
        let check = read(state, text)?;
        let (What::Set { way, error, .. } | What::Members { way, error, .. }) = &check.what else { return Ok(check.to_string()) };
        let hidden = targets::said_hidden(state);
        let is_marked = matches!(check.what, What::Set { .. }) && !text.contains(LISTED);
        let hidden = if hidden.is_empty() || !is_marked { String::new() } else { format!(" ({hidden})") };
        Ok(format!("{check}{hidden}: {}", Ablation::meaning(*way, *error)))
    }

    fn ending(&self, _: &State, text: &str) -> Ending {
        Ablation::ending(text, &[LISTED])
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let check = read(state, text)?;
        Ok(running::start(state, check))
    }
}

//! Asks for a file of sets to ablate: the way and the treatment of the error term, then the path.

use super::ablation::Ablation;
use super::completion::Ending;
use super::dialogue::Dialogue;
use super::path;
use crate::app::message::Effect;
use crate::app::state::State;

/// Asks for ways and treatments in any order before a path: `sets.json`, `resample clean my sets.json`.
pub struct AblateSets;

impl Dialogue for AblateSets {
    fn label(&self) -> &'static str {
        "ablate the sets of file"
    }

    fn hint(&self, _: &State, text: &str) -> Result<String, String> {
        let (Ablation { way, error }, path) = Ablation::leading(text);
        if path.is_empty() {
            return Ok(r#"way and treatment of the error, then a JSON file {"a name": ["resid_1/364", "attn"], ..}"#.to_owned());
        }
        Ok(format!("{way}, errors {error}: {}", Ablation::meaning(way, error)))
    }

    fn ending(&self, state: &State, text: &str) -> Ending {
        path::ending(state, Ablation::leading(text).1)
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let (Ablation { way, error }, path) = Ablation::leading(text);
        Ok(vec![Effect::ReadSets { path: path::named(state, path)?, way, error }])
    }
}

//! Asks for a pair file and perhaps a baseline file.

use super::dialogue::Dialogue;
use super::path::with_home;
use crate::app::job;
use crate::app::message::Effect;
use crate::app::state::State;
use crate::core::request::DataSource;

/// Asks for one or two files.
pub struct Pairs;

impl Dialogue for Pairs {
    fn label(&self) -> &'static str {
        "pairs[, baseline]"
    }

    fn hint(&self, _: &State, _: &str) -> Result<String, String> {
        Ok("Enter computes; empty means the names inside the program".to_owned())
    }

    fn accept(&self, state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
        let file = |name: &str| with_home(state, name.trim()).into();
        let data = match text.split_once(',') {
            _ if text.is_empty() => DataSource::Embedded,
            Some((pairs, baseline)) => DataSource::Files { pairs: file(pairs), baseline: Some(file(baseline)) },
            None => DataSource::Files { pairs: file(text), baseline: None },
        };
        Ok(job::again(state, |request| request.data = data))
    }
}

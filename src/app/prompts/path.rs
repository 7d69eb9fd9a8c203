//! Typed names of files.

use super::completion::Ending;
use crate::app::state::State;
use crate::app::state::prompt::Names;

/// The file name `text`, with a leading `~/` replaced by the home folder.
///
/// # Errors
/// If `text` is empty.
pub fn named(state: &State, text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a file name is needed".to_owned()) } else { Ok(with_home(state, text)) }
}

/// The files with which the path `text` may go on.
pub fn ending(state: &State, text: &str) -> Ending {
    Ending::Names(Names { typed: with_home(state, text), studies: false })
}

/// `name` with a leading `~/` replaced by the home folder, as in a shell.
pub fn with_home(state: &State, name: &str) -> String {
    match (&state.setting.home, name.strip_prefix("~/")) {
        (Some(home), Some(rest)) => format!("{home}/{rest}"),
        _ => name.to_owned(),
    }
}

//! Typed names of files.

use crate::app::state::State;

/// The file name `text`, with a leading `~/` replaced by the home folder.
///
/// # Errors
/// If `text` is empty.
pub fn named(state: &State, text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a file name is needed".to_owned()) } else { Ok(with_home(state, text)) }
}

/// `name` with a leading `~/` replaced by the home folder, as in a shell.
pub fn with_home(state: &State, name: &str) -> String {
    match (&state.setting.home, name.strip_prefix("~/")) {
        (Some(home), Some(rest)) => format!("{home}/{rest}"),
        _ => name.to_owned(),
    }
}

//! Names of files that are typed.

use crate::app::state::State;

/// The name with `~/` as the shell reads it.
///
/// # Errors
/// Where there is no name.
pub fn named(state: &State, text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a file name is needed".to_owned()) } else { Ok(with_home(state, text)) }
}

/// `~/` as the shell reads it.
pub fn with_home(state: &State, name: &str) -> String {
    match (&state.setting.home, name.strip_prefix("~/")) {
        (Some(home), Some(rest)) => format!("{home}/{rest}"),
        _ => name.to_owned(),
    }
}

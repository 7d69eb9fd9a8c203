//! How far the running check has come, in words.

use crate::app::state::State;
use crate::app::state::check::Checking;
use crate::core::text::printable;

/// How far the check has come: `40 %, single features, 3 s left`.
pub fn progress(state: &State, running: &Checking) -> String {
    let Some(progress) = &running.progress else { return "starting".to_owned() };
    let doing = printable(&progress.stage);
    let Some(share) = (100 * progress.done).checked_div(progress.total) else { return doing };
    let left = running.pace(state.now).map_or_else(String::new, |pace| format!(", {:.0} s left", pace.left.ceil()));
    format!("{share} % of {doing}{left}")
}

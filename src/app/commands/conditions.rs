//! Conditions that several groups of commands share.

use crate::app::command_id::CommandId;
use crate::app::state::State;

/// The condition of a command that can always run.
pub fn always(_: &State) -> Result<(), String> {
    Ok(())
}

/// Ok if there are findings to show, else the reason why there are not.
pub fn with_findings(state: &State) -> Result<(), String> {
    state.findings().map(|_| ()).ok_or_else(|| match (&state.job, state.setting.keymap.key(CommandId::COMPUTE)) {
        (Some(_), _) => "nothing is known yet; the inputs are being opened".to_owned(),
        (None, Some(key)) => format!("there is no study; {} computes one", key.spoken()),
        (None, None) => "there is no study; compute makes one".to_owned(),
    })
}

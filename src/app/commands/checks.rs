//! Causal checks: ablating and steering, in the background.

use super::conditions::always;
use crate::app::answer;
use crate::app::checks::asking::{self, can_check, can_check_any, can_check_one};
use crate::app::checks::{list, running};
use crate::app::command::{Command, Reach};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::prompt::Asked;

/// Commands that check features by running the model again.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "ablate",
        help: "ablate the marked features together, or the one at the cursor: [way] [error] [listed]",
        keys: &["b"],
        reach: Reach::Features,
        enabled: can_check_any,
        run: |state| ask(state, Asked::Ablate, "zero recomputed"),
    },
    Command {
        name: "ablate-each",
        help: "ablate each marked or listed feature by itself, by zero and by resample: [error]",
        keys: &["Z"],
        reach: Reach::Features,
        enabled: can_check,
        run: |state| ask(state, Asked::AblateEach, "recomputed"),
    },
    Command {
        name: "ablate-curve",
        help: "ablate more and more marked or listed features, beside random sets: [way] [error] [sets]",
        keys: &["B"],
        reach: Reach::Features,
        enabled: can_check,
        run: |state| ask(state, Asked::AblateCurve, "zero recomputed 20"),
    },
    Command {
        name: "ablate-sets",
        help: "ablate each set of a JSON file, as `saescope ablate --set` does: [way] [error] FILE",
        keys: &[],
        reach: Reach::Features,
        enabled: can_check_any,
        run: |state| ask(state, Asked::AblateSets, ""),
    },
    Command {
        name: "ablate-search",
        help: "search the marked or listed features for the subset with most bias: [way] [error]",
        keys: &[],
        reach: Reach::Features,
        enabled: can_check,
        run: |state| ask(state, Asked::AblateSearch, "zero recomputed"),
    },
    Command {
        name: "steer",
        help: "steer with the feature at the cursor: dose curve, flips, continuations: [positions]",
        keys: &["d"],
        reach: Reach::Features,
        enabled: can_check_one,
        run: |state| ask(state, Asked::Steer, "all"),
    },
    Command {
        name: "circuit",
        help: "draw the edges between the marked or listed features, predicted and measured",
        keys: &["f"],
        reach: Reach::Features,
        enabled: can_draw,
        run: |state| asking::circuit(state).map_or_else(|_| Vec::new(), |check| running::start(state, check)),
    },
    Command {
        name: "compare-methods",
        help: "compare ig and attrib with exact effects of the marked or listed features",
        keys: &["A"],
        reach: Reach::Features,
        enabled: can_compare,
        run: |state| asking::methods(state).map_or_else(|_| Vec::new(), |check| running::start(state, check)),
    },
    Command {
        name: "checks",
        help: "list the causal checks of this run, and open one",
        keys: &["L"],
        reach: Reach::Screen,
        enabled: always,
        run: |state| list::open(state),
    },
    Command {
        name: "cancel-check",
        help: "stop the causal check; asks first, and keeps what was found on the screen",
        keys: &[],
        reach: Reach::Screen,
        enabled: runs,
        run: |state| answer::ask_to_stop_check(state),
    },
];

fn ask(state: &mut State, asked: Asked, text: &str) -> Vec<Effect> {
    state.ask(asked, text);
    Vec::new()
}

fn can_draw(state: &State) -> Result<(), String> {
    can_check(state)?;
    asking::circuit(state).map(|_| ())
}

fn can_compare(state: &State) -> Result<(), String> {
    can_check(state)?;
    asking::methods(state).map(|_| ())
}

fn runs(state: &State) -> Result<(), String> {
    state.check.as_ref().map(|_| ()).ok_or_else(|| "no check is running".to_owned())
}

//! Looking beyond the effects: what features respond to in a text, and what their decoder rows say.

use crate::app::command::{Command, Reach};
use crate::app::evidence::{self, can_ask};
use crate::app::message::Effect;
use crate::app::prompts::DEMO_CORPUS;
use crate::app::state::State;
use crate::app::state::evidence::Wanted;
use crate::app::state::prompt::Asked;

/// Commands that ask other threads about the listed features; the card shows the answers.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "corpus",
        help: "read a text file and show on the card what the listed features respond to in it",
        keys: &["e"],
        reach: Reach::Screen,
        enabled: can_ask,
        run: corpus,
    },
    Command {
        name: "lens",
        help: "show on the card which tokens the listed features promote and suppress",
        keys: &["W"],
        reach: Reach::Screen,
        enabled: can_ask,
        run: |state| {
            let view = state.shown().first();
            evidence::ask(state, Wanted::Lens(view))
        },
    },
    Command {
        name: "fold",
        help: "fold copies of a feature along the residual stream into one row, and back",
        keys: &["z"],
        reach: Reach::Features,
        enabled: can_ask,
        run: evidence::fold,
    },
    Command {
        name: "shuffle",
        help: "say how many of the listed features 20 computations with shuffled partners would list",
        keys: &[],
        reach: Reach::Screen,
        enabled: can_ask,
        run: |state| {
            let view = state.shown().first();
            evidence::ask(state, Wanted::Shuffled(view))
        },
    },
    Command {
        name: "stop-asking",
        help: "stop reading the corpus or decoder rows, or shuffling; a corpus or shuffles go on later",
        keys: &[],
        reach: Reach::Screen,
        enabled: |state| match &state.evidence.open {
            Some(_) => Ok(()),
            None => Err("no corpus and no decoder rows are being read, and nothing is shuffled".to_owned()),
        },
        run: evidence::stop,
    },
];

fn corpus(state: &mut State) -> Vec<Effect> {
    let text = if evidence::is_demo(state) { DEMO_CORPUS } else { "" };
    state.ask(Asked::Corpus, text);
    Vec::new()
}

//! Which view is on.

use super::conditions::{always, with_findings};
use crate::app::command::{Command, Reach};
use crate::app::command_id::CommandId;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::app::state::tab::{PAIRS, Tab};
use crate::app::table;
use crate::core::view::View;

/// The commands of this group.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "male",
        help: "view male: clean is the pair file's clean prompt",
        keys: &["1"],
        reach: Reach::Screen,
        enabled: always,
        run: |state, _| go(state, Tab::Single(View::Male)),
    },
    Command {
        name: "female",
        help: "view female: the same pairs, clean and patch exchanged",
        keys: &["2"],
        reach: Reach::Screen,
        enabled: always,
        run: |state, _| go(state, Tab::Single(View::Female)),
    },
    Command {
        name: "baseline",
        help: "view baseline: the same prompts with answers that do not depend on gender",
        keys: &["3"],
        reach: Reach::Screen,
        enabled: always,
        run: |state, _| go(state, Tab::Single(View::Baseline)),
    },
    Command {
        name: "difference",
        help: "features that only one of two views' selections holds",
        keys: &["4"],
        reach: Reach::Screen,
        enabled: always,
        run: |state, _| go(state, Tab::Difference),
    },
    Command {
        name: "similarity",
        help: "features that both selections hold",
        keys: &["5"],
        reach: Reach::Screen,
        enabled: always,
        run: |state, _| go(state, Tab::Similarity),
    },
    Command {
        name: "compared-views",
        help: "which two views difference and similarity compare",
        keys: &["v"],
        reach: Reach::Screen,
        enabled: comparing,
        run: next_pair,
    },
    Command {
        name: "heat-map",
        help: "sums by layer, kind and position, over the whole screen",
        keys: &["H"],
        reach: Reach::Screen,
        enabled: with_findings,
        run: heat_map,
    },
    Command {
        name: "published",
        help: "the published figures of pythia-70m-deduped, and back to the study",
        keys: &["p"],
        reach: Reach::Screen,
        enabled: always,
        run: published,
    },
];

fn comparing(state: &State) -> Result<(), String> {
    match state.tab {
        Tab::Single(view) => {
            let keymap = &state.setting.keymap;
            let (difference, similarity) = (keymap.way(CommandId::DIFFERENCE), keymap.way(CommandId::SIMILARITY));
            Err(format!("the view {view} compares nothing; {difference} and {similarity} do"))
        }
        Tab::Difference | Tab::Similarity => Ok(()),
    }
}

/// Switches the view.
pub fn go(state: &mut State, tab: Tab) -> Vec<Effect> {
    if state.tab == tab {
        return Vec::new();
    }
    state.tab = tab;
    table::refresh(state)
}

fn next_pair(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    state.pair = (state.pair + 1) % PAIRS.len();
    table::refresh(state)
}

fn heat_map(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    state.overlay = match state.overlay {
        Some(Overlay::HeatMap) => None,
        _ => Some(Overlay::HeatMap),
    };
    Vec::new()
}

fn published(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    state.show_published = !state.show_published;
    let State { table, marked, submodule, aside, .. } = state;
    std::mem::swap(table, &mut aside.table);
    std::mem::swap(marked, &mut aside.marked);
    std::mem::swap(submodule, &mut aside.submodule);
    // What another thread still arranges is of the other one.
    table.number = table.number.max(aside.table.number);
    (table.asked, aside.table.asked) = (None, None);
    state.card_scroll = 0;
    state.notice = Some(Notice::done(if state.show_published {
        let back = state.setting.keymap.way(CommandId::PUBLISHED);
        format!("published figures, not computed here; {back} goes back to the study")
    } else {
        "the study".to_owned()
    }));
    table::refresh(state)
}

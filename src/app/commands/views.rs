//! Switching between views and comparisons, to the pictures and to the published figures.

use super::conditions::{always, with_findings};
use crate::app::command::{Command, Reach};
use crate::app::command_id::CommandId;
use crate::app::heat_map::can_toggle;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::prompt::Asked;
use crate::app::state::tab::Tab;
use crate::app::{baseline, pictures, table};
use crate::core::picture::Kind;
use crate::core::rows::column::Sort;

/// The command that switches to one place in the row of views.
macro_rules! view {
    ($name:literal, $key:literal, $place:literal, $help:literal) => {
        Command {
            name: $name,
            help: $help,
            keys: &[$key],
            reach: Reach::Screen,
            enabled: |state| at(state, $place).map(|_| ()),
            run: |state| at(state, $place).map_or_else(|_| Vec::new(), |tab| go(state, tab)),
        }
    };
}

/// Commands that switch what the screen shows.
pub const COMMANDS: &[Command] = &[
    view!("view-1", "1", 0, "the first view of the study; after the views come difference and similarity"),
    view!("view-2", "2", 1, "the second"),
    view!("view-3", "3", 2, "the third"),
    view!("view-4", "4", 3, "the fourth"),
    view!("view-5", "5", 4, "the fifth"),
    view!("view-6", "6", 5, "the sixth"),
    view!("view-7", "7", 6, "the seventh"),
    view!("view-8", "8", 7, "the eighth"),
    view!("view-9", "9", 8, "the ninth"),
    Command {
        name: "view",
        help: "a view or comparison by its name",
        keys: &[],
        reach: Reach::Screen,
        enabled: always,
        run: |state| {
            state.ask(Asked::View, "");
            Vec::new()
        },
    },
    Command {
        name: "next-view",
        help: "the next view or comparison, around the end",
        keys: &["]"],
        reach: Reach::Screen,
        enabled: always,
        run: |state| step(state, 1),
    },
    Command {
        name: "previous-view",
        help: "the previous view or comparison",
        keys: &["["],
        reach: Reach::Screen,
        enabled: always,
        run: |state| step(state, -1),
    },
    Command {
        name: "difference",
        help: "features that only one of two views' selections holds",
        keys: &[],
        reach: Reach::Screen,
        enabled: can_compare,
        run: |state| go(state, Tab::Difference),
    },
    Command {
        name: "similarity",
        help: "features that both selections hold",
        keys: &[],
        reach: Reach::Screen,
        enabled: can_compare,
        run: |state| go(state, Tab::Similarity),
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
        help: "sums by submodule and position, over the screen; right: the next picture",
        keys: &["H"],
        reach: Reach::Screen,
        enabled: can_toggle,
        run: heat_map,
    },
    Command {
        name: "picture-counts",
        help: "bars of the features with an effect, and of those listed, by submodule",
        keys: &[],
        reach: Reach::Screen,
        enabled: with_findings,
        run: |state| pictures::show(state, Kind::Counts),
    },
    Command {
        name: "picture-effects",
        help: "bars of the cumulative effect by submodule, with the error term",
        keys: &[],
        reach: Reach::Screen,
        enabled: with_findings,
        run: |state| pictures::show(state, Kind::Effects),
    },
    Command {
        name: "picture-views",
        help: "the listed features' effects in one view against those in another",
        keys: &[],
        reach: Reach::Screen,
        enabled: with_findings,
        run: |state| pictures::show(state, Kind::Views),
    },
    Command {
        name: "picture-intervals",
        help: "the listed features' effects with their 95 % intervals",
        keys: &[],
        reach: Reach::Screen,
        enabled: with_findings,
        run: |state| pictures::show(state, Kind::Intervals),
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

/// The view or comparison at `place`, from 0, in the row of views.
fn at(state: &State, place: usize) -> Result<Tab, String> {
    let study = state.about();
    Tab::all(study).get(place).copied().ok_or_else(|| match study.views.len() {
        1 => format!("the study {} has one view", study.name),
        views => format!("the study {} has {views} views and {} comparisons", study.name, Tab::all(study).len() - views),
    })
}

/// Goes so many places on in the row of views.
fn step(state: &mut State, by: isize) -> Vec<Effect> {
    let tabs = Tab::all(state.about());
    let here = tabs.iter().position(|tab| *tab == state.tab).unwrap_or(0);
    let there = (here + tabs.len()).saturating_add_signed(by) % tabs.len();
    go(state, tabs[there])
}

fn can_compare(state: &State) -> Result<(), String> {
    let study = state.about();
    study.compare.map(|_| ()).ok_or_else(|| format!("the study {} has one view and nothing to compare it with", study.name))
}

fn comparing(state: &State) -> Result<(), String> {
    can_compare(state)?;
    match state.tab {
        Tab::Single(view) => {
            let name = state.about().name(view);
            let (difference, similarity) = (state.way_to(Tab::Difference), state.way_to(Tab::Similarity));
            Err(format!("the view {name} compares nothing; {difference} and {similarity} do"))
        }
        Tab::Difference | Tab::Similarity if state.about().pairs().len() == 1 => {
            let baseline = baseline::notice(state).map_or_else(String::new, |notice| format!("; {notice}"));
            Err(format!("the study has two views, which are compared already{baseline}"))
        }
        Tab::Difference | Tab::Similarity => Ok(()),
    }
}

/// Switches to `tab` and lists its features.
pub fn go(state: &mut State, tab: Tab) -> Vec<Effect> {
    if state.tab == tab {
        state.notice = Some(Notice::done("this view is on the screen already"));
        return Vec::new();
    }
    state.tab = tab;
    if !state.sort.column.can_order(state.shown()) {
        state.sort = Sort::STRENGTH;
    }
    if let Some(says) = baseline::mention(state) {
        state.notice = Some(Notice::done(says));
    }
    table::refresh(state)
}

fn next_pair(state: &mut State) -> Vec<Effect> {
    state.pair = (state.pair + 1) % state.about().pairs().len().max(1);
    table::refresh(state)
}

fn heat_map(state: &mut State) -> Vec<Effect> {
    if pictures::are_open(state) && state.pictures.kind == Kind::Map {
        state.overlay = None;
        return Vec::new();
    }
    pictures::show(state, Kind::Map)
}

fn published(state: &mut State) -> Vec<Effect> {
    let before = state.about().clone();
    state.show_published = !state.show_published;
    let State { table, marked, submodule, aside, .. } = state;
    std::mem::swap(table, &mut aside.table);
    std::mem::swap(marked, &mut aside.marked);
    std::mem::swap(submodule, &mut aside.submodule);
    // Rows that another thread still arranges belong to the findings that are being left.
    table.number = table.number.max(aside.table.number);
    (table.asked, aside.table.asked) = (None, None);
    state.exchange_look(&before);
    state.card_scroll = 0;
    state.notice = Some(Notice::done(if state.show_published {
        let back = state.setting.keymap.way(CommandId::PUBLISHED);
        format!("published figures, not computed here; {back} goes back to the study")
    } else if state.study.is_none() && state.job.is_none() {
        let compute = state.setting.keymap.way(CommandId::COMPUTE);
        format!("nothing is computed of the study yet; {compute} computes it")
    } else {
        "the study".to_owned()
    }));
    table::refresh(state)
}

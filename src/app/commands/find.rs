//! Filtering, searching, sorting and marking.

use std::sync::Arc;

use super::conditions::{always, with_findings};
use super::movement;
use crate::app::choice::sort_by;
use crate::app::command::{Command, Reach};
use crate::app::command_id::CommandId;
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::overlay::Chooser;
use crate::app::state::prompt::Asked;
use crate::app::{table, targets};
use crate::core::filter::Filter;
use crate::core::rows::cells::said;
use crate::core::rows::column::Column;

/// Commands that filter, search, sort and mark.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "filter",
        help: "filter as you type: words, effect>0.2, layer>=3, kind=mlp, tag=FP, and, or, not",
        keys: &["/"],
        reach: Reach::Screen,
        enabled: with_findings,
        run: filter,
    },
    Command {
        name: "keep-others",
        help: "keep rows that do not match, dimmed, and back",
        keys: &["\\"],
        reach: Reach::Features,
        enabled: filtered,
        run: keep_others,
    },
    Command {
        name: "next-match",
        help: "to the next row that matches the filter, around the end",
        keys: &["n"],
        reach: Reach::Features,
        enabled: filtered,
        run: |state| next_match(state, true),
    },
    Command {
        name: "previous-match",
        help: "to the previous row that matches",
        keys: &["N"],
        reach: Reach::Features,
        enabled: filtered,
        run: |state| next_match(state, false),
    },
    Command {
        name: "tagged",
        help: "only features with a tag, and back; a note or a reject mark alone is none",
        keys: &["F"],
        reach: Reach::Features,
        enabled: with_findings,
        run: tagged,
    },
    Command {
        name: "clear-filter",
        help: "drop the filter",
        keys: &[],
        reach: Reach::Features,
        enabled: filtered,
        run: |state| clear_filter(state),
    },
    Command {
        name: "sort",
        help: "choose the column that orders the table",
        keys: &["s"],
        reach: Reach::Screen,
        enabled: always,
        run: choose_sort,
    },
    Command {
        name: "reverse",
        help: "the same order the other way round",
        keys: &["S"],
        reach: Reach::Features,
        enabled: always,
        run: reverse,
    },
    Command {
        name: "sort-by-rank",
        help: "order by strength",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Rank),
    },
    Command {
        name: "sort-by-name",
        help: "order by kind, layer and index",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Name),
    },
    Command {
        name: "sort-by-effect",
        help: "order by effect, with its sign",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Effect),
    },
    Command {
        name: "sort-by-standard-error",
        help: "order by standard error",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::StandardError),
    },
    Command {
        name: "sort-by-ratio",
        help: "order by |effect| / standard error",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Ratio),
    },
    Command {
        name: "sort-by-interval",
        help: "order by how large the effect is at least, by its 95 % interval",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Interval),
    },
    Command {
        name: "sort-by-prompt",
        help: "order by the prompt that features fire on: clean, both, patch",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Fires),
    },
    Command {
        name: "sort-by-view",
        help: "order by the effect in the view that is on",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Effects(state.shown().first())),
    },
    Command {
        name: "sort-by-delta",
        help: "order by the difference of the compared views",
        keys: &[],
        reach: Reach::Features,
        enabled: compared,
        run: |state| sort_by(state, Column::Delta),
    },
    Command {
        name: "sort-by-delta-share",
        help: "order by the difference of the shares of both views' total effects",
        keys: &[],
        reach: Reach::Features,
        enabled: compared,
        run: |state| sort_by(state, Column::DeltaShare),
    },
    Command {
        name: "sort-by-tags",
        help: "order by tags, untagged last",
        keys: &[],
        reach: Reach::Features,
        enabled: always,
        run: |state| sort_by(state, Column::Tags),
    },
    Command {
        name: "mark",
        help: "mark the row for {copy} and {tag}, and go to the next",
        keys: &["space"],
        reach: Reach::Features,
        enabled: with_row,
        run: mark,
    },
    Command {
        name: "mark-all",
        help: "mark every listed row that matches",
        keys: &["ctrl-a"],
        reach: Reach::Features,
        enabled: with_unmarked,
        run: mark_all,
    },
    Command {
        name: "unmark-all",
        help: "drop all marks",
        keys: &["c"],
        reach: Reach::Features,
        enabled: marked,
        run: |state| unmark(state),
    },
];

fn filtered(state: &State) -> Result<(), String> {
    let filter = || state.setting.keymap.way(CommandId::FILTER);
    state.filter.as_ref().map(|_| ()).ok_or_else(|| format!("there is no filter; {} sets one", filter()))
}

fn marked(state: &State) -> Result<(), String> {
    if state.marked.is_empty() { Err("no row is marked".to_owned()) } else { Ok(()) }
}

fn compared(state: &State) -> Result<(), String> {
    state.shown().pair().map(|_| ()).ok_or_else(|| "only a comparison of two views has a difference".to_owned())
}

fn with_row(state: &State) -> Result<(), String> {
    if state.table.row().is_some() { Ok(()) } else { targets::some(state) }
}

/// Ok if a row that matches is not marked yet, else the reason.
fn with_unmarked(state: &State) -> Result<(), String> {
    with_row(state)?;
    let mut matching = state.table.listing.rows.iter().filter(|row| row.matches).peekable();
    if matching.peek().is_none() {
        return Err("no row matches".to_owned());
    }
    let is_done = matching.all(|row| state.marked.contains(&row.feature));
    if is_done { Err("every row that matches is marked already".to_owned()) } else { Ok(()) }
}

fn filter(state: &mut State) -> Vec<Effect> {
    let text = state.filter.as_ref().map_or_else(String::new, |filter| filter.text().to_owned());
    state.ask(Asked::Filter(state.filter.clone()), text);
    Vec::new()
}

/// The term that [`tagged`] adds to the filter and takes away again.
const TAGGED: &str = "tag=any";

/// Narrows the filter to tagged features, or takes that back. What the user said without a tag goes from the list, too, so that this is said.
fn tagged(state: &mut State) -> Vec<Effect> {
    let untagged = said_without_tag(state);
    let joined = format!(") and {TAGGED}");
    let text = match state.filter.as_ref().map(Filter::text) {
        None => TAGGED.to_owned(),
        Some(TAGGED) => String::new(),
        Some(text) => match text.strip_prefix('(').and_then(|text| text.strip_suffix(&joined)) {
            Some(before) => before.to_owned(),
            None => format!("({text}{joined}"),
        },
    };
    if untagged > 0 && text.ends_with(TAGGED) {
        let (features, are) = if untagged == 1 { ("feature", "is") } else { ("features", "are") };
        let says = format!("{untagged} {features} with a note or a reject mark but without a tag {are} not listed");
        state.notice = Some(Notice::done(says));
    }
    state.filter = Filter::parse(&text, state.about()).ok().flatten();
    table::refresh(state)
}

/// The number of listed features that have a note or a reject mark, but no tag.
fn said_without_tag(state: &State) -> usize {
    let Some(spec) = state.table.spec.as_ref().filter(|_| !state.tags().is_empty()) else { return 0 };
    let rows = state.table.listing.rows.iter().filter(|row| row.matches);
    let said = rows.map(|row| said(row, state.about(), state.tags(), spec));
    said.filter(|said| said.tags.is_empty() && (said.rejected || !said.note.is_empty())).count()
}

/// Drops the filter and lists all selected features again.
pub fn clear_filter(state: &mut State) -> Vec<Effect> {
    state.filter = None;
    table::refresh(state)
}

fn keep_others(state: &mut State) -> Vec<Effect> {
    state.keep_others = !state.keep_others;
    let says = if state.keep_others { "rows that do not match stay, dimmed" } else { "rows that do not match are left out" };
    state.notice = Some(Notice::done(says));
    table::refresh(state)
}

fn next_match(state: &mut State, forward: bool) -> Vec<Effect> {
    let rows = &state.table.listing.rows;
    let matches: Vec<usize> = rows.iter().enumerate().filter(|(_, row)| row.matches).map(|(index, _)| index).collect();
    if matches.is_empty() {
        state.notice = Some(Notice::refused("no row matches"));
        return Vec::new();
    }
    let cursor = state.table.cursor;
    let place = if forward {
        matches.partition_point(|index| *index <= cursor) % matches.len()
    } else {
        matches.partition_point(|index| *index < cursor).checked_sub(1).unwrap_or(matches.len() - 1)
    };
    let row = matches[place];
    state.notice = Some(Notice::done(format!("match {} of {}", place + 1, matches.len())));
    movement::move_to(state, row);
    Vec::new()
}

fn choose_sort(state: &mut State) -> Vec<Effect> {
    state.choose(Chooser::Sort);
    Vec::new()
}

fn reverse(state: &mut State) -> Vec<Effect> {
    state.sort = state.sort.reversed();
    table::refresh(state)
}

fn mark(state: &mut State) -> Vec<Effect> {
    let Some(feature) = state.feature() else { return Vec::new() };
    let marks = Arc::make_mut(&mut state.marked);
    if marks.remove(&feature) {
        state.table.marked -= 1;
    } else {
        marks.insert(feature);
        state.table.marked += 1;
    }
    movement::move_to(state, state.table.cursor + 1);
    after_marking(state)
}

fn mark_all(state: &mut State) -> Vec<Effect> {
    let rows = state.table.listing.rows.iter().filter(|row| row.matches).map(|row| row.feature);
    Arc::make_mut(&mut state.marked).extend(rows);
    table::count_marked(state);
    after_marking(state)
}

/// Unmarks all features.
pub fn unmark(state: &mut State) -> Vec<Effect> {
    state.marked = Arc::default();
    state.table.marked = 0;
    after_marking(state)
}

/// Arranges the rows again if there is a filter, which may ask for marks.
fn after_marking(state: &mut State) -> Vec<Effect> {
    if state.filter.is_some() { table::refresh(state) } else { Vec::new() }
}

//! Tagging features, and importing and exporting tags.

use crate::app::command::{Command, Reach};
use crate::app::message::Effect;
use crate::app::state::State;
use crate::app::state::overlay::Chooser;
use crate::app::state::prompt::Asked;
use crate::app::{published_tags, tagging, targets};

/// Commands that tag, undo, redo, import and export.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "tag",
        help: "tag, reject or annotate the marked features, or the one at the cursor",
        keys: &["m"],
        reach: Reach::Features,
        enabled: with_target,
        run: choose,
    },
    Command {
        name: "undo",
        help: "take the latest change of tags back, of earlier sessions too",
        keys: &["u"],
        reach: Reach::Screen,
        enabled: tagging::can_change,
        run: |state| tagging::undo(state),
    },
    Command {
        name: "redo",
        help: "make an undone change again",
        keys: &["U", "ctrl-r"],
        reach: Reach::Screen,
        enabled: tagging::can_change,
        run: |state| tagging::redo(state),
    },
    Command {
        name: "import-tags",
        help: "read tags from a file: JSON, the notebook's lists, annotation lines",
        keys: &["I"],
        reach: Reach::Screen,
        enabled: tagging::can_change,
        run: import,
    },
    Command {
        name: "take-published-tags",
        help: "add the published study's tags and notes to your own, as a start",
        keys: &[],
        reach: Reach::Screen,
        enabled: published_tags::can_take,
        run: |state| published_tags::take(state),
    },
    Command {
        name: "export-tags",
        help: "write all tags into a file: JSON, CSV or Markdown by its name",
        keys: &["E"],
        reach: Reach::Screen,
        enabled: with_tags,
        run: export,
    },
];

fn with_target(state: &State) -> Result<(), String> {
    tagging::can_change(state)?;
    targets::some(state)
}

fn with_tags(state: &State) -> Result<(), String> {
    if state.tags().is_empty() { Err("nothing is tagged".to_owned()) } else { Ok(()) }
}

fn choose(state: &mut State) -> Vec<Effect> {
    state.choose(Chooser::Tags);
    Vec::new()
}

fn import(state: &mut State) -> Vec<Effect> {
    state.ask(Asked::ImportTags, "");
    Vec::new()
}

fn export(state: &mut State) -> Vec<Effect> {
    state.ask(Asked::ExportTags, "tags.json");
    Vec::new()
}

//! Tagging, and tags from and to files.

use super::Command;
use crate::app::choice::Chooser;
use crate::app::message::Effect;
use crate::app::prompt::{self, Kind};
use crate::app::state::{Overlay, State};
use crate::app::tagging;

/// The commands of this group.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "tag",
        help: "tag, reject or annotate the marked features, or the one at the cursor",
        keys: &["m"],
        enabled: with_target,
        run: choose,
    },
    Command {
        name: "undo",
        help: "take the latest change of tags back, without limit",
        keys: &["u"],
        enabled: tagging::can_change,
        run: |state, _| tagging::undo(state),
    },
    Command {
        name: "redo",
        help: "make an undone change again",
        keys: &["U", "ctrl-r"],
        enabled: tagging::can_change,
        run: |state, _| tagging::redo(state),
    },
    Command {
        name: "import-tags",
        help: "read tags from a file: JSON, the notebook's lists, annotation lines",
        keys: &["I"],
        enabled: tagging::can_change,
        run: import,
    },
    Command {
        name: "export-tags",
        help: "write all tags into a file: JSON, CSV or Markdown by its name",
        keys: &["E"],
        enabled: with_tags,
        run: export,
    },
];

fn with_target(state: &State) -> Result<(), String> {
    tagging::can_change(state)?;
    if tagging::targets(state).is_empty() { Err("no feature is listed".to_owned()) } else { Ok(()) }
}

fn with_tags(state: &State) -> Result<(), String> {
    if state.tags().is_empty() { Err("nothing is tagged".to_owned()) } else { Ok(()) }
}

fn choose(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    state.overlay = Some(Overlay::Chooser(Chooser::Tags));
    Vec::new()
}

fn import(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    prompt::open(state, Kind::ImportTags, String::new());
    Vec::new()
}

fn export(state: &mut State, _: Option<usize>) -> Vec<Effect> {
    prompt::open(state, Kind::ExportTags, "tags.json".to_owned());
    Vec::new()
}

//! The key bar: the most useful keys for what is on the screen now, the most important first.

use unicode_width::UnicodeWidthStr;

use super::command_id::CommandId;
use super::commands;
use super::layout::Layout;
use super::state::overlay::{Chooser, Overlay};
use super::state::{Pane, State};

/// One key of the bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The command that the key runs.
    pub command: CommandId,
    /// The key as a sentence names it.
    pub key: String,
    /// What it does here, in a word or two.
    pub says: &'static str,
    /// First column of the key, from 0.
    pub x: u16,
    /// Columns of key and words together.
    pub width: u16,
}

/// A command and the words for it.
type Said = (CommandId, &'static str);

const HELP: Said = (CommandId::HELP, "help");
const QUIT: Said = (CommandId::QUIT, "quit");
const STOP: Said = (CommandId::CANCEL, "stop");
const STOP_FETCH: Said = (CommandId::CANCEL_FETCH, "stop download");
const PANE: Said = (CommandId::NEXT_PANE, "pane");
const TAG: Said = (CommandId::TAG, "tag");
const FILTER: Said = (CommandId::FILTER, "filter");
const COPY: Said = (CommandId::COPY, "copy");
const THRESHOLD: Said = (CommandId::THRESHOLD, "threshold");
const TOP_K: Said = (CommandId::TOP_K, "top k");
const SORT: Said = (CommandId::SORT, "sort");
const HEAT_MAP: Said = (CommandId::HEAT_MAP, "heat map");
const MARK: Said = (CommandId::MARK, "mark");
const UNDO: Said = (CommandId::UNDO, "undo");
const ENTER: CommandId = CommandId::ENTER;

/// The way to the published figures, or back.
fn published(state: &State) -> Said {
    (CommandId::PUBLISHED, if state.show_published { "study" } else { "published" })
}

/// The commands that are useful now, the most important first, among them some that cannot run.
fn useful(state: &State) -> Vec<Said> {
    if matches!(state.overlay, Some(Overlay::Pictures)) {
        let next = (CommandId::NEXT_VIEW, "next view");
        return vec![
            HELP,
            (CommandId::BACK, "close"),
            (CommandId::RIGHT, "next picture"),
            (CommandId::DOWN, "down"),
            (CommandId::UP, "up"),
            next,
            STOP,
            QUIT,
            published(state),
        ];
    }
    if state.findings().is_none() {
        let (compute, study) = ((CommandId::COMPUTE, "compute"), (CommandId::STUDY, "another study"));
        let (pairs, fetch) = ((CommandId::PAIRS, "own pairs"), (CommandId::FETCH, "download"));
        return vec![HELP, STOP, compute, fetch, published(state), QUIT, study, pairs];
    }
    // Where a pane is hidden, its key comes before everything that the pane itself can do.
    let layout = Layout::showing(state, state.size(), state.pane);
    let hides_one = layout.is_some_and(|layout| [layout.submodules, layout.features, layout.card].contains(&None));
    // Nothing is behind Enter where nothing is listed.
    let to_card = (!state.table.is_empty()).then_some((ENTER, "card"));
    let to_features = (!state.table.is_empty()).then_some((ENTER, "features"));
    let mut said = vec![HELP, STOP, STOP_FETCH];
    match state.pane {
        Pane::Submodules => {
            said.extend(to_features);
            said.extend([PANE, FILTER, QUIT, HEAT_MAP, THRESHOLD, TOP_K, SORT]);
        }
        Pane::Features if hides_one => {
            said.extend(to_card);
            said.extend([PANE, TAG, FILTER, QUIT, COPY, THRESHOLD, TOP_K, SORT]);
        }
        Pane::Features => said.extend([TAG, FILTER, THRESHOLD, TOP_K, COPY, QUIT, SORT]),
        Pane::Card => {
            said.extend([(ENTER, "table"), TAG, PANE, QUIT, (CommandId::OPEN_PAGE, "open page"), COPY]);
        }
    }
    // The command can always run, to say that there is nothing to undo; the bar says it by silence.
    let can_undo = state.book().is_some_and(|book| book.undoable() > 0);
    said.extend([HEAT_MAP, MARK].into_iter().chain(can_undo.then_some(UNDO)).chain([published(state)]));
    said.extend(to_card.into_iter().chain([PANE]));
    said
}

/// Columns of the progress of a download, with its speed and the way to stop it.
const DOWNLOAD: u16 = 90;

/// Columns of the first hint, which stays beside a download.
const FIRST: u16 = 8;

/// The first column of the bar in a line of `columns`: the progress of a download stands before it, in columns that do not change with
/// its words, so that no hint moves while it is clicked.
pub fn start(state: &State, columns: u16) -> u16 {
    if state.download.is_some() { DOWNLOAD.min(columns.saturating_sub(FIRST)) } else { 0 }
}

/// The keys of the bar in a line of `columns`: whole ones only, of commands that can run now and have a key.
pub fn hints(state: &State, columns: u16) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    let mut x = start(state, columns) + 1;
    for (id, says) in useful(state) {
        let key = state.setting.keymap.key(id);
        let can_run = commands::of(id).is_some_and(|command| (command.enabled)(state).is_ok());
        let Some(key) = key.filter(|_| can_run && hints.iter().all(|hint| hint.command != id)) else { continue };
        let key = key.spoken();
        let width = (key.width() + 1 + says.width()) as u16;
        if x + width > columns {
            break;
        }
        hints.push(Hint { command: id, key, says, x, width });
        x += width + 2;
    }
    hints
}

/// What keys do in an open window, in a sentence; None where the bar or a prompt stands.
pub fn in_window(state: &State) -> Option<&'static str> {
    match state.overlay.as_ref()? {
        Overlay::Chooser(Chooser::Tags) => Some("a letter chooses · Tab everywhere or this view · Esc closes"),
        Overlay::Chooser(Chooser::Sort) => Some("a letter chooses, again reverses · Esc closes"),
        Overlay::Palette(_) => Some("type to search · Tab completes · Enter runs · Esc closes"),
        Overlay::Help(_) => Some("type to search · Up Down move · Enter runs or explains · Esc closes"),
        Overlay::Topic(_) => Some("Up Down PageUp PageDown scroll · Esc goes back"),
        Overlay::Copy(_) => Some("a letter chooses · Up Down move · Enter copies · Esc closes"),
        Overlay::Runs(_) => Some("Up Down PageUp PageDown move · Enter opens · Esc closes"),
        Overlay::Check(window) if window.has_rows() => {
            Some("Esc closes · Up Down scroll · s S order · y copies · Enter goes to the feature")
        }
        Overlay::Check(_) => Some("Up Down scroll · y copies · Esc closes"),
        Overlay::Checks(_) => Some("Up Down move · Enter opens · Esc closes"),
        Overlay::Dropped(_) => Some("Up Down PageUp PageDown scroll · Esc closes"),
        Overlay::Prompt(_) | Overlay::Question(_) | Overlay::Pictures => None,
    }
}

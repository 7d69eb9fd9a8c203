//! Copying features, and opening their pages.

use crate::app::command::{Command, Reach};
use crate::app::copy_box;
use crate::app::copying::{
    browse_list, browse_page, can_browse_list, can_browse_page, can_copy, can_copy_again, can_copy_any, copy,
};
use crate::app::state::copied::Form;

/// The command that copies in one form.
macro_rules! form {
    ($name:literal, $form:expr, $reach:expr, $help:literal) => {
        Command {
            name: $name,
            help: $help,
            keys: &[],
            reach: $reach,
            enabled: |state| can_copy(state, $form),
            run: |state| copy(state, $form),
        }
    };
}

/// Commands that copy features and open their pages.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "copy",
        help: "copy the marked features, or all that are listed: a box asks in which form",
        keys: &["y"],
        reach: Reach::Features,
        enabled: can_copy_any,
        run: |state| copy_box::open(state),
    },
    Command {
        name: "copy-again",
        help: "copy again in the same form; of a long list of links, the next part",
        keys: &["Y"],
        reach: Reach::Features,
        enabled: can_copy_again,
        run: |state| state.copied.map_or_else(Vec::new, |form| copy(state, form)),
    },
    form!("copy-list", Form::List, Reach::Features, "copy the address of Neuronpedia's quick list of the features"),
    form!("copy-page", Form::Page, Reach::Features, "copy the address of the page of the feature at the cursor"),
    form!("copy-names", Form::Names, Reach::Features, "copy the names of the features, one a line"),
    form!("copy-tsv", Form::Tsv, Reach::Features, "copy the features as a table for spreadsheets, with full numbers"),
    form!(
        "copy-markdown",
        Form::Markdown,
        Reach::Features,
        "copy the features as a Markdown table, with the numbers of the screen"
    ),
    form!("copy-json", Form::Json, Reach::Features, "copy the features as JSON, with full numbers and error terms"),
    form!("copy-card", Form::Card, Reach::Features, "copy the card of the feature at the cursor as text"),
    Command {
        name: "open-page",
        help: "open the feature's page in a browser",
        keys: &["o"],
        reach: Reach::Features,
        enabled: can_browse_page,
        run: |state| browse_page(state),
    },
    Command {
        name: "open-list",
        help: "open the quick list in a browser",
        keys: &["O"],
        reach: Reach::Screen,
        enabled: can_browse_list,
        run: |state| browse_list(state),
    },
];

//! Copying addresses of Neuronpedia and opening its pages.

use crate::app::command::{Command, Reach};
use crate::app::copying::{browse_list, browse_page, can_browse, can_link_feature, copy_list, copy_page};

/// Commands that copy addresses and open pages.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "copy-list",
        help: "copy the quick list of the marked features, or of all that are listed",
        keys: &["y"],
        reach: Reach::Screen,
        enabled: can_link_feature,
        run: |state| copy_list(state),
    },
    Command {
        name: "copy-page",
        help: "copy the address of the feature's page",
        keys: &["Y"],
        reach: Reach::Features,
        enabled: can_link_feature,
        run: |state| copy_page(state),
    },
    Command {
        name: "open-page",
        help: "open the feature's page in a browser",
        keys: &["o"],
        reach: Reach::Features,
        enabled: can_browse,
        run: |state| browse_page(state),
    },
    Command {
        name: "open-list",
        help: "open the quick list in a browser",
        keys: &["O"],
        reach: Reach::Screen,
        enabled: can_browse,
        run: |state| browse_list(state),
    },
];

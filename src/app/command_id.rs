//! Identifiers of commands, by which the key map and messages refer to them.

use std::fmt;

/// A command of the registry, by its name in the key map and the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId(pub(super) &'static str);

/// Declares the commands that messages name; a test looks each of them up in the registry.
macro_rules! named {
    ($($constant:ident $name:literal)*) => {
        impl CommandId {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: Self = Self($name);)*

            /// All commands that are declared as constants.
            pub const NAMED: &[Self] = &[$(Self::$constant),*];
        }
    };
}

named! {
    BACK "back"
    CANCEL "cancel"
    CANCEL_FETCH "cancel-fetch"
    CHECKS "checks"
    COMPUTE "compute"
    COPY "copy"
    COPY_AGAIN "copy-again"
    DIFFERENCE "difference"
    DOWN "down"
    DROPPED "dropped"
    ENTER "enter"
    EXPORT_TAGS "export-tags"
    FETCH "fetch"
    FILTER "filter"
    HEAT_MAP "heat-map"
    HELP "help"
    LOWER "lower"
    MARK "mark"
    METHOD "method"
    MOUSE "mouse"
    NEXT_PANE "next-pane"
    NEXT_VIEW "next-view"
    OPEN_PAGE "open-page"
    PAIRS "pairs"
    PUBLISHED "published"
    QUIT "quit"
    QUIT_NOW "quit-now"
    RIGHT "right"
    RUNS "runs"
    SIMILARITY "similarity"
    SORT "sort"
    STUDY "study"
    TAG "tag"
    THRESHOLD "threshold"
    TOP_K "top-k"
    UNDO "undo"
    UP "up"
    UNMARK_ALL "unmark-all"
    WRITE_RUN "write-run"
}

impl CommandId {
    /// The commands that switch to the first to ninth place in the row of views.
    pub const VIEWS: [Self; 9] = [
        Self("view-1"),
        Self("view-2"),
        Self("view-3"),
        Self("view-4"),
        Self("view-5"),
        Self("view-6"),
        Self("view-7"),
        Self("view-8"),
        Self("view-9"),
    ];

    /// The name in the registry, such as `top-k`.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0)
    }
}

//! The name of a command: all that the key map and messages need to know of it.

use std::fmt;

/// A command of the registry, by its name in the key map and the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId(pub(super) &'static str);

/// The commands that messages name. A test finds each of them in the registry.
macro_rules! named {
    ($($constant:ident $name:literal)*) => {
        impl CommandId {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: Self = Self($name);)*

            /// All of the above.
            pub const NAMED: &[Self] = &[$(Self::$constant),*];
        }
    };
}

named! {
    BACK "back"
    CANCEL_FETCH "cancel-fetch"
    COMPUTE "compute"
    COPY_LIST "copy-list"
    COPY_PAGE "copy-page"
    DIFFERENCE "difference"
    DOWN "down"
    EXPORT_TAGS "export-tags"
    FETCH "fetch"
    FILTER "filter"
    HELP "help"
    LOWER "lower"
    METHOD_IG "method-ig"
    MOUSE "mouse"
    PUBLISHED "published"
    QUIT "quit"
    QUIT_NOW "quit-now"
    SIMILARITY "similarity"
}

impl CommandId {
    /// The commands of the places in the row of views, first to ninth.
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

    /// The name.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0)
    }
}

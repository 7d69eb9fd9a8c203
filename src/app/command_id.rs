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
    BASELINE "baseline"
    CANCEL_FETCH "cancel-fetch"
    COMPUTE "compute"
    COPY_LIST "copy-list"
    COPY_PAGE "copy-page"
    DIFFERENCE "difference"
    DOWN "down"
    EXPORT_TAGS "export-tags"
    FEMALE "female"
    FETCH "fetch"
    FILTER "filter"
    HELP "help"
    LOWER "lower"
    MALE "male"
    METHOD_IG "method-ig"
    MOUSE "mouse"
    PUBLISHED "published"
    QUIT "quit"
    QUIT_NOW "quit-now"
    SIMILARITY "similarity"
}

impl CommandId {
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

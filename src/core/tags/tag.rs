//! Where something that is said about a feature applies.

use std::fmt;

use crate::core::name::Name;
use crate::core::view::ViewName;

/// A tag, by its name. Any name can be a tag: tags of other studies are kept and shown, though the current
/// [`Vocabulary`](super::Vocabulary) does not offer them.
pub type Tag = Name;

/// Where something said about a feature applies. Views go by name, since tags outlive the studies in which they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In every view.
    Everywhere,
    /// In one view only: the same feature may mean something else among the effects of one view than among those of another.
    In(ViewName),
}

impl Scope {
    /// The name in files of [`Scope::Everywhere`], which no view can be called.
    pub const EVERYWHERE: &str = "everywhere";

    /// The scope called `text`: the opposite of its display.
    pub fn new(text: &str) -> Result<Self, String> {
        if text == Self::EVERYWHERE { Ok(Self::Everywhere) } else { Name::new(text).map(Self::In) }
    }

    /// Whether what is said in this scope applies in `view`.
    pub fn covers(self, view: ViewName) -> bool {
        matches!(self, Self::Everywhere) || self == Self::In(view)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => formatter.pad(Self::EVERYWHERE),
            Self::In(view) => fmt::Display::fmt(view, formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everywhere_covers_every_view_and_a_view_only_itself() {
        let [male, female] = ["male", "female"].map(|name| Name::new(name).unwrap());
        for scope in [Scope::Everywhere, Scope::In(male)] {
            assert_eq!(Scope::new(&scope.to_string()), Ok(scope));
        }
        assert!(Scope::new("two words").is_err());
        assert!(Scope::Everywhere.covers(male) && Scope::In(male).covers(male) && !Scope::In(male).covers(female));
    }
}

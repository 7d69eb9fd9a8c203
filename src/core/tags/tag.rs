//! Tags, and the scope in which a tag, reject mark or note applies.

use std::fmt;

use crate::core::name::Name;
use crate::core::view::ViewName;

/// A tag is its name. Any name can be a tag: tags of other studies are kept and shown, although the current
/// [`Vocabulary`](super::Vocabulary) does not offer them.
pub type Tag = Name;

/// The views in which a tag, reject mark or note applies. A view is given by name, because tags outlive the studies in which
/// they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Applies in every view.
    Everywhere,
    /// Applies in one view only: a feature may have another meaning among the effects of another view.
    In(ViewName),
}

impl Scope {
    /// The name of [`Scope::Everywhere`] in files; no view can have this name.
    pub const EVERYWHERE: &str = "everywhere";

    /// The scope called `text`: the inverse of `Display`.
    pub fn new(text: &str) -> Result<Self, String> {
        if text == Self::EVERYWHERE { Ok(Self::Everywhere) } else { Name::new(text).map(Self::In) }
    }

    /// Whether an entry in this scope applies in `view`.
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

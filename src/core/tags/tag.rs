//! The vocabulary of the study: ten tags, and where a tag applies.

use std::fmt;
use std::str::FromStr;

use crate::core::problem::Problem;
use crate::core::view::View;

/// What a feature stands for, in the notebook's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// A feature of female pronouns.
    FemalePronoun,
    /// A feature of male pronouns.
    MalePronoun,
    /// A feature of other female words.
    FemaleWord,
    /// A feature of other male words.
    MaleWord,
    /// A feature of female names.
    FemaleName,
    /// A feature of male names.
    MaleName,
    /// Not about the concept.
    Not,
    /// About several things at once.
    Ambiguous,
    /// Perhaps about the concept.
    Maybe,
    /// Never seen active.
    NoActivation,
}

impl Tag {
    /// All tags, in the order of every list.
    pub const ALL: [Self; 10] = [
        Self::FemalePronoun,
        Self::MalePronoun,
        Self::FemaleWord,
        Self::MaleWord,
        Self::FemaleName,
        Self::MaleName,
        Self::Not,
        Self::Ambiguous,
        Self::Maybe,
        Self::NoActivation,
    ];

    /// The name in files and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::FemalePronoun => "FP",
            Self::MalePronoun => "MP",
            Self::FemaleWord => "FW",
            Self::MaleWord => "MW",
            Self::FemaleName => "FN",
            Self::MaleName => "MN",
            Self::Not => "NOT",
            Self::Ambiguous => "AMB",
            Self::Maybe => "MAYBE",
            Self::NoActivation => "NOACT",
        }
    }

    /// The key of a chooser. Pronoun, word, name: small for female, capital for male. Leaves `x` (reject) and `e` (note) free.
    pub fn key(self) -> char {
        match self {
            Self::FemalePronoun => 'p',
            Self::MalePronoun => 'P',
            Self::FemaleWord => 'w',
            Self::MaleWord => 'W',
            Self::FemaleName => 'n',
            Self::MaleName => 'N',
            Self::Not => 't',
            Self::Ambiguous => 'a',
            Self::Maybe => 'm',
            Self::NoActivation => 'z',
        }
    }

    /// The tag that `key` chooses.
    pub fn from_key(key: char) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| tag.key() == key)
    }

    /// One line for a chooser and the help.
    pub fn description(self) -> &'static str {
        match self {
            Self::FemalePronoun => "female pronoun",
            Self::MalePronoun => "male pronoun",
            Self::FemaleWord => "female word other than pronouns and names",
            Self::MaleWord => "male word other than pronouns and names",
            Self::FemaleName => "female name",
            Self::MaleName => "male name",
            Self::Not => "not about gender",
            Self::Ambiguous => "ambiguous: several meanings",
            Self::Maybe => "perhaps about gender",
            Self::NoActivation => "no activations known",
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Tag {
    type Err = Problem;

    /// Capitals or not: people type `tag=fp`.
    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|tag| tag.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Problem::new(format_args!("tag '{text}'"), "is not known", format_args!("use one of {names}"))
        })
    }
}

/// Where something said about a feature applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In every view.
    Everywhere,
    /// In one view only: the same feature may mean something else among the male effects than among the female ones.
    In(View),
}

impl Scope {
    /// All scopes, in order.
    pub const ALL: [Self; 4] = [Self::Everywhere, Self::In(View::Male), Self::In(View::Female), Self::In(View::Baseline)];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::In(view) => view.name(),
        }
    }

    /// Whether what is said in this scope applies in `view`.
    pub fn covers(self, view: View) -> bool {
        matches!(self, Self::Everywhere) || self == Self::In(view)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Scope {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| {
            Problem::new(format_args!("scope '{text}'"), "is not known", "use everywhere, male, female or baseline")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_unique_and_read_back() {
        for tag in Tag::ALL {
            assert_eq!(tag.to_string().parse::<Tag>().unwrap(), tag);
            assert_eq!(tag.name().to_lowercase().parse::<Tag>().unwrap(), tag);
            assert_eq!(Tag::from_key(tag.key()), Some(tag));
        }
        assert!(Tag::ALL.is_sorted() && Tag::from_key('x').is_none() && Tag::from_key('e').is_none());
        assert!("XX".parse::<Tag>().is_err());
    }

    #[test]
    fn everywhere_covers_every_view_and_a_view_only_itself() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
        }
        assert!(View::ALL.into_iter().all(|view| Scope::Everywhere.covers(view)));
        assert!(Scope::In(View::Male).covers(View::Male) && !Scope::In(View::Male).covers(View::Female));
    }
}

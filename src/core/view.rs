//! A view: one pair list of a study, in one direction.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::Name;

/// A view, as its index among the views of its study, from 0. It has a meaning only together with a
/// [`Study`](super::study::Study).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct View(pub u8);

/// The name of a view. Study files allow only lower-case letters, digits, `-` and `_`, so that it can be typed in a filter and
/// be part of a tensor's name.
pub type ViewName = Name;

/// Which prompt of a pair is the view's clean prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Clean and patch are as in the pair list.
    Forward,
    /// Clean and patch are exchanged, both prompts and answers.
    Reversed,
}

impl Direction {
    /// The view's (clean, patch), given the clean and patch of the pair list.
    pub fn orient<T>(self, clean: T, patch: T) -> (T, T) {
        match self {
            Self::Forward => (clean, patch),
            Self::Reversed => (patch, clean),
        }
    }

    /// The other direction.
    pub fn reversed(self) -> Self {
        match self {
            Self::Forward => Self::Reversed,
            Self::Reversed => Self::Forward,
        }
    }

    /// The direction's name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Reversed => "reversed",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

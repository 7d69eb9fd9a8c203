//! A view: one direction in which a study looks at one of its pair lists.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::Name;

/// A view, as its place among the views of its study, from 0: it means something only together with a [`Study`](super::study::Study).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct View(pub u8);

/// The name of a view: lower-case letters, digits, `-` and `_`, so that it can be typed in a filter and stand in a tensor's name.
pub type ViewName = Name;

/// Which prompt of a pair a view starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Clean and patch are those of the pair list.
    Forward,
    /// Clean and patch are exchanged, prompts and answers both.
    Reversed,
}

impl Direction {
    /// What a view starts from and what it moves toward, of what the pair list calls clean and patch.
    pub fn orient<T>(self, clean: T, patch: T) -> (T, T) {
        match self {
            Self::Forward => (clean, patch),
            Self::Reversed => (patch, clean),
        }
    }

    /// The name in files.
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

//! What can be switched between: single views, and comparisons of two.

use crate::app::command_id::CommandId;
use crate::core::view::View;

/// Which of the five views is on, and which two views 4 and 5 compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// One of the three.
    Single(View),
    /// Features that only one selection holds.
    Difference,
    /// Features that both hold.
    Similarity,
}

/// The pairs that can be compared, in the order in which a key walks through them; the notebook's first.
pub const PAIRS: [(View, View); 3] = [(View::Male, View::Baseline), (View::Male, View::Female), (View::Female, View::Baseline)];

impl Tab {
    /// All of them, in the order of the screen.
    pub const ALL: [Self; 5] =
        [Self::Single(View::Male), Self::Single(View::Female), Self::Single(View::Baseline), Self::Difference, Self::Similarity];

    /// The command that switches to it.
    pub fn command(self) -> CommandId {
        match self {
            Self::Single(View::Male) => CommandId::MALE,
            Self::Single(View::Female) => CommandId::FEMALE,
            Self::Single(View::Baseline) => CommandId::BASELINE,
            Self::Difference => CommandId::DIFFERENCE,
            Self::Similarity => CommandId::SIMILARITY,
        }
    }
}

//! The three directions in which a study looks at its pairs.

use std::fmt;
use std::str::FromStr;

use super::problem::Problem;

/// One run of attribution over the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// Clean is the pair file's clean prompt (in the study: the male one), patch its patch prompt.
    Male,
    /// The same pairs with clean and patch exchanged, answers too.
    Female,
    /// The baseline file's pairs: the same prompts with other answers, to tell the concept from everything else that differs.
    Baseline,
}

impl View {
    /// All views, in order.
    pub const ALL: [Self; 3] = [Self::Male, Self::Female, Self::Baseline];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::Baseline => "baseline",
        }
    }
}

/// Which prompt of a pair a view starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

impl fmt::Display for View {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for View {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::ALL
            .into_iter()
            .find(|view| view.name() == text)
            .ok_or_else(|| Problem::new(format_args!("view '{text}'"), "is not known", "use male, female or baseline"))
    }
}

//! The columns of the feature table, and how each orders its rows.

use crate::core::study::Study;
use crate::core::view::View;

/// A column of the feature table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Place by strength.
    Rank,
    /// Neuronpedia's name, for example `5-res-sm/26074`.
    Name,
    /// The effect that ranks the row.
    Effect,
    /// Its standard error.
    StandardError,
    /// The effect in one view.
    Effects(View),
    /// Which selection holds it, in a comparison.
    Side,
    /// Tags.
    Tags,
}

impl Column {
    /// Every column of a table about `study`, in the order in which keys walk through them.
    pub fn all(study: &Study) -> Vec<Self> {
        let mut all = vec![Self::Rank, Self::Name, Self::Effect, Self::StandardError];
        all.extend(study.all().map(Self::Effects));
        all.extend([Self::Side, Self::Tags]);
        all
    }

    /// The heading.
    pub fn title(self, study: &Study) -> &str {
        match self {
            Self::Rank => "#",
            Self::Name => "feature",
            Self::Effect => "effect",
            Self::StandardError => "s.e.",
            Self::Effects(view) => study.view(view).name.as_str(),
            Self::Side => "side",
            Self::Tags => "tags",
        }
    }

    /// The name in messages.
    pub fn name(self, study: &Study) -> &str {
        match self {
            Self::Rank => "rank",
            Self::StandardError => "standard error",
            other => other.title(study),
        }
    }
}

/// By which column rows are ordered; what is not known always comes last, and equal rows keep the order of their strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Sort {
    /// The order of strength, in which every selection starts.
    pub const STRENGTH: Self = Self { column: Column::Rank, descending: false };

    /// How a column is ordered when it is first chosen: numbers largest first, the rest as in a dictionary.
    pub fn by(column: Column) -> Self {
        let descending = matches!(column, Column::Effect | Column::StandardError | Column::Effects(_));
        Self { column, descending }
    }

    /// The same column the other way round.
    pub fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    /// The mark beside the heading.
    pub fn arrow(self) -> char {
        if self.descending { '▼' } else { '▲' }
    }
}

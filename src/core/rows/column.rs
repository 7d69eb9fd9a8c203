//! The columns of the feature table, and the order of rows by each column.

use super::Shown;
use crate::core::study::Study;
use crate::core::view::View;

/// A column of the feature table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Place in the order of strength, from 1.
    Rank,
    /// Neuronpedia's name of the feature, for example `5-res-sm/26074`.
    Name,
    /// The effect by which the row is ranked.
    Effect,
    /// The standard error of that effect.
    StandardError,
    /// The prompt on which the feature fires, in the view that ranks the row.
    Fires,
    /// The effect in one view.
    Effects(View),
    /// In a comparison, the selections that hold the feature.
    Side,
    /// Tags, reject mark and notes of the feature.
    Tags,
}

impl Column {
    /// Every column of a table about `study`, in the order in which keys step through them.
    pub fn all(study: &Study) -> Vec<Self> {
        let mut all = vec![Self::Rank, Self::Name, Self::Effect, Self::StandardError, Self::Fires];
        all.extend(study.all().map(Self::Effects));
        all.extend([Self::Side, Self::Tags]);
        all
    }

    /// The columns that say something about `shown`: a single view has no sides, and its own effects are those of [`Column::Effect`].
    pub fn of(shown: Shown, study: &Study) -> Vec<Self> {
        Self::all(study).into_iter().filter(|column| column.tells(shown)).collect()
    }

    /// Whether the column says something about `shown` that no other of its columns says.
    fn tells(self, shown: Shown) -> bool {
        match self {
            Self::Side => matches!(shown, Shown::Difference(..)),
            Self::Effects(view) => shown != Shown::Single(view),
            Self::Rank | Self::Name | Self::Effect | Self::StandardError | Self::Fires | Self::Tags => true,
        }
    }

    /// Whether the column holds numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Rank | Self::Effect | Self::StandardError | Self::Effects(_))
    }

    /// The column's name in files, for programs that read them: `standard_error`, `male_effect`.
    pub fn key(self, study: &Study) -> String {
        match self {
            Self::Effects(view) => format!("{}_effect", study.name(view)),
            other => other.name(study).replace(' ', "_"),
        }
    }

    /// The column's heading.
    pub fn title(self, study: &Study) -> &str {
        match self {
            Self::Rank => "#",
            Self::Name => "feature",
            Self::Effect => "effect",
            Self::StandardError => "s.e.",
            Self::Fires => "fires on",
            Self::Effects(view) => study.view(view).name.as_str(),
            Self::Side => "side",
            Self::Tags => "tags",
        }
    }

    /// The column's name in messages.
    pub fn name(self, study: &Study) -> &str {
        match self {
            Self::Rank => "rank",
            Self::StandardError => "standard error",
            other => other.title(study),
        }
    }
}

/// The column by which rows are ordered. Unknown values always come last, and equal rows keep their order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The column that decides the order.
    pub column: Column,
    /// Whether the largest value comes first.
    pub descending: bool,
}

impl Sort {
    /// The order of strength, in which every selection begins.
    pub const STRENGTH: Self = Self { column: Column::Rank, descending: false };

    /// The order when a column is first chosen: effects and standard errors largest first, other columns ascending.
    pub fn by(column: Column) -> Self {
        let descending = matches!(column, Column::Effect | Column::StandardError | Column::Effects(_));
        Self { column, descending }
    }

    /// The same column in the opposite direction.
    pub fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    /// The arrow beside the heading that shows the direction.
    pub fn arrow(self) -> char {
        if self.descending { '▼' } else { '▲' }
    }
}

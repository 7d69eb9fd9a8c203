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
    /// |effect| / standard error.
    Ratio,
    /// The bootstrap interval of that effect, with a mark if it holds zero or the threshold.
    Interval,
    /// p of the test against chance, in the view that ranks the row.
    P,
    /// The false discovery rate by that test.
    Q,
    /// The prompt on which the feature fires, in the view that ranks the row.
    Fires,
    /// What others say of the feature.
    Label,
    /// The effect in one view.
    Effects(View),
    /// In a comparison, the effect in the first view minus that in the second.
    Delta,
    /// The standard error of that difference.
    DeltaError,
    /// The difference of both effects' shares of their view's total effect, in percent.
    DeltaShare,
    /// In a comparison, the selections that hold the feature.
    Side,
    /// Tags, reject mark and notes of the feature.
    Tags,
}

impl Column {
    /// Every column of a table about `study`, in the order in which keys step through them.
    pub fn all(study: &Study) -> Vec<Self> {
        let mut all = vec![Self::Rank, Self::Name, Self::Effect, Self::StandardError, Self::Ratio, Self::Interval];
        all.extend([Self::P, Self::Q, Self::Fires, Self::Label]);
        all.extend([Self::Delta, Self::DeltaError, Self::DeltaShare]);
        all.extend(study.all().map(Self::Effects));
        all.extend([Self::Side, Self::Tags]);
        all
    }

    /// The columns of a table of `shown`, without those that are known only if they were asked for (p and q) or imported (labels), and
    /// without those that would repeat others: the effects of a single view are in
    /// [`Column::Effect`], a comparison has the effects of both views instead, and features that both sides hold have no side.
    pub fn of(shown: Shown, study: &Study) -> Vec<Self> {
        Self::all(study).into_iter().filter(|column| column.is_of(shown) && !column.is_extra()).collect()
    }

    /// Whether the column is known only if it was asked for or imported.
    pub fn is_extra(self) -> bool {
        matches!(self, Self::P | Self::Q | Self::Label)
    }

    /// Whether a table of `shown` has this column.
    pub fn is_of(self, shown: Shown) -> bool {
        match self {
            Self::Rank | Self::Name | Self::Fires | Self::Label | Self::Tags => true,
            Self::Effect | Self::StandardError | Self::Ratio | Self::Interval | Self::P | Self::Q => shown.pair().is_none(),
            Self::Effects(view) => shown != Shown::Single(view),
            Self::Delta | Self::DeltaError | Self::DeltaShare => shown.pair().is_some(),
            Self::Side => matches!(shown, Shown::Difference(..)),
        }
    }

    /// Whether rows of a table of `shown` can be ordered by the column: it has the column, or the effects are known beside it.
    pub fn can_order(self, shown: Shown) -> bool {
        matches!(self, Self::Effect | Self::Effects(_)) || self.is_of(shown)
    }

    /// Whether the column holds numbers.
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Name | Self::Interval | Self::Fires | Self::Label | Self::Side | Self::Tags)
    }

    /// The column's name in files, for programs that read them: `standard_error`, `male_effect`, `male-baseline_delta`.
    pub fn key(self, study: &Study, shown: Shown) -> String {
        let pair = || shown.pair_name(study);
        match self {
            Self::Effects(view) => format!("{}_effect", study.name(view)),
            Self::Delta => format!("{}_delta", pair()),
            Self::DeltaError => format!("{}_delta_standard_error", pair()),
            Self::StandardError => "standard_error".to_owned(),
            Self::Ratio => "ratio".to_owned(),
            Self::Interval => "interval".to_owned(),
            Self::DeltaShare => format!("{}_delta_share_percent", pair()),
            other => other.name(study, shown).replace(' ', "_"),
        }
    }

    /// The column's heading in a table of `shown`.
    pub fn title(self, study: &Study, shown: Shown) -> String {
        match self {
            Self::Rank => "#".to_owned(),
            Self::Name => "feature".to_owned(),
            Self::Effect => "effect".to_owned(),
            Self::StandardError | Self::DeltaError => "s.e.".to_owned(),
            Self::Ratio => "effect/s.e.".to_owned(),
            Self::Interval => "95 % interval".to_owned(),
            Self::P => "p".to_owned(),
            Self::Q => "q".to_owned(),
            Self::Fires => "fires on".to_owned(),
            Self::Label => "label".to_owned(),
            Self::Effects(view) => study.name(view).to_string(),
            Self::Delta => format!("Δ {}", shown.pair_name(study)),
            Self::DeltaShare => "Δ share".to_owned(),
            Self::Side => "side".to_owned(),
            Self::Tags => "tags".to_owned(),
        }
    }

    /// The column's name in messages.
    pub fn name(self, study: &Study, shown: Shown) -> String {
        match self {
            Self::Rank => "rank".to_owned(),
            Self::DeltaError => "s.e. of Δ".to_owned(),
            other => other.title(study, shown),
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

    /// The order when a column is first chosen: numbers largest first (but ranks, p and q smallest first), the surest intervals first, other columns ascending.
    pub fn by(column: Column) -> Self {
        let least_first = matches!(column, Column::Rank | Column::P | Column::Q);
        let descending = (column.is_number() && !least_first) || column == Column::Interval;
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

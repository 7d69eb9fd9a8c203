//! The three scores of a curve as cells of tables, the same on the command line and in the explorer.

use super::controls::Sampler;
use super::curve::{Controls, Curve, Rung, Spread};
use super::scores::{Denominator, Score, SetScores};
use super::words::{interval, number};

/// A score that is drawn against the number of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveScore {
    /// The share of the bias that is removed with the set.
    Bias,
    /// What the set does alone.
    Faithfulness,
    /// What is left without the set.
    Completeness,
}

impl CurveScore {
    /// Every score, in the order of tables.
    pub const ALL: [Self; 3] = [Self::Bias, Self::Faithfulness, Self::Completeness];

    /// The score's name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bias => "bias",
            Self::Faithfulness => "faithfulness",
            Self::Completeness => "completeness",
        }
    }

    /// The score of the strongest features.
    pub fn of_set(self, set: &SetScores) -> &Score {
        match self {
            Self::Bias => &set.bias,
            Self::Faithfulness => &set.faithfulness,
            Self::Completeness => &set.completeness,
        }
    }

    /// The scores of control sets.
    pub fn of_controls(self, controls: &Controls) -> Option<&Spread> {
        match self {
            Self::Bias => controls.bias.as_ref(),
            Self::Faithfulness => controls.faithfulness.as_ref(),
            Self::Completeness => controls.completeness.as_ref(),
        }
    }

    /// Whether the score says something in `curve`: its denominator is not within its error of zero.
    pub fn is_known(self, curve: &Curve) -> bool {
        let denominator: Denominator = if self == Self::Bias { curve.bias } else { curve.span };
        !denominator.is_within_error()
    }

    /// The heading of [`CurveScore::row`].
    pub fn heading(self) -> Vec<String> {
        let of_controls = Sampler::ALL.into_iter().flat_map(|sampler| [sampler.name(), "95 % of sets", ">="]);
        ["features", self.name(), "95 % of pairs"].into_iter().chain(of_controls).map(str::to_owned).collect()
    }

    /// The size of `rung`; the score of the strongest features with its interval; for each sampler the mean and the interval over sets,
    /// and how many sets score at least as high.
    pub fn row(self, curve: &Curve, rung: &Rung) -> Vec<String> {
        let is_known = self.is_known(curve);
        let strongest = self.of_set(&rung.strongest);
        let mean = strongest.mean.filter(|_| is_known);
        let mut row = vec![rung.size.to_string(), number(mean), interval(strongest.interval.filter(|_| is_known))];
        for controls in &rung.controls {
            let spread = self.of_controls(controls).filter(|_| is_known);
            let as_high = spread.zip(mean).map(|(spread, mean)| spread.share(spread.at_least(mean)));
            row.extend([
                number(spread.map(|spread| spread.mean)),
                interval(spread.map(|spread| spread.interval)),
                as_high.unwrap_or_else(|| "-".to_owned()),
            ]);
        }
        row
    }
}

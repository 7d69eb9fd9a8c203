//! Steering: a feature's direction is added to an output, and the metric follows. Curves bend back, so signs are scanned, not bisected.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::dose;
use super::scores::{Denominator, ROUNDING, Score};
use super::side_effects::Damage;
use super::words::doubt;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::FeatureId;
use crate::core::text::excerpt;

/// The step between coefficients of a scan.
pub const SCAN_STEP: f32 = 0.5;

/// The largest coefficient of a scan.
pub const SCAN_END: f32 = 100.0;

/// Why there is no dose curve without side effects.
const UNMEASURED: &str = "the damage on neutral text is not measured";

/// The positions of a prompt at which an output is steered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Positions {
    /// All.
    All,
    /// All but the last: what the study steers.
    AllButLast,
    /// The last.
    Last,
    /// This one, counted from 0.
    At(usize),
}

impl Positions {
    /// The positions in words: `all positions but the last`.
    pub fn words(self) -> String {
        match self {
            Self::All => "all positions".to_owned(),
            Self::AllButLast => "all positions but the last".to_owned(),
            Self::Last => "the last position".to_owned(),
            Self::At(position) => format!("position {position}"),
        }
    }

    /// Whether position `position` of a prompt of `length` tokens is steered.
    pub fn holds(self, position: usize, length: usize) -> bool {
        match self {
            Self::All => true,
            Self::AllButLast => position + 1 < length,
            Self::Last => position + 1 == length,
            Self::At(one) => position == one,
        }
    }
}

impl fmt::Display for Positions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("all"),
            Self::AllButLast => formatter.write_str("all_but_last"),
            Self::Last => formatter.write_str("last"),
            Self::At(position) => write!(formatter, "{position}"),
        }
    }
}

impl From<Positions> for String {
    fn from(positions: Positions) -> Self {
        positions.to_string()
    }
}

impl TryFrom<String> for Positions {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for Positions {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "all" => Ok(Self::All),
            "all_but_last" => Ok(Self::AllButLast),
            "last" => Ok(Self::Last),
            number => number.parse().map(Self::At).map_err(|_| {
                Problem::new(
                    format_args!("positions '{}'", excerpt(text, 40)),
                    "are not known",
                    "use all, all_but_last, last, or a position from 0",
                )
            }),
        }
    }
}

/// Where outputs are steered while a prompt is continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At every position of the prompt; new tokens are not steered.
    All,
    /// At every position of the prompt but the last: what the study does.
    AllButLast,
    /// At every position of the prompt and at every new token.
    Every,
}

impl Mode {
    /// Every mode, in the order of lists.
    pub const ALL: [Self; 3] = [Self::All, Self::AllButLast, Self::Every];

    /// The mode's name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::AllButLast => "all_but_last",
            Self::Every => "every",
        }
    }

    /// Whether `position` is steered, of a prompt of `prompt` tokens and what follows it.
    pub fn holds(self, position: usize, prompt: usize) -> bool {
        match self {
            Self::All => position < prompt,
            Self::AllButLast => position + 1 < prompt,
            Self::Every => true,
        }
    }
}

/// What one coefficient does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dose {
    /// The factor of the feature's decoder row.
    pub coefficient: f32,
    /// The metric of each example.
    pub metrics: Vec<f32>,
    /// The probability of each example's clean answer, over the whole vocabulary.
    pub clean: Vec<f64>,
    /// The probability of each example's patch answer.
    pub patch: Vec<f64>,
}

/// The first coefficient of a scan at which the metric has another sign than without steering.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The coefficient.
    pub coefficient: f32,
    /// The metric one step before.
    pub before: f64,
    /// The metric at the coefficient.
    pub at: f64,
}

/// The flips in one direction; None where the scan found none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flips {
    /// That of each example by itself.
    pub per_example: Vec<Option<Flip>>,
    /// That of the mean over examples.
    pub mean: Option<Flip>,
    /// The coefficient at which a metric was not finite, so that the scan ended before it; None if it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<f32>,
}

impl Flips {
    /// No flips of `examples` examples yet.
    pub fn none(examples: usize) -> Self {
        Self { per_example: vec![None; examples], mean: None, ended: None }
    }

    /// How far the scan upwards, or downwards if `down`, came, in words: `up to +100`.
    pub fn reach(&self, down: bool) -> String {
        match self.ended {
            Some(ended) => format!("below {ended:+}, where a metric is not finite").replace("below -", "above -"),
            None if down => format!("up to -{SCAN_END}"),
            None => format!("up to +{SCAN_END}"),
        }
    }

    /// Whether nothing is left to be found.
    pub fn is_complete(&self) -> bool {
        self.mean.is_some() && self.per_example.iter().all(Option::is_some)
    }

    /// Takes the metrics at the next coefficient of the scan, with those one step `before` it and those at coefficient 0, `zero`.
    pub fn add(&mut self, coefficient: f32, zero: &[f32], before: &[f32], at: &[f32]) {
        let flip = |zero: f64, before: f64, at: f64| {
            (at.is_sign_positive() != zero.is_sign_positive()).then_some(Flip { coefficient, before, at })
        };
        let examples = zero.iter().zip(before).zip(at);
        for (found, ((zero, before), at)) in self.per_example.iter_mut().zip(examples) {
            *found = found.or_else(|| flip(f64::from(*zero), f64::from(*before), f64::from(*at)));
        }
        self.mean = self.mean.or_else(|| flip(mean(zero), mean(before), mean(at)));
    }
}

/// The mean of some metrics.
pub fn mean(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
}

/// What follows the prompts under one coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Continuation {
    /// The factor of the feature's decoder row.
    pub coefficient: f32,
    /// Where outputs are steered.
    pub mode: Mode,
    /// The new tokens of each prompt, the largest logit each.
    pub greedy: Vec<Vec<u32>>,
    /// The smallest distance of the largest logit to the second, of each prompt.
    pub smallest_gap: Vec<f32>,
    /// For each sample the new tokens of each prompt.
    pub sampled: Vec<Vec<Vec<u32>>>,
}

/// What was found of steering with one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Steered {
    /// The feature whose decoder row is added, as it is stored.
    pub feature: FeatureId,
    /// Where the prompts were steered.
    pub positions: Positions,
    /// The length of the decoder row.
    pub decoder_norm: f64,
    /// Whether the decoder row is multiplied by the scale of each token, as the dictionary writes it.
    #[serde(default)]
    pub is_scaled: bool,
    /// The feature's mean activation where it is active, in the clean and in the patch prompts.
    pub activations: [Option<f64>; 2],
    /// The mean metric without steering; None in what earlier versions kept.
    #[serde(default)]
    pub unsteered: Option<f64>,
    /// The standard error of that mean; None with one example, and in what earlier versions kept.
    #[serde(default)]
    pub unsteered_error: Option<f64>,
    /// What each coefficient does.
    pub doses: Vec<Dose>,
    /// For each dose the metric's mean over examples, and its 95 % bootstrap interval.
    pub metrics: Vec<Score>,
    /// The smallest flipping coefficients upwards and downwards; None if not looked for, or not yet.
    pub flips: Option<[Flips; 2]>,
    /// What the model writes.
    pub written: Vec<Written>,
    /// Why prompts are continued by fewer tokens than usual, or not at all; None if they are not shortened, and in what earlier versions kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortened: Option<String>,
}

impl Steered {
    /// What is added to an output, in words.
    pub fn added(&self) -> &'static str {
        if self.is_scaled { "coefficient * the token's scale * decoder row" } else { "coefficient * decoder row" }
    }

    /// The feature's own scale: its mean activation where it is active, in the clean or in the patch prompts, whichever is larger. With
    /// the side's name; None where it never is active.
    pub fn unit(&self) -> Option<(f64, &'static str)> {
        let [clean, patch] = self.activations;
        let sides = [(clean, "clean"), (patch, "patch")].into_iter().filter_map(|(mean, side)| Some((mean?, side)));
        sides.max_by(|one, other| one.0.total_cmp(&other.0)).filter(|(mean, _)| *mean > 0.0)
    }

    /// `coefficient` in that unit, or `-`.
    pub fn in_units(&self, coefficient: f32) -> String {
        self.unit().map_or_else(|| "-".to_owned(), |(unit, _)| format!("{:+.2}", f64::from(coefficient) / unit + 0.0))
    }

    /// What the column of [`Steered::in_units`] holds.
    pub fn units(&self) -> String {
        let Some((unit, side)) = self.unit() else { return "x mean: the feature is never active".to_owned() };
        format!(
            "x mean: the coefficient in units of the feature's mean activation in the {side} prompts, where it is larger ({unit:.3})"
        )
    }

    /// The bias without steering; None in what earlier versions kept.
    pub fn bias(&self) -> Option<Denominator> {
        self.unsteered.map(|mean| Denominator { mean, standard_error: self.unsteered_error })
    }

    /// The coefficients of one sign as a dose curve: the share of the bias that is removed against the divergence in `damage`, which has one
    /// for each dose. With the coefficient of the knee.
    ///
    /// # Errors
    /// Why there is none: no coefficient has that sign, the bias says nothing, the damage was not measured, or one of the two does not
    /// grow.
    pub fn dose_curve(&self, damage: &[Damage], sign: f32) -> std::result::Result<(dose::Dose, Option<f32>), String> {
        if !self.doses.iter().any(|dose| dose.coefficient * sign > 0.0) {
            return Err("no coefficient of that sign was asked for".to_owned());
        }
        let bias = self.bias().ok_or("the metric without steering is not known")?;
        if let Some(doubt) = doubt("metric at 0", bias) {
            return Err(doubt);
        }
        let unsteered = bias.mean;
        let largest = self
            .doses
            .iter()
            .flat_map(|dose| &dose.metrics)
            .fold(unsteered.abs(), |most, metric| most.max(f64::from(metric.abs())));
        if unsteered.abs() <= ROUNDING * largest {
            return Err("the metric without steering is no more than rounding".to_owned());
        }
        let mut coefficients = Vec::new();
        let mut points = Vec::new();
        for (dose, damage) in self.doses.iter().zip(damage).filter(|(dose, _)| dose.coefficient * sign > 0.0) {
            coefficients.push(dose.coefficient);
            points.push((
                damage.divergence.mean.ok_or("the damage on neutral text is not a finite number")?,
                1.0 - mean(&dose.metrics) / unsteered,
            ));
        }
        if points.is_empty() {
            return Err(UNMEASURED.to_owned());
        }
        let dose = dose::Dose::of(&points)?;
        Ok((dose, dose.knee.and_then(|place| coefficients.get(place).copied())))
    }

    /// Area and knee of both signs; nothing where no damage was measured.
    pub fn dose_summary(&self, damage: &[Damage]) -> Option<String> {
        let bias = self.bias().filter(|_| !damage.is_empty())?;
        if let Some(doubt) = doubt("metric at 0", bias) {
            return Some(format!("area and knee: none, since {doubt}"));
        }
        let of_sign = |sign: f32, name: &str| match self.dose_curve(damage, sign) {
            Err(why) => format!("{name}: none, since {why}"),
            Ok((dose, None)) => format!("{name}: area {:.3}, no knee", dose.area),
            Ok((dose, Some(knee))) => format!("{name}: area {:.3}, knee {knee:+}", dose.area),
        };
        Some(format!(
            "bias removed (1 - metric / metric at 0) against divergence, both divided by their largest: {}; {}",
            of_sign(1.0, "+"),
            of_sign(-1.0, "-")
        ))
    }
}

/// A continuation as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The tokens.
    pub continuation: Continuation,
    /// The text of each prompt's greedy tokens.
    pub greedy: Vec<String>,
    /// For each sample the text of each prompt's tokens.
    pub sampled: Vec<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::scores::{denominator_of, resamples};
    use crate::core::causal::side_effects::TextSums;

    #[test]
    fn positions_are_named_or_numbered() {
        for (text, held) in [
            ("all", [true, true, true]),
            ("all_but_last", [true, true, false]),
            ("last", [false, false, true]),
            ("1", [false, true, false]),
        ] {
            let positions: Positions = text.parse().unwrap();
            assert_eq!([0, 1, 2].map(|position| positions.holds(position, 3)), held, "{text}");
            assert_eq!(positions.to_string(), text);
        }
        assert!("first".parse::<Positions>().is_err() && "-1".parse::<Positions>().is_err());
    }

    #[test]
    fn the_first_change_of_sign_counts_although_the_curve_bends_back() {
        let mut flips = Flips::none(2);
        let curve = [[1.0, -3.0], [-0.5, -2.0], [0.5, -1.0], [-1.0, -1.0]];
        for step in 1..curve.len() {
            flips.add(step as f32 * SCAN_STEP, &curve[0], &curve[step - 1], &curve[step]);
        }
        assert_eq!(flips.per_example, [Some(Flip { coefficient: 0.5, before: 1.0, at: -0.5 }), None]);
        assert!(flips.mean.is_none() && !flips.is_complete());
        assert_eq!([flips.reach(false), flips.reach(true)], ["up to +100", "up to -100"]);
        let reach = |ended: f32| Flips { ended: Some(ended), ..Flips::none(2) }.reach(ended < 0.0);
        assert_eq!(
            [2.5, -2.5].map(reach),
            ["below +2.5, where a metric is not finite", "above -2.5, where a metric is not finite"]
        );
    }

    fn steered(unsteered: [f32; 2], doses: &[(f32, f32)]) -> Steered {
        let dose = |(coefficient, metric): &(f32, f32)| Dose {
            coefficient: *coefficient,
            metrics: vec![*metric; 2],
            clean: Vec::new(),
            patch: Vec::new(),
        };
        let bias = denominator_of(&unsteered);
        Steered {
            feature: "resid_0/1".parse().unwrap(),
            positions: Positions::All,
            decoder_norm: 1.0,
            is_scaled: false,
            activations: [None; 2],
            unsteered: Some(bias.mean),
            unsteered_error: bias.standard_error,
            doses: doses.iter().map(dose).collect(),
            metrics: Vec::new(),
            shortened: None,
            flips: None,
            written: Vec::new(),
        }
    }

    fn damage(divergence: f64) -> Damage {
        let sums = TextSums { tokens: 1, loss_before: 1.0, loss_after: 1.0, divergence };
        Damage::of(&[sums], &resamples(1))
    }

    #[test]
    fn a_dose_curve_that_there_is_not_says_why() {
        let why = |steered: &Steered, damages: &[f64], sign| {
            let damages: Vec<Damage> = damages.iter().map(|divergence| damage(*divergence)).collect();
            steered.dose_curve(&damages, sign).unwrap_err()
        };
        let sure = steered([2.0, 2.1], &[(0.0, 2.05), (5.0, 1.0), (10.0, 0.5)]);
        assert!(sure.dose_curve(&[0.0, 0.1, 0.2].map(damage), 1.0).is_ok());
        assert_eq!(why(&sure, &[0.0, 0.1, 0.2], -1.0), "no coefficient of that sign was asked for");
        assert_eq!(why(&sure, &[0.0, 1e-8, 2e-8], 1.0), "nothing is damaged by more than rounding");
        assert_eq!(why(&sure, &[], 1.0), UNMEASURED);
        assert_eq!(why(&steered([2.0, 2.1], &[(5.0, 3.0)]), &[0.1], 1.0), "nothing is removed");
        assert!(why(&steered([2.0, -1.9], &[(5.0, 0.0)]), &[0.1], 1.0).contains("is within its standard error"));
        assert!(why(&steered([0.0, 0.0], &[(5.0, 1.0)]), &[0.1], 1.0).contains("zero"));
        let said = steered([2.0, 2.1], &[(5.0, 1.0)]).dose_summary(&[damage(0.1)]).unwrap();
        assert!(said.ends_with("+: area 0.500, no knee; -: none, since no coefficient of that sign was asked for"), "{said}");
        let said = steered([2.0, -1.9], &[(5.0, 1.0)]).dose_summary(&[damage(0.1)]).unwrap();
        assert!(said.starts_with("area and knee: none, since metric at 0 = +0.0500 is within"), "{said}");
    }
}

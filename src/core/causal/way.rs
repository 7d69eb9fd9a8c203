//! The ways to ablate a feature, and what becomes of the error term.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The value that an ablated feature is set to. All values come from plain runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// 0.
    Zero,
    /// The feature's mean over the clean prompts at that position.
    MeanPosition,
    /// The feature's mean over all positions of all clean prompts.
    MeanAll,
    /// The feature's mean over the patch prompts at that position: the default of feature-circuits.
    MeanPositionPatch,
    /// The feature's value in the same example's patch prompt.
    Resample,
}

impl Way {
    /// Every way, in the order of lists.
    pub const ALL: [Self; 5] = [Self::Zero, Self::MeanPosition, Self::MeanAll, Self::MeanPositionPatch, Self::Resample];

    /// The way's name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::MeanPosition => "mean_position",
            Self::MeanAll => "mean_all",
            Self::MeanPositionPatch => "mean_position_patch",
            Self::Resample => "resample",
        }
    }

    /// Whether the value of a feature is one for every token of any text, rather than one for each position or each pair.
    pub fn is_for_any_text(self) -> bool {
        matches!(self, Self::Zero | Self::MeanAll)
    }

    /// Why the way has no values on a text that is none of the pairs; None if it has.
    pub fn why_not_on_text(self) -> Option<String> {
        (!self.is_for_any_text()).then(|| format!("way {self} takes its values from the pairs, token by token"))
    }

    /// What an ablated feature becomes, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Zero => "ablated features are 0",
            Self::MeanPosition => "ablated features take their mean over the clean prompts at that position",
            Self::MeanAll => "ablated features take their mean over all positions of the clean prompts",
            Self::MeanPositionPatch => "ablated features take their mean over the patch prompts at that position",
            Self::Resample => "ablated features take their value in the pair's patch prompt",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What becomes of the part of an output that a dictionary does not explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorTreatment {
    /// The error of the modified output stays.
    Recomputed,
    /// The error of the clean prompt is put in place of it wherever a feature is ablated.
    CleanTouched,
    /// The error of the clean prompt is put in place of it everywhere.
    Clean,
}

impl ErrorTreatment {
    /// Every treatment, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Recomputed, Self::CleanTouched, Self::Clean];

    /// The treatment's name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recomputed => "recomputed",
            Self::CleanTouched => "clean_touched",
            Self::Clean => "clean",
        }
    }

    /// What the treatment does and what follows from it, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Recomputed => "The part of an output that its dictionary does not explain is that of the modified run.",
            Self::CleanTouched => {
                "Where a feature is ablated, the error of the clean prompt is kept: F(C) then equals F(empty) for every set without a \
                 feature of the last residual."
            }
            Self::Clean => {
                "The errors of the clean prompt are kept everywhere: F(C) then equals F(empty) for every set without a feature of the \
                 last residual, and later errors freeze what the edit should change."
            }
        }
    }
}

impl fmt::Display for ErrorTreatment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

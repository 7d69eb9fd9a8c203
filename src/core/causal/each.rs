//! The table of single features: on in clean or patch prompts, and the share of the bias that goes with each.
//!
//! A feature that is off in the clean prompts does nothing when it is set to 0 and can do much when it takes its value of the patch
//! prompt: it carries the patch answer. One with equal shares carries the clean answer.

use serde::{Deserialize, Serialize};

use super::scores::{Denominator, Score, denominator_of};
use super::way::ErrorTreatment;
use crate::core::submodule::FeatureId;

/// What single ablations say of some features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Each {
    /// What became of the error terms.
    pub error: ErrorTreatment,
    /// Number of examples.
    pub examples: usize,
    /// `F(M)`, below every share.
    pub all: Denominator,
    /// One for each feature, in order.
    pub features: Vec<Single>,
}

/// What single ablations say of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Single {
    /// The feature.
    pub feature: FeatureId,
    /// Number of examples in whose clean prompt it is active at some token.
    pub on_clean: usize,
    /// Number of examples in whose patch prompt it is active at some token.
    pub on_patch: usize,
    /// The share of the bias that is removed when the feature is set to 0.
    pub zero: Score,
    /// The share of the bias that is removed when the feature takes its value of the patch prompt.
    pub resample: Score,
    /// `F(C complement)` by zero and by resample; None in what earlier versions kept.
    #[serde(default)]
    pub left: Option<[Score; 2]>,
}

impl Single {
    /// The mean metric that is left by zero and by resample; None where it is not known.
    pub fn means_left(&self) -> [Option<f64>; 2] {
        self.left.as_ref().map_or([None; 2], |left| [left[0].mean, left[1].mean])
    }
}

impl Each {
    /// The table of `features`; `all` is the metric of each example with nothing ablated.
    pub fn new(error: ErrorTreatment, all: &[f32], features: Vec<Single>) -> Self {
        Self { error, examples: all.len(), all: denominator_of(all), features }
    }
}

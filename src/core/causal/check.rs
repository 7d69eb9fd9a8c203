//! A causal check that runs in the background: what is asked, what it tells while it runs, what it found.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::approximation::Approximation;
use super::circuit::Circuit;
use super::curve::Curve;
use super::each::Each;
use super::elsewhere::Elsewhere;
use super::scores::{Ablation, Scores};
use super::search::Search;
use super::set::{FeatureSet, Member};
use super::steering::{Positions, Steered};
use super::way::{ErrorTreatment, Way};
use crate::core::problem::Result;
use crate::core::progress::Progress;
use crate::core::request::{Backend, ModelSource};
use crate::core::run::Manifest;
use crate::core::submodule::FeatureId;
use crate::core::text::{counted, excerpt};
use crate::core::view::ViewName;

/// Most members of a set that a check's name has.
const NAMED: usize = 4;

/// Longest name of a file in a check's name.
const FILE: usize = 40;

/// A check of a run. Equal checks of one run have equal results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The view whose clean prompts are run.
    pub view: ViewName,
    /// What is done.
    pub what: What,
}

/// What a check does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Ablates features together, and all others.
    Set {
        /// The set.
        features: BTreeSet<FeatureId>,
        /// The value that ablated features take.
        way: Way,
        /// What becomes of the error terms.
        error: ErrorTreatment,
    },
    /// Ablates whole submodules, kinds and layers together, with features or without, and all others.
    Members {
        /// The members of the set, in the order of their names, each once.
        members: Vec<Member>,
        /// The value that ablated features take.
        way: Way,
        /// What becomes of the error terms.
        error: ErrorTreatment,
    },
    /// Ablates each set of a file, and all others.
    Sets {
        /// The file's name.
        file: String,
        /// Its sets.
        sets: Vec<FeatureSet>,
        /// The value that ablated features take.
        way: Way,
        /// What becomes of the error terms.
        error: ErrorTreatment,
    },
    /// Looks for the subset whose ablation leaves the least bias.
    Search {
        /// The features.
        features: BTreeSet<FeatureId>,
        /// The value that ablated features take.
        way: Way,
        /// What becomes of the error terms.
        error: ErrorTreatment,
    },
    /// Ablates each feature by itself, by zero and by resample.
    Each {
        /// The features.
        features: BTreeSet<FeatureId>,
        /// What becomes of the error terms.
        error: ErrorTreatment,
    },
    /// Ablates more and more features together, and all others, beside control sets.
    Curve {
        /// The features, the strongest first.
        strongest: Vec<FeatureId>,
        /// The value that ablated features take.
        way: Way,
        /// What becomes of the error terms.
        error: ErrorTreatment,
        /// Number of control sets of each size and sampler.
        controls: usize,
        /// The seed of the controls.
        seed: u64,
    },
    /// Looks for the edges between features.
    Circuit {
        /// The features.
        features: BTreeSet<FeatureId>,
    },
    /// Compares approximate effects with exact ones.
    Methods {
        /// The features.
        features: BTreeSet<FeatureId>,
    },
    /// Adds multiples of a feature's decoder row.
    Steering {
        /// The feature.
        feature: FeatureId,
        /// Where the prompts are steered.
        positions: Positions,
    },
}

impl What {
    /// The value that ablated features take where side effects are measured; None of checks that ablate nothing, or measure none.
    pub fn way_elsewhere(&self) -> Option<Way> {
        match self {
            Self::Set { way, .. } | Self::Members { way, .. } | Self::Sets { way, .. } | Self::Search { way, .. } => Some(*way),
            // There are no patch prompts on neutral text.
            Self::Each { .. } => Some(Way::Zero),
            Self::Steering { .. } | Self::Curve { .. } | Self::Circuit { .. } | Self::Methods { .. } => None,
        }
    }

    /// Whether side effects are measured after what was asked; curves measure them by the way.
    pub fn has_side_effects(&self) -> bool {
        matches!(self, Self::Steering { .. }) || self.way_elsewhere().is_some()
    }
}

impl fmt::Display for Check {
    /// `ablation of 3 features, zero, errors recomputed, view male`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |features: &BTreeSet<FeatureId>| match (features.first(), features.len()) {
            (Some(one), 1) => one.to_string(),
            (_, count) => format!("{count} features"),
        };
        match &self.what {
            What::Set { features, way, error } => write!(formatter, "ablation of {}, {way}, errors {error}", of(features))?,
            What::Members { members, way, error } => {
                let names: Vec<String> = members.iter().take(NAMED).map(ToString::to_string).collect();
                let more = if members.len() > NAMED { " .." } else { "" };
                write!(formatter, "ablation of {}{more}, {way}, errors {error}", names.join(", "))?;
            }
            What::Sets { file, sets, way, error } => {
                let (sets, file) = (counted(sets.len(), "set"), excerpt(file, FILE));
                write!(formatter, "ablation of {sets} of {file}, {way}, errors {error}")?;
            }
            What::Search { features, way, error } => {
                write!(formatter, "search among {}, {way}, errors {error}", counted(features.len(), "feature"))?;
            }
            What::Each { features, error } => {
                write!(formatter, "ablation of {}, each alone, zero and resample, errors {error}", of(features))?;
            }
            What::Curve { strongest, way, error, controls, .. } => {
                let sets = if *controls == 0 {
                    "no control sets".to_owned()
                } else {
                    format!("{} of each kind and size", counted(*controls, "control set"))
                };
                write!(formatter, "curve of {}, {way}, errors {error}, {sets}", counted(strongest.len(), "feature"))?;
            }
            What::Circuit { features } => write!(formatter, "circuit of {}", of(features))?,
            What::Methods { features } => write!(formatter, "comparison of methods on {}", of(features))?,
            What::Steering { feature, positions } => write!(formatter, "steering with {feature} at {}", positions.words())?,
        }
        write!(formatter, ", view {}", self.view)
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Of sets: the metrics, and the scores that follow.
    Set(Ablation, Scores),
    /// Of the search for a subset.
    Search(Search),
    /// Of features one by one.
    Each(Each),
    /// Of more and more features.
    Curve(Curve),
    /// The edges between features.
    Circuit(Circuit),
    /// Approximate effects beside exact ones.
    Methods(Approximation),
    /// Of steering.
    Steering(Steered),
}

impl Found {
    /// Number of examples in which it was found.
    pub fn examples(&self) -> usize {
        match self {
            Self::Set(ablation, _) => ablation.all.len(),
            Self::Search(found) => found.examples,
            Self::Each(each) => each.examples,
            Self::Curve(curve) => curve.all.per_example.len(),
            Self::Circuit(circuit) => circuit.examples,
            Self::Methods(found) => found.examples,
            Self::Steering(steered) => steered.doses.first().map_or(0, |dose| dose.metrics.len()),
        }
    }
}

/// A check with what it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What was asked.
    pub check: Check,
    /// What was found.
    pub found: Found,
    /// What the edits do elsewhere, in the order of `found`; None if that was not measured, as by earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
    /// False if the check was stopped: only a part was found.
    pub whole: bool,
}

impl Done {
    /// Whether side effects of the edits could be measured, and were not: the check was made by an earlier version, or stopped meanwhile.
    pub fn lacks_side_effects(&self) -> bool {
        match &self.found {
            Found::Curve(curve) => curve.broken_off,
            _ => self.check.what.has_side_effects() && self.elsewhere.as_ref().is_none_or(|elsewhere| elsewhere.broken_off),
        }
    }
}

/// A check with what it needs from outside.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is asked.
    pub check: Check,
    /// Every feature with an effect in the view, with its effect, which control sets of a curve are drawn from; empty for other checks.
    pub pool: Vec<(FeatureId, f32)>,
    /// The record of the run whose prompts are run.
    pub manifest: Arc<Manifest>,
    /// The run's model, if it was computed just now; None if it is to be looked for.
    pub model: Option<ModelSource>,
    /// The backend; None for the fastest that works.
    pub backend: Option<Backend>,
    /// The number of computing threads; None for one for each core.
    pub threads: Option<NonZeroUsize>,
}

/// What a running check tells: any number of the first two, at most one of the next two, then exactly one end. After
/// [`News::Main`] there is progress alone.
#[derive(Debug, Clone)]
pub enum News {
    /// How far the present stage has come.
    Progress(Progress),
    /// What was found so far.
    Partial(Box<Found>),
    /// Everything but what the edits do elsewhere, which is measured from now on: a whole result that stands if the check is stopped.
    Main(Arc<Done>),
    /// What was found so far does not hold: a file changed under it.
    Withdrawn,
    /// The check is over.
    Ended(Result<Arc<Done>>),
}

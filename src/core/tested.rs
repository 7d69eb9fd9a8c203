//! The answers of the test against chance; [`chance`](super::chance) computes them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::statistics::exchange::Patterns;
use super::submodule::FeatureId;

/// Where the effect of an exchanged pair comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchanged {
    /// The reversed view computed it.
    Reversed,
    /// The sign was turned.
    SignFlip,
}

impl Exchanged {
    /// The name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reversed => "reversed view",
            Self::SignFlip => "sign flip",
        }
    }
}

/// The test of one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tested {
    /// The share of exchanges whose |mean effect| reaches the one observed.
    pub p: f64,
    /// The false discovery rate among all features of the view with an effect; features that could not be tested count with a p of 1, so
    /// this is never too small.
    pub q: f64,
    /// Where the effects of exchanged pairs come from.
    pub exchanged: Exchanged,
}

/// The tests of all features of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Chance {
    pub(super) patterns: Patterns,
    /// Number of features with an effect.
    pub nonzero: usize,
    /// The features that could be tested: those whose single examples were kept.
    pub tested: BTreeMap<FeatureId, Tested>,
}

impl Chance {
    /// The patterns of exchanges that were tried.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }
}

/// The tests of a view, computed when they are first asked for. Everything about them follows from the view's numbers, so that two are always
/// equal.
#[derive(Debug, Clone, Default)]
pub struct Tests(OnceLock<Result<Chance, String>>);

impl PartialEq for Tests {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Tests {
    /// The tests, or why there are none, for the end of a sentence; `compute` is called the first time.
    pub fn or_compute(&self, compute: impl FnOnce() -> Result<Chance, String>) -> Result<&Chance, &String> {
        self.0.get_or_init(compute).as_ref()
    }

    /// The tests, if they were computed.
    pub fn known(&self) -> Option<Result<&Chance, &String>> {
        Some(self.0.get()?.as_ref())
    }
}

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
    /// The features that could be tested: those whose effects in single pairs were kept.
    pub tested: BTreeMap<FeatureId, Tested>,
}

impl Chance {
    /// The patterns of exchanges that were tried.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// The smallest p that a feature of the view could have, which is larger where no effect of an exchanged pair is the reversed view's.
    pub fn smallest_p(&self) -> f64 {
        self.patterns.smallest_p(!self.tested.values().any(|tested| tested.exchanged == Exchanged::Reversed))
    }

    /// The smallest q of the view's features; None if none was tested.
    pub fn smallest_q(&self) -> Option<f64> {
        self.tested.values().map(|tested| tested.q).min_by(f64::total_cmp)
    }

    /// The smallest p and q that a feature of the view has, and what bounds them, as a sentence without its end.
    pub fn bounds(&self) -> String {
        let least = self.tested.values().map(|tested| tested.p).min_by(f64::total_cmp);
        let [least_p, least_q] = [least, self.smallest_q()].map(|least| least.map_or_else(|| "none".to_owned(), short));
        format!(
            "smallest p {least_p}, smallest q {least_q}: exchanges of its pairs give no p under {}, and q is p × {} features with an effect / rank",
            short(self.smallest_p()),
            self.nonzero
        )
    }
}

/// A p or q with two digits that count.
pub fn short(share: f64) -> String {
    let decimals = (1.0 - share.log10().floor()).max(2.0) as usize;
    if share >= 0.001 { format!("{share:.decimals$}") } else { format!("{share:.1e}") }
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

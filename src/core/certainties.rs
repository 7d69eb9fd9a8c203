//! How sure the effects of a view are, each computed when it is first asked for: a screen asks for a few of thousands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::statistics::bootstrap::Resamples;
use super::submodule::FeatureId;
use super::uncertainty::{self, Uncertainty};

/// What was asked for so far.
#[derive(Debug, Default)]
pub struct Certainties {
    /// The resamples of the view's pairs, drawn when they are first needed.
    resamples: Arc<OnceLock<Resamples>>,
    known: Mutex<HashMap<FeatureId, Uncertainty>>,
}

/// It follows from the effects, whatever was asked for.
impl PartialEq for Certainties {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Certainties {
    /// Nothing that was asked for yet, with the same resamples: for when more effects of the view arrive.
    pub fn anew(&self) -> Self {
        Self { resamples: Arc::clone(&self.resamples), known: Mutex::default() }
    }

    /// What the effects of `feature` in single pairs say, which `effects` gives; None if they were not kept.
    pub fn of(&self, feature: FeatureId, effects: impl FnOnce() -> Option<Vec<f64>>) -> Option<Uncertainty> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&feature) {
            return Some(*known);
        }
        let effects = effects()?;
        let found = Uncertainty::of(&effects, self.resamples(effects.len()));
        known().insert(feature, found);
        Some(found)
    }

    /// The default resamples of the view's pairs, of which there are `examples`.
    pub fn resamples(&self, examples: usize) -> &Resamples {
        self.resamples.get_or_init(|| uncertainty::resamples(examples))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::submodule::{FeatureIndex, Submodule, SubmoduleKind};

    #[test]
    fn what_is_known_is_not_asked_for_again_until_more_arrives() {
        let certainties = Certainties::default();
        let feature = FeatureId { submodule: Submodule::new(SubmoduleKind::Mlp, 0), index: FeatureIndex(3) };
        assert_eq!(certainties.of(feature, || None), None);
        let first = certainties.of(feature, || Some(vec![1.0, 2.0, 4.0])).unwrap();
        assert_eq!(certainties.of(feature, || panic!("asked again")), Some(first));
        let again = certainties.anew();
        let second = again.of(feature, || Some(vec![-1.0, -2.0, -4.0])).unwrap();
        // The same resamples, mirrored.
        assert_eq!(second.interval().unwrap().high.to_bits(), (-first.interval().unwrap().low).to_bits());
        assert!(std::ptr::eq(certainties.resamples(3), again.resamples(3)));
    }
}

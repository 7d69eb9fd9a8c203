//! Which features of a model have pages on Neuronpedia.

use crate::core::findings::Findings;
use crate::core::neuronpedia::{Hosted, Reference};
use crate::core::submodule::FeatureId;
use crate::core::text::printable;

/// The pages of one model's features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    model: String,
}

impl Pages {
    /// The pages of the features of `findings`.
    ///
    /// # Errors
    /// If there are none: a reason for the end of a sentence.
    pub fn of(findings: &Findings, hosted: &Hosted) -> Result<Self, String> {
        if !hosted.has(&findings.model) {
            return Err(format!("Neuronpedia does not host {}, so its features have no pages", printable(&findings.model)));
        }
        Ok(Self { model: findings.model.clone() })
    }

    /// The reference to `feature`; None if it has no page.
    pub fn reference(&self, feature: FeatureId) -> Option<Reference> {
        Some(Reference::new(&self.model, feature))
    }
}

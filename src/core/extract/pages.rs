//! Which features of a model have pages on Neuronpedia.

use crate::core::findings::Findings;
use crate::core::neuronpedia::{Hosted, Reference};
use crate::core::submodule::FeatureId;
use crate::core::text::printable;

/// The pages of one model's features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    model: String,
    /// Number of features of each dictionary; None if it is not known.
    features: Option<usize>,
}

impl Pages {
    /// The pages of the features of `findings`.
    ///
    /// # Errors
    /// If there are none: a reason for the end of a sentence.
    pub fn of(findings: &Findings, hosted: &Hosted) -> Result<Self, String> {
        let model = printable(&findings.model);
        if !hosted.has(&findings.model) {
            return Err(format!("Neuronpedia does not host {model}, so its features have no pages"));
        }
        let (shown, here) = (hosted.features(&findings.model), findings.dictionary_features());
        match (shown, here) {
            // Dictionaries of another width are others, and their features have nothing to do with those pages.
            (Some(shown), Some(here)) if shown != here => {
                Err(format!("Neuronpedia shows dictionaries of {model} with {shown} features; these have {here}"))
            }
            _ => Ok(Self { model: findings.model.clone(), features: shown.or(here) }),
        }
    }

    /// The reference to `feature`.
    ///
    /// # Errors
    /// If it has no page: a reason for the end of a sentence. A single feature without a page breaks a whole list.
    pub fn reference(&self, feature: FeatureId) -> Result<Reference, String> {
        match self.features {
            Some(features) if feature.index.0 as usize >= features => {
                Err(format!("{feature} has no page: Neuronpedia shows {features} features, numbered from 0"))
            }
            _ => Ok(Reference::new(&self.model, feature)),
        }
    }
}

//! Which features of a model have pages on Neuronpedia.

use std::collections::BTreeMap;

use crate::core::findings::Findings;
use crate::core::hosted::Hosted;
use crate::core::neuronpedia::Reference;
use crate::core::submodule::{FeatureId, Submodule};
use crate::core::text::printable;

/// The pages of one model's features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    model: String,
    /// The dictionary of each submodule on the site, or why it has none.
    dictionaries: BTreeMap<Submodule, Result<Dictionary, String>>,
}

/// A dictionary that the site shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dictionary {
    /// Its name there.
    source: String,
    /// Number of its features; None if it is not known.
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
        let find = |submodule: Submodule| (submodule, Dictionary::find(findings, hosted, submodule));
        let dictionaries: BTreeMap<_, _> = findings.submodules().into_iter().map(find).collect();
        if let (false, Some(Err(reason))) = (dictionaries.values().any(Result::is_ok), dictionaries.values().next()) {
            return Err(reason.clone());
        }
        Ok(Self { model: findings.model.clone(), dictionaries })
    }

    /// The reference to `feature`.
    ///
    /// # Errors
    /// If it has no page: a reason for the end of a sentence. A single feature without a page breaks a whole list.
    pub fn reference(&self, feature: FeatureId) -> Result<Reference, String> {
        let Some(found) = self.dictionaries.get(&feature.submodule) else {
            return Err(format!("{feature} has no page: its dictionary is not one of the run"));
        };
        let Dictionary { source, features } = found.as_ref().map_err(Clone::clone)?;
        if let Some(features) = features.filter(|features| feature.index.0 as usize >= *features) {
            return Err(format!("{feature} has no page: Neuronpedia shows {features} features, numbered from 0"));
        }
        Ok(Reference { model_id: self.model.clone(), layer: source.clone(), index: feature.index.0.to_string() })
    }
}

impl Dictionary {
    /// The page of the dictionary of `submodule`: by the id that its files state, else by the site's names for its kind.
    fn find(findings: &Findings, hosted: &Hosted, submodule: Submodule) -> Result<Self, String> {
        let model = printable(&findings.model);
        let here = findings.features_of(submodule);
        let stated = findings.dictionary(submodule).and_then(|record| record.neuronpedia.as_deref());
        let stated = stated.and_then(|id| id.split_once('/')).filter(|(of, _)| *of == findings.model);
        if let Some((_, source)) = stated {
            return Ok(Self { source: source.to_owned(), features: here });
        }
        let Some(shown) = hosted.shown(&findings.model, submodule.kind) else {
            return Err(format!("Neuronpedia is not known to show a dictionary of {submodule} of {model}"));
        };
        match (shown.features, here) {
            // A dictionary of another width is another one, and its features have nothing to do with those pages.
            (Some(shown), Some(here)) if shown != here => {
                Err(format!("Neuronpedia shows dictionaries of {model} with {shown} features; these have {here}"))
            }
            (shown_features, here) => {
                Ok(Self { source: shown.names.of_layer(submodule.layer.0), features: shown_features.or(here) })
            }
        }
    }
}

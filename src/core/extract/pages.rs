//! Which features of a model have pages on Neuronpedia.

use std::collections::BTreeMap;

use crate::core::findings::Findings;
use crate::core::hosted::{Hosted, of_id};
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
        let find = |submodule: Submodule| {
            let stated = findings.dictionary(submodule).and_then(|record| record.neuronpedia.as_deref());
            let here = findings.features_of(submodule);
            (submodule, Dictionary::find(&findings.model, hosted, submodule, stated, here))
        };
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

    /// What the site calls the dictionaries of all `features` behind the number of the layer: `res-sm` for `5-res-sm`. None if one has no
    /// page, if the names differ, or if one is named by another number than that of its layer: number and name would lead elsewhere.
    pub fn source_set(&self, features: impl IntoIterator<Item = FeatureId>) -> Option<String> {
        let set = |feature: FeatureId| {
            let source = self.reference(feature).ok()?.layer;
            source.strip_prefix(&format!("{}-", feature.submodule.layer.0)).map(str::to_owned)
        };
        let mut sets = features.into_iter().map(set);
        let first = sets.next()??;
        sets.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }
}

impl Dictionary {
    /// The page of the dictionary of `submodule`, which has `here` features if that is known: by the id that its files state, else by the
    /// site's names for its kind.
    fn find(
        model: &str,
        hosted: &Hosted,
        submodule: Submodule,
        stated: Option<&str>,
        here: Option<usize>,
    ) -> Result<Self, String> {
        let stated = stated.and_then(of_id).filter(|(of, _)| *of == model).map(|(_, source)| source.to_owned());
        let known = || Some(hosted.shown(model, submodule.kind)?.names.of_layer(submodule.layer.0));
        let source = stated
            .or_else(known)
            .ok_or_else(|| format!("Neuronpedia is not known to show a dictionary of {submodule} of {}", printable(model)))?;
        let features = hosted.expect_same(model, &source, here)?;
        Ok(Self { source, features })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_named_if_number_and_name_lead_to_every_feature() {
        let set = |sources: &[(&str, &str)], features: &[&str]| {
            let dictionaries = sources.iter().map(|(submodule, source)| {
                let found = Dictionary { source: (*source).to_owned(), features: Some(9) };
                (submodule.parse().unwrap(), if source.is_empty() { Err("none".to_owned()) } else { Ok(found) })
            });
            let pages = Pages { model: "gemma-2-2b".to_owned(), dictionaries: dictionaries.collect() };
            pages.source_set(features.iter().map(|feature| feature.parse().unwrap()))
        };
        let gemma = [("resid_5", "5-gemmascope-res-16k"), ("resid_6", "6-gemmascope-res-16k"), ("mlp_6", "")];
        assert_eq!(set(&gemma, &["resid_5/1", "resid_6/2"]).as_deref(), Some("gemmascope-res-16k"));
        // A dictionary without a page, a feature beyond the site's, one of no dictionary, and none at all.
        for features in [&["resid_5/1", "mlp_6/2"][..], &["resid_5/9"], &["attn_5/1", "resid_5/1"], &[]] {
            assert_eq!(set(&gemma, features), None, "{features:?}");
        }
        let mixed = [("resid_5", "5-gemmascope-res-16k"), ("mlp_5", "5-gemmascope-mlp-16k")];
        assert_eq!(set(&mixed, &["resid_5/1", "mlp_5/1"]), None);
        // The stream that leaves layer 5 is the one that enters layer 6.
        assert_eq!(set(&[("resid_5", "6-res-jb")], &["resid_5/1"]), None);
        assert_eq!(set(&[("embed", "e-res-sm")], &["embed/1"]), None);
    }

    /// A feature's page is that of the site's dictionary only if the dictionary has as many features, whatever its files say.
    #[test]
    fn an_id_that_another_width_contradicts_gives_no_page() {
        let submodule: Submodule = "resid_0".parse().unwrap();
        let find = |id: &str, features| {
            let found = Dictionary::find("pythia-70m-deduped", &Hosted::default(), submodule, Some(id), Some(features));
            found.map(|found| found.source)
        };
        assert_eq!(find("pythia-70m-deduped/0-res-sm", 32_768).unwrap(), "0-res-sm");
        let reason = find("pythia-70m-deduped/0-res-sm", 512).unwrap_err();
        assert_eq!(reason, "Neuronpedia shows dictionaries of pythia-70m-deduped with 32768 features; these have 512");
        assert_eq!(find("pythia-70m-deduped/0-res-other", 512).unwrap(), "0-res-other");
        // What is no id of this model says nothing.
        for id in ["pythia-70m-deduped/../evil?x=1", "gpt2-small/0-res-jb"] {
            assert_eq!((find(id, 32_768).unwrap().as_str(), find(id, 512).unwrap_err()), ("0-res-sm", reason.clone()));
        }
    }
}

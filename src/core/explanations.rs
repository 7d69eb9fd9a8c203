//! What others say of features: the explanations that Neuronpedia collects, imported into files of the user.
//!
//! Each belongs to one dictionary under its name there. They are kept as sorted arrays with one text for all labels, so that those of
//! 600,000 features take about as much memory as their text, and one is found by bisection.

use std::collections::BTreeMap;

use super::dictionary_report::DecoderNorms;
use super::hosted::Hosted;
use super::submodule::{FeatureId, Submodule};

/// What is known of one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explanation<'a> {
    /// The label; several explanations are joined by ` / `. Empty if there is none. Not yet safe to show: see
    /// [`printable`](super::text::printable).
    pub label: &'a str,
    /// The largest activation that the site shows: the feature's activation times the length of its decoder row, unless the dictionary is a
    /// TopK one without rescaling; None if it was not imported.
    pub largest: Option<f32>,
    /// The share of tokens on which the site's own text activates the feature; None if it was not imported.
    pub rate: Option<f32>,
}

impl Explanation<'_> {
    /// The activation and the firing rate in words, in both conventions: the site multiplies a feature's activation f by the length of its
    /// decoder row. `norms` are those of the dictionary, whose rows differ little. Empty if nothing is known.
    pub fn activation(&self, norms: Option<DecoderNorms>) -> String {
        let largest = self.largest.map(|largest| {
            let here = match norms {
                Some(norms) if norms.least > 0.0 => {
                    let [low, high] =
                        [largest / norms.largest, largest / norms.least].map(|activation| format!("{activation:.3}"));
                    if low == high { format!(", here f = {low}") } else { format!(", here f from {low} to {high}") }
                }
                _ => String::new(),
            };
            format!("largest activation there {largest:.3} = f × decoder norm{here}")
        });
        let rate = self.rate.map(|rate| format!("fires on {:.3} % of tokens there", 100.0 * rate));
        largest.into_iter().chain(rate).collect::<Vec<_>>().join("; ")
    }
}

/// One feature with what is known of it, to build [`OfDictionary`] from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// As [`Explanation::label`].
    pub label: String,
    /// As [`Explanation::largest`].
    pub largest: Option<f32>,
    /// As [`Explanation::rate`].
    pub rate: Option<f32>,
}

/// The explanations of one dictionary.
///
/// # Shapes
/// With `n` features: `indices`, `ends`, `largest`, `rates` `[n]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OfDictionary {
    /// The features' indices, ascending.
    indices: Vec<u32>,
    /// The byte of `text` behind each label.
    ends: Vec<u32>,
    /// NaN where it is not known.
    largest: Vec<f32>,
    /// NaN where it is not known.
    rates: Vec<f32>,
    /// All labels, one behind the other.
    text: String,
}

/// The arrays of an [`OfDictionary`], for files.
pub type Arrays<'a> = (&'a [u32], &'a [u32], &'a [f32], &'a [f32], &'a str);

impl OfDictionary {
    /// The explanations of `features`.
    ///
    /// # Errors
    /// If the labels together have 4 GB or more.
    pub fn new(features: &BTreeMap<u32, Known>) -> Result<Self, String> {
        let mut all = Self::default();
        for (index, known) in features {
            all.text.push_str(&known.label);
            all.indices.push(*index);
            all.ends.push(u32::try_from(all.text.len()).map_err(|_| "its labels have more than 4 GB".to_owned())?);
            all.largest.push(known.largest.unwrap_or(f32::NAN));
            all.rates.push(known.rate.unwrap_or(f32::NAN));
        }
        Ok(all)
    }

    /// Puts arrays together that were read from a file.
    ///
    /// # Errors
    /// What is wrong with them, for the end of a sentence.
    pub fn from_arrays(
        indices: Vec<u32>,
        ends: Vec<u32>,
        largest: Vec<f32>,
        rates: Vec<f32>,
        text: String,
    ) -> Result<Self, String> {
        let count = indices.len();
        if [ends.len(), largest.len(), rates.len()] != [count; 3] {
            return Err("its arrays differ in length".to_owned());
        }
        if !indices.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("its features are not in order".to_owned());
        }
        let fits = ends.is_sorted() && ends.iter().all(|end| text.is_char_boundary(*end as usize));
        if !fits || ends.last().map_or(0, |end| *end as usize) != text.len() {
            return Err("its labels do not fit its text".to_owned());
        }
        Ok(Self { indices, ends, largest, rates, text })
    }

    /// The arrays, for a file.
    pub fn arrays(&self) -> Arrays<'_> {
        (&self.indices, &self.ends, &self.largest, &self.rates, &self.text)
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether nothing is known of any feature.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The largest index; None without features.
    pub fn last(&self) -> Option<u32> {
        self.indices.last().copied()
    }

    /// What is known of the feature with this index; None if nothing is.
    pub fn find(&self, index: u32) -> Option<Explanation<'_>> {
        self.at(self.indices.binary_search(&index).ok()?)
    }

    fn at(&self, place: usize) -> Option<Explanation<'_>> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        Some(Explanation {
            label: self.text.get(start..self.ends[place] as usize)?,
            largest: Some(self.largest[place]).filter(|largest| largest.is_finite()),
            rate: Some(self.rates[place]).filter(|rate| rate.is_finite()),
        })
    }

    /// Every feature with what is known of it, to add to it.
    pub fn known(&self) -> BTreeMap<u32, Known> {
        let known = |place: usize| {
            let Explanation { label, largest, rate } = self.at(place)?;
            Some((self.indices[place], Known { label: label.to_owned(), largest, rate }))
        };
        (0..self.len()).filter_map(known).collect()
    }
}

/// The explanations of one model's dictionaries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanations {
    /// By submodule.
    pub dictionaries: BTreeMap<Submodule, OfDictionary>,
    /// What Neuronpedia calls each of them, such as `5-res-sm`.
    pub sources: BTreeMap<Submodule, String>,
    /// Why some that were imported are not among them; sentences without a full stop.
    pub faults: Vec<String>,
}

impl Explanations {
    /// What is known of `feature`; None if nothing is.
    pub fn find(&self, feature: FeatureId) -> Option<Explanation<'_>> {
        self.dictionaries.get(&feature.submodule)?.find(feature.index.0)
    }

    /// The label of `feature`, not yet safe to show; empty if there is none.
    pub fn label(&self, feature: FeatureId) -> &str {
        self.find(feature).map_or("", |found| found.label)
    }

    /// Leaves out those of another dictionary than the run's on `model`: it has another number of features on the site, or features that
    /// the run's does not have. `features` is the number of features of the run's dictionaries.
    pub fn expect_fitting(&mut self, model: &str, hosted: &Hosted, features: impl Fn(Submodule) -> Option<usize>) {
        let (faults, sources) = (&mut self.faults, &self.sources);
        self.dictionaries.retain(|submodule, all| {
            let source = sources.get(submodule).map_or("", String::as_str);
            if let Err(reason) = hosted.expect_same(model, source, features(*submodule)) {
                faults.push(format!("the labels of {submodule} are of another dictionary: {reason}"));
                return false;
            }
            let (Some(last), Some(features)) = (all.last(), features(*submodule)) else { return true };
            let fits = (last as usize) < features;
            if !fits {
                faults.push(format!(
                    "the labels of {submodule} are of a dictionary with more than {last} features, this one has {features}: saescope import neuronpedia --remove takes them away"
                ));
            }
            fits
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known() -> impl Strategy<Value = BTreeMap<u32, Known>> {
        let of_feature = (".{0,12}", proptest::option::of(0.0..9.0_f32), proptest::option::of(0.0..1.0_f32))
            .prop_map(|(label, largest, rate)| Known { label, largest, rate });
        proptest::collection::btree_map(0..40_u32, of_feature, 0..20)
    }

    proptest! {
        #[test]
        fn every_feature_is_found_with_its_own_label(known in known()) {
            let all = OfDictionary::new(&known).unwrap();
            for index in 0..40 {
                let found = all.find(index).map(|found| (found.label.to_owned(), found.largest, found.rate));
                prop_assert_eq!(found, known.get(&index).map(|known| (known.label.clone(), known.largest, known.rate)));
            }
            prop_assert_eq!(all.known(), known);
            let (indices, ends, largest, rates, text) = all.arrays();
            let again = OfDictionary::from_arrays(indices.into(), ends.into(), largest.into(), rates.into(), text.to_owned()).unwrap();
            prop_assert_eq!(again.known(), all.known());
        }
    }

    #[test]
    fn labels_of_another_dictionary_are_left_out() {
        let submodule: Submodule = "resid_0".parse().unwrap();
        let known = BTreeMap::from([(3, Known { label: "x".to_owned(), ..Known::default() })]);
        let left = |source: &str, features: usize| {
            let mut all = Explanations {
                dictionaries: BTreeMap::from([(submodule, OfDictionary::new(&known).unwrap())]),
                sources: BTreeMap::from([(submodule, source.to_owned())]),
                faults: Vec::new(),
            };
            all.expect_fitting("pythia-70m-deduped", &Hosted::default(), |_| Some(features));
            (all.dictionaries.len(), all.faults)
        };
        assert_eq!(left("0-res-sm", 32_768), (1, Vec::new()));
        let (count, faults) = left("0-res-sm", 512);
        let said = "the labels of resid_0 are of another dictionary: Neuronpedia shows dictionaries of pythia-70m-deduped with 32768 features; \
                    these have 512";
        assert_eq!((count, faults), (0, vec![said.to_owned()]));
        assert_eq!((left("own", 512).0, left("own", 3).0), (1, 0));
    }

    #[test]
    fn activations_are_said_in_both_conventions() {
        let found = Explanation { label: "", largest: Some(12.0), rate: Some(0.0025) };
        let norms = |least, largest| Some(DecoderNorms { least, median: least, largest });
        assert_eq!(
            found.activation(norms(1.5, 2.0)),
            "largest activation there 12.000 = f × decoder norm, here f from 6.000 to 8.000; fires on 0.250 % of tokens there"
        );
        assert!(found.activation(norms(2.0, 2.0)).contains("here f = 6.000"));
        assert!(found.activation(None).starts_with("largest activation there 12.000 = f × decoder norm; "));
        assert_eq!(Explanation { label: "x", largest: None, rate: None }.activation(None), "");
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        let of = |indices: &[u32], ends: &[u32], text: &str| {
            let unknown = vec![f32::NAN; indices.len()];
            OfDictionary::from_arrays(indices.into(), ends.into(), unknown.clone(), unknown, text.to_owned())
        };
        assert!(of(&[1, 4], &[1, 3], "abc").is_ok());
        for (indices, ends, text) in [
            (&[4, 1][..], &[1, 3][..], "abc"),
            (&[1, 4], &[3, 1], "abc"),
            (&[1, 4], &[1, 2], "abc"),
            (&[1], &[1], "é"),
            (&[1], &[1, 2], "ab"),
        ] {
            assert!(of(indices, ends, text).is_err(), "{indices:?} {ends:?} {text}");
        }
    }
}

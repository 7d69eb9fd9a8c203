//! Which dictionaries of which models have pages on Neuronpedia, and what the site calls them: its source ids.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::problem::{Problem, Result};
use super::submodule::{Submodule, SubmoduleKind};
use super::text::excerpt;

/// The model that Neuronpedia shows with the published study's dictionaries.
const STUDY_MODEL: &str = "pythia-70m-deduped";

/// Number of features in each dictionary of the published study's model.
const STUDY_FEATURES: usize = 32_768;

/// The site's names for the published study's dictionaries of outputs, for every kind.
pub const STUDY_NAMES: &str = "{layer}-{kind}-sm";

/// What the name of a model or a dictionary on the site must be, in words.
pub const NAME: &str = "1 to 100 letters, digits and -_. that do not begin with a point";

/// Whether `name` can be that of a model or a dictionary on the site, and so that of a file wherever it comes from.
pub fn is_name(name: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    (1..=100).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_plain)
}

/// The names of the model and of the dictionary in an id on the site, such as `pythia-70m-deduped/5-res-sm`; None if it is none.
pub fn of_id(id: &str) -> Option<(&str, &str)> {
    id.split_once('/').filter(|(model, source)| is_name(model) && is_name(source))
}

/// The site's names for the dictionaries of one kind, such as `{layer}-gemmascope-res-16k`. `{layer+1}-res-jb` is named by the layer
/// that the stream enters, and `e-res-sm` is the one of an embedding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceNames {
    before: String,
    /// What is added to the number of the layer; None if the name holds none.
    added: Option<usize>,
    after: String,
}

impl SourceNames {
    /// The name of the dictionary of layer `layer`.
    pub fn of_layer(&self, layer: usize) -> String {
        let number = self.added.map_or_else(String::new, |added| (layer + added).to_string());
        format!("{}{number}{}", self.before, self.after)
    }

    /// Whether `name` is that of the dictionary of some layer.
    fn has(&self, name: &str) -> bool {
        let number = name.strip_prefix(self.before.as_str()).and_then(|rest| rest.strip_suffix(self.after.as_str()));
        number.is_some_and(|number| match self.added {
            Some(_) => !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()),
            None => number.is_empty(),
        })
    }

    fn of_study(kind: SubmoduleKind) -> Self {
        if kind == SubmoduleKind::Embedding {
            return Self { before: Submodule::EMBEDDING.neuronpedia_name(), added: None, after: String::new() };
        }
        Self { before: String::new(), added: Some(0), after: format!("-{}-sm", kind.neuronpedia_name()) }
    }
}

impl FromStr for SourceNames {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let plain = |part: &str| part.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character));
        let parsed = match text.split_once("{layer") {
            None => Some((text, None, "")),
            Some((before, rest)) => rest.split_once('}').and_then(|(added, after)| {
                let added =
                    if added.is_empty() { 0 } else { added.strip_prefix('+')?.parse().ok().filter(|added| *added < 100)? };
                Some((before, Some(added), after))
            }),
        };
        parsed
            .filter(|(before, added, after)| plain(before) && plain(after) && (added.is_some() || !before.is_empty()))
            .map(|(before, added, after)| Self { before: before.to_owned(), added, after: after.to_owned() })
            .ok_or_else(|| {
                let remedy = "write {layer} or {layer+1} for the number of the layer, as in {layer}-gemmascope-res-16k";
                Problem::new(format_args!("'{}'", excerpt(text, 60)), "does not name Neuronpedia's sources", remedy)
            })
    }
}

/// The dictionaries of one kind that the site shows of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Their names on the site.
    pub names: SourceNames,
    /// Number of features of each; None if it is not known.
    pub features: Option<usize>,
}

/// The models whose features have pages on Neuronpedia, by their names there. The default holds the published study's model only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosted(BTreeMap<String, BTreeMap<SubmoduleKind, Shown>>);

impl Default for Hosted {
    fn default() -> Self {
        Self::also([])
    }
}

impl Hosted {
    /// The published study's model and `others`, whose dictionaries have the same names and any number of features.
    pub fn also(others: impl IntoIterator<Item = String>) -> Self {
        let of_study = |kinds: &[SubmoduleKind], features| -> BTreeMap<SubmoduleKind, Shown> {
            kinds.iter().map(|kind| (*kind, Shown { names: SourceNames::of_study(*kind), features })).collect()
        };
        let mut models: BTreeMap<_, _> =
            others.into_iter().map(|other| (other, of_study(&SubmoduleKind::OUTPUTS, None))).collect();
        let [attention, mlp, residual] = SubmoduleKind::OUTPUTS;
        let all = [attention, mlp, residual, SubmoduleKind::Embedding];
        models.insert(STUDY_MODEL.to_owned(), of_study(&all, Some(STUDY_FEATURES)));
        Self(models)
    }

    /// Adds the dictionaries of `kind` of `model`, in place of those that were known.
    pub fn insert(&mut self, model: &str, kind: SubmoduleKind, shown: Shown) {
        self.0.entry(model.to_owned()).or_default().insert(kind, shown);
    }

    /// Whether any features of `model` have pages.
    pub fn has(&self, model: &str) -> bool {
        self.0.contains_key(model)
    }

    /// The dictionaries of `kind` that the site shows of `model`.
    pub fn shown(&self, model: &str, kind: SubmoduleKind) -> Option<&Shown> {
        self.0.get(model)?.get(&kind)
    }

    /// The number of features of the dictionary that the site calls `source` of `model`, if a dictionary of `here` features can be that one;
    /// None if neither number is known.
    ///
    /// # Errors
    /// If the site's is another one, whose features have nothing to do with these: a sentence without a full stop.
    pub fn expect_same(&self, model: &str, source: &str, here: Option<usize>) -> std::result::Result<Option<usize>, String> {
        let there = self.0.get(model).and_then(|kinds| kinds.values().find(|shown| shown.names.has(source))?.features);
        match (there, here) {
            (Some(there), Some(here)) if there != here => {
                let model = excerpt(model, 100);
                Err(format!("Neuronpedia shows dictionaries of {model} with {there} features; these have {here}"))
            }
            (there, here) => Ok(there.or(here)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_data() {
        let name = |pattern: &str, layer: usize| pattern.parse::<SourceNames>().unwrap().of_layer(layer);
        assert_eq!(name("{layer}-gemmascope-res-16k", 25), "25-gemmascope-res-16k");
        assert_eq!([0, 11].map(|layer| name("{layer+1}-res-jb", layer)), ["1-res-jb", "12-res-jb"]);
        assert_eq!(name("e-res-sm", 0), "e-res-sm");
        for wrong in ["", "{layer", "{layer-1}-x", "{layer+}-x", "{layer+1000}-x", "{kind}-x", "{layer}/x", "a b"] {
            assert!(wrong.parse::<SourceNames>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ids_are_two_plain_names() {
        assert_eq!(of_id("gpt2-small/8-res_mid.32k"), Some(("gpt2-small", "8-res_mid.32k")));
        let long = format!("m/{}", "x".repeat(101));
        for wrong in ["", "m", "m/", "/s", "m/s/t", "../s", "m/s?x=1#y", "m/s\u{1b}[31m", "m/é", long.as_str()] {
            assert_eq!(of_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_dictionary_of_another_width_is_another_one() {
        let hosted = Hosted::default();
        let fits = |source: &str, here| hosted.expect_same(STUDY_MODEL, source, here);
        assert_eq!((fits("5-res-sm", Some(32_768)), fits("5-res-sm", None)), (Ok(Some(32_768)), Ok(Some(32_768))));
        for source in ["0-res-sm", "11-att-sm", "e-res-sm"] {
            assert!(fits(source, Some(512)).unwrap_err().contains("with 32768 features; these have 512"), "{source}");
        }
        // Others are not known.
        assert_eq!((fits("5-res-other", Some(512)), fits("x-res-sm", Some(512))), (Ok(Some(512)), Ok(Some(512))));
        assert_eq!(hosted.expect_same("gpt2-small", "5-res-sm", Some(512)), Ok(Some(512)));
    }

    #[test]
    fn the_study_s_names_are_those_of_its_submodules() {
        let hosted = Hosted::also(["other".to_owned()]);
        for submodule in Submodule::all(6).into_iter().chain([Submodule::EMBEDDING]) {
            let shown = hosted.shown(STUDY_MODEL, submodule.kind).unwrap();
            assert_eq!(shown.names.of_layer(submodule.layer.0), submodule.neuronpedia_name());
            assert_eq!(shown.features, Some(32_768));
        }
        assert!(hosted.shown("other", SubmoduleKind::Mlp).is_some_and(|shown| shown.features.is_none()));
        assert!(hosted.shown("other", SubmoduleKind::Heads).is_none() && !hosted.has("others"));
    }
}

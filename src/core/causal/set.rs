//! Sets of features to ablate: single features, whole submodules, kinds, layers.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::core::format_error::of_json;
use crate::core::neuronpedia;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{FeatureId, FeatureIndex, MOST_LAYERS, Submodule, SubmoduleKind};
use crate::core::text::{counted, excerpt};

/// What one entry of a set names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Member {
    /// One feature: `resid_1/364` or `1-res-sm/364`.
    Feature(FeatureId),
    /// All features of a submodule: `resid_1` or `1-res-sm`.
    Whole(Submodule),
    /// All features of a kind of submodule: `attn`.
    Kind(SubmoduleKind),
    /// All features of the layers from this one on, or of this one alone.
    Layer {
        /// The first layer.
        first: usize,
        /// Whether the layers after it belong to the set, too.
        onward: bool,
    },
}

impl Member {
    /// Whether the member holds features of `submodule`.
    fn covers(self, submodule: Submodule) -> bool {
        match self {
            Self::Feature(feature) => feature.submodule == submodule,
            Self::Whole(whole) => whole == submodule,
            Self::Kind(kind) => submodule.kind == kind,
            Self::Layer { first, onward: false } => submodule.layer.0 == first,
            Self::Layer { first, onward: true } => submodule.layer.0 >= first,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature(feature) => feature.fmt(formatter),
            Self::Whole(submodule) => submodule.fmt(formatter),
            Self::Kind(kind) => formatter.write_str(kind.name()),
            Self::Layer { first, onward } => write!(formatter, "layer_{first}{}", if *onward { "+" } else { "" }),
        }
    }
}

fn submodule(text: &str) -> Option<Submodule> {
    let is_one = |submodule: &Submodule| submodule.layer.0 < MOST_LAYERS;
    text.parse().ok().or_else(|| neuronpedia::submodule(text)).filter(is_one)
}

impl From<Member> for String {
    fn from(member: Member) -> Self {
        member.to_string()
    }
}

impl TryFrom<String> for Member {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for Member {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let feature = || {
            let (place, index) = text.split_once('/')?;
            let index = index.bytes().all(|byte| byte.is_ascii_digit()).then(|| index.parse().ok())??;
            Some(Self::Feature(FeatureId { submodule: submodule(place)?, index: FeatureIndex(index) }))
        };
        let kind = || SubmoduleKind::ALL.into_iter().find(|kind| kind.name() == text).map(Self::Kind);
        let layer = || {
            let number = text.strip_prefix("layer_")?;
            let (number, onward) = number.strip_suffix('+').map_or((number, false), |number| (number, true));
            let first = number.parse().ok().filter(|layer| *layer < MOST_LAYERS)?;
            Some(Self::Layer { first, onward })
        };
        feature().or_else(|| submodule(text).map(Self::Whole)).or_else(kind).or_else(layer).ok_or_else(|| {
            Problem::new(
                format_args!("'{}'", excerpt(text, 60)),
                "names no feature and no submodule",
                "write resid_1/364 or 1-res-sm/364, resid_1, attn for all of a kind, layer_3, or layer_3+ for that layer and all after it",
            )
        })
    }
}

/// A named set of features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureSet {
    /// The name by which results are found.
    pub name: String,
    /// The members; order and repetition mean nothing.
    pub members: Vec<Member>,
}

/// The features of one dictionary that belong to a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// None.
    Nothing,
    /// Some but not all, ascending.
    Features(Vec<u32>),
    /// All but some, ascending. Dictionaries are wide and sets small, so what is left out is listed.
    AllBut(Vec<u32>),
    /// All.
    Everything,
}

impl Part {
    /// The features of the dictionary that do not belong to the part.
    pub fn complement(&self) -> Self {
        match self {
            Self::Nothing => Self::Everything,
            Self::Everything => Self::Nothing,
            Self::Features(held) => Self::AllBut(held.clone()),
            Self::AllBut(left_out) => Self::Features(left_out.clone()),
        }
    }

    /// Whether `feature` belongs to the part.
    pub fn holds(&self, feature: u32) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Features(held) => held.binary_search(&feature).is_ok(),
            Self::AllBut(left_out) => left_out.binary_search(&feature).is_err(),
        }
    }
}

impl FeatureSet {
    /// The set's part of each dictionary, given the submodule and the number of features of each.
    ///
    /// # Errors
    /// When a member names a feature or a submodule that the dictionaries do not have.
    pub fn parts(&self, dictionaries: &[(Submodule, usize)]) -> Result<Vec<Part>> {
        for member in &self.members {
            expect_member(*member, format_args!("set '{}': {member}", excerpt(&self.name, 60)), dictionaries)?;
        }
        let part = |(submodule, features): &(Submodule, usize)| {
            let covering = || self.members.iter().filter(|member| member.covers(*submodule));
            if covering().any(|member| !matches!(member, Member::Feature(_))) {
                return Part::Everything;
            }
            let mut held: Vec<u32> = covering()
                .filter_map(|member| if let Member::Feature(feature) = member { Some(feature.index.0) } else { None })
                .collect();
            held.sort_unstable();
            held.dedup();
            match held.len() {
                0 => Part::Nothing,
                count if count == *features => Part::Everything,
                _ => Part::Features(held),
            }
        };
        Ok(dictionaries.iter().map(part).collect())
    }
}

/// Checks that `dictionaries`, given as the submodule and the number of features of each, have `member`; messages begin with `place`.
///
/// # Errors
/// If they do not.
pub fn expect_member(member: Member, place: impl fmt::Display, dictionaries: &[(Submodule, usize)]) -> Result<()> {
    let Some((_, features)) = dictionaries.iter().find(|(submodule, _)| member.covers(*submodule)) else {
        let names: Vec<String> = dictionaries.iter().map(|(submodule, _)| submodule.to_string()).collect();
        let what = "names nothing that this run has a dictionary of";
        return Err(Problem::new(place, what, format_args!("its dictionaries are {}", names.join(", "))));
    };
    match member {
        Member::Feature(feature) if feature.index.0 as usize >= *features => Err(Problem::new(
            place,
            format_args!("its dictionary has {}", counted(*features, "feature")),
            format_args!("use an index from 0 to {}", features.saturating_sub(1)),
        )),
        _ => Ok(()),
    }
}

/// Checks that `dictionaries`, given as the submodule and the number of features of each, have every member of the `sets` of `file`.
///
/// # Errors
/// If a set names what they do not have.
pub fn expect_members(sets: &[FeatureSet], file: &str, dictionaries: &[(Submodule, usize)]) -> Result<()> {
    let check = |set: &FeatureSet| {
        set.parts(dictionaries).map_err(|problem| Problem::new(file, problem, "correct it, or name the run that the set is of"))
    };
    sets.iter().try_for_each(|set| check(set).map(drop))
}

/// Reads a JSON object from names to lists of members; `file` is what messages call it.
pub fn parse(text: &str, file: &str) -> Result<Vec<FeatureSet>> {
    const FORM: &str = r#"write {"a name": ["resid_1/364", "attn_0"], "another": []}"#;
    let Named(sets) = serde_json::from_str(text).map_err(|error| Problem::new(file, of_json(text.as_bytes(), &error), FORM))?;
    let set = |(name, members): (String, Vec<String>)| {
        if name.trim().is_empty() {
            return Err(Problem::new(file, "has a set without a name", "give every set a name, by which its results are found"));
        }
        let member = |text: &String| {
            text.parse()
                .map_err(|problem| Problem::new(format_args!("{file}, set '{}'", excerpt(&name, 60)), problem, "correct it"))
        };
        Ok(FeatureSet { members: members.iter().map(member).collect::<Result<_>>()?, name })
    };
    if sets.is_empty() {
        return Err(Problem::new(file, "names no set", FORM));
    }
    sets.into_iter().map(set).collect()
}

/// The entries of a JSON object in their order. A name that occurs twice is an error: one of the two would be lost.
struct Named(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Named;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object from names to lists of features and submodules")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Named, A::Error> {
                let mut entries: Vec<(String, Vec<String>)> = Vec::new();
                let mut known: HashSet<String> = HashSet::new();
                while let Some((name, members)) = map.next_entry::<String, Vec<String>>()? {
                    if !known.insert(name.clone()) {
                        return Err(serde::de::Error::custom(format_args!("the name '{}' occurs twice", excerpt(&name, 60))));
                    }
                    entries.push((name, members));
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 6] = [4; 6];

    fn dictionaries() -> Vec<(Submodule, usize)> {
        Submodule::all(2).into_iter().zip(SIZES).collect()
    }

    fn parts(members: &[&str]) -> Result<Vec<Part>> {
        let members = members.iter().map(|member| member.parse()).collect::<Result<_>>()?;
        FeatureSet { name: "a".to_owned(), members }.parts(&dictionaries())
    }

    #[test]
    fn both_names_of_a_feature_are_one_member_and_order_means_nothing() {
        let expected = [Part::Features(vec![1, 3]), Part::Nothing, Part::Nothing, Part::Nothing, Part::Nothing, Part::Everything];
        assert_eq!(parts(&["attn_0/3", "1-res-sm", "0-att-sm/1", "attn_0/1"]).unwrap(), expected);
        assert_eq!(parts(&["0-att-sm/1", "attn_0/3", "resid_1", "resid_1/2"]).unwrap(), expected);
    }

    #[test]
    fn all_features_of_a_dictionary_are_the_whole_submodule() {
        let all = parts(&["mlp_1/0", "mlp_1/1", "mlp_1/2", "mlp_1/3"]).unwrap();
        assert_eq!(all, parts(&["mlp_1"]).unwrap());
        assert_eq!(parts(&["attn"]).unwrap(), parts(&["attn_0", "attn_1"]).unwrap());
        assert_eq!(parts(&["layer_1"]).unwrap(), parts(&["layer_1+"]).unwrap());
        assert_eq!(parts(&["layer_0+"]).unwrap(), vec![Part::Everything; 6]);
    }

    #[test]
    fn a_part_and_its_complement_share_nothing_and_miss_nothing() {
        for part in [Part::Nothing, Part::Everything, Part::Features(vec![0]), Part::Features(vec![1, 3])] {
            let complement = part.complement();
            assert!((0..4).all(|feature| part.holds(feature) != complement.holds(feature)), "{part:?}");
            assert_eq!(complement.complement(), part);
        }
    }

    #[test]
    fn what_does_not_exist_is_named() {
        for (member, named, says) in [
            ("attn_0/4", "0-att-sm/4", "0 to 3"),
            ("resid_2", "resid_2", "attn_0"),
            ("layer_2+", "layer_2+", "attn_0"),
            ("mlp_7/0", "7-mlp-sm", "resid_1"),
        ] {
            let problem = parts(&[member]).unwrap_err().to_string();
            assert!(problem.contains(named) && problem.contains(says), "{problem}");
        }
        for text in ["", "/", "attn_0/", "attn_0/-1", "attn_0/x", "1-res-sm/+1", "head", "layer_", "layer_x+"] {
            assert!(text.parse::<Member>().is_err(), "{text}");
        }
    }

    #[test]
    fn many_sets_are_read_at_once() {
        let entries: Vec<String> = (0..200_000).map(|number| format!("\"{number}\": []")).collect();
        let start = std::time::Instant::now();
        assert_eq!(parse(&format!("{{{}}}", entries.join(",")), "sets.json").unwrap().len(), 200_000);
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }

    #[test]
    fn a_file_keeps_its_order_and_a_name_occurs_once() {
        let sets = parse(r#"{"b": ["attn_0"], "a": []}"#, "sets.json").unwrap();
        assert_eq!(sets.iter().map(|set| (set.name.as_str(), set.members.len())).collect::<Vec<_>>(), [("b", 1), ("a", 0)]);
        for (text, says) in [
            (r#"{"a": [], "a": []}"#, "twice"),
            (r#"{" ": []}"#, "without a name"),
            ("[]", "an object"),
            (r#"{"a": ["x"]}"#, "set 'a'"),
            (r#"{"a": [3]}"#, "line 1"),
        ] {
            let problem = parse(text, "sets.json").unwrap_err().to_string();
            assert!(problem.starts_with("sets.json") && problem.contains(says), "{problem}");
        }
    }
}

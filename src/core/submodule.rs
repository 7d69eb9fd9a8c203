//! Identifiers of layers, of features, and of the submodules of a transformer that have a dictionary.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// Number of a layer of the model, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerIndex(pub usize);

/// Number of a feature in its dictionary, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeatureIndex(pub u32);

/// Which output of a layer a dictionary reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubmoduleKind {
    /// The attention block's output, after its dense layer.
    Attention,
    /// The MLP block's output, after its second dense layer.
    Mlp,
    /// The output of the whole layer: the residual stream that enters the next one.
    Residual,
}

impl SubmoduleKind {
    /// The three kinds in the order used everywhere.
    pub const ALL: [Self; 3] = [Self::Attention, Self::Mlp, Self::Residual];

    /// The name in submodule names and in dictionary_learning's folders: `attn`, `mlp`, `resid`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attn",
            Self::Mlp => "mlp",
            Self::Residual => "resid",
        }
    }

    /// The abbreviation in Neuronpedia's layer names and SAELens folders: `att`, `mlp`, `res`.
    pub fn neuronpedia_name(self) -> &'static str {
        match self {
            Self::Attention => "att",
            Self::Mlp => "mlp",
            Self::Residual => "res",
        }
    }
}

/// An output of the model that attribution decomposes into features, for example `attn_3`.
///
/// The derived order (attention, MLP, residual; then the layer) is the order of every list and the tie-break of every ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Submodule {
    /// Which output of the layer the dictionary reads.
    pub kind: SubmoduleKind,
    /// The layer of that output.
    pub layer: LayerIndex,
}

/// More layers than any model has: a file that names a higher one is wrong.
pub const MOST_LAYERS: usize = 1000;

impl Submodule {
    /// The submodule of `kind` in layer `layer`.
    pub fn new(kind: SubmoduleKind, layer: usize) -> Self {
        Self { kind, layer: LayerIndex(layer) }
    }

    /// Every submodule of a model with `layers` layers, in order: `attn_0..`, `mlp_0..`, `resid_0..`.
    pub fn all(layers: usize) -> Vec<Self> {
        SubmoduleKind::ALL.into_iter().flat_map(|kind| (0..layers).map(move |layer| Self::new(kind, layer))).collect()
    }

    /// Its dictionary's name on Neuronpedia: `5-res-sm`.
    pub fn neuronpedia_name(self) -> String {
        format!("{}-{}-sm", self.layer.0, self.kind.neuronpedia_name())
    }

    /// The number of submodules of a model with `layers` layers.
    pub const fn count(layers: usize) -> usize {
        SubmoduleKind::ALL.len() * layers
    }

    /// The submodule's position in [`Submodule::all`] of a model with `layers` layers.
    pub fn ordinal(self, layers: usize) -> usize {
        let kind = match self.kind {
            SubmoduleKind::Attention => 0,
            SubmoduleKind::Mlp => 1,
            SubmoduleKind::Residual => 2,
        };
        kind * layers + self.layer.0
    }
}

impl fmt::Display for Submodule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_{}", self.kind.name(), self.layer.0)
    }
}

impl FromStr for Submodule {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let parsed = text.split_once('_').and_then(|(kind, layer)| {
            let kind = SubmoduleKind::ALL.into_iter().find(|candidate| candidate.name() == kind)?;
            Some(Self::new(kind, layer.parse().ok().filter(|layer| *layer < MOST_LAYERS)?))
        });
        parsed.ok_or_else(|| {
            Problem::new(format_args!("submodule '{text}'"), "is not known", "use a name such as attn_0, mlp_3 or resid_5")
        })
    }
}

/// One feature of one submodule's dictionary; the derived order is submodule order, then index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FeatureId {
    /// The submodule whose dictionary has the feature.
    pub submodule: Submodule,
    /// The feature's index in that dictionary.
    pub index: FeatureIndex,
}

impl fmt::Display for FeatureId {
    /// Neuronpedia's short name, the one name of a feature on the screen and in messages: `5-res-sm/26074`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.submodule.neuronpedia_name(), self.index.0)
    }
}

impl From<FeatureId> for String {
    fn from(feature: FeatureId) -> Self {
        feature.to_string()
    }
}

impl TryFrom<String> for FeatureId {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl FromStr for FeatureId {
    type Err = Problem;

    /// Parses `5-res-sm/26074`, or `resid_5/26074`.
    fn from_str(text: &str) -> Result<Self, Problem> {
        let parsed = text.split_once('/').and_then(|(submodule, index)| {
            let submodule = submodule.parse().ok().or_else(|| {
                let (layer, kind) = submodule.strip_suffix("-sm")?.split_once('-')?;
                let kind = SubmoduleKind::ALL.into_iter().find(|candidate| candidate.neuronpedia_name() == kind)?;
                Some(Submodule::new(kind, layer.parse().ok().filter(|layer| *layer < MOST_LAYERS)?))
            })?;
            Some(Self { submodule, index: FeatureIndex(index.parse().ok()?) })
        });
        parsed.ok_or_else(|| {
            Problem::new(
                format_args!("feature '{text}'"),
                "is not understood",
                "use a name such as 5-res-sm/26074 or resid_5/26074",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_past_layer_nine() {
        for submodule in Submodule::all(12) {
            assert_eq!(submodule.to_string().parse::<Submodule>().unwrap(), submodule);
        }
        assert!("attn".parse::<Submodule>().is_err());
        for unknown in ["attn_x", "attn_1000", "attn_18446744073709551615", "attn_-1"] {
            assert!(unknown.parse::<Submodule>().is_err(), "{unknown}");
        }
    }

    #[test]
    fn features_are_parsed_by_both_names() {
        for submodule in Submodule::all(12) {
            let feature = FeatureId { submodule, index: FeatureIndex(26074) };
            assert_eq!(feature.to_string().parse::<FeatureId>().unwrap(), feature);
            assert_eq!(format!("{submodule}/26074").parse::<FeatureId>().unwrap(), feature);
        }
        for unknown in
            ["5-res-sm", "5-res-sm/", "5-res-sm/-1", "5-rus-sm/1", "x-res-sm/1", "1000-res-sm/1", "resid_5/99999999999"]
        {
            assert!(unknown.parse::<FeatureId>().is_err(), "{unknown}");
        }
    }

    #[test]
    fn order_is_attention_mlp_residual_then_layer() {
        let all = Submodule::all(2);
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["attn_0", "attn_1", "mlp_0", "mlp_1", "resid_0", "resid_1"]);
        assert!(all.is_sorted());
        assert!(all.iter().enumerate().all(|(position, submodule)| submodule.ordinal(2) == position));
    }
}

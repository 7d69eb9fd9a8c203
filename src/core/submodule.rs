//! Identifiers of layers, of features, and of the submodules of a transformer that have a dictionary.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::text::excerpt;

/// Number of a layer of the model, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerIndex(pub usize);

/// Number of a feature in its dictionary, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeatureIndex(pub u32);

/// Which activation of a layer a dictionary decomposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubmoduleKind {
    /// What the attention block adds to the residual stream: after its output projection, and after a norm if the model has one there.
    Attention,
    /// What the MLP block adds to the residual stream: after its second dense layer, and after a norm if the model has one there.
    Mlp,
    /// The output of the whole layer: the residual stream that enters the next one.
    Residual,
    /// The residual stream that enters layer 0.
    Embedding,
    /// The outputs of the attention heads side by side, before the output projection: `z`.
    Heads,
    /// The output of the attention block before the norm that follows it; only in models that have one.
    AttentionBeforeNorm,
    /// The output of the MLP block before the norm that follows it; only in models that have one.
    MlpBeforeNorm,
}

impl SubmoduleKind {
    /// All kinds in the order used everywhere.
    pub const ALL: [Self; 7] = [
        Self::Attention,
        Self::Mlp,
        Self::Residual,
        Self::Embedding,
        Self::Heads,
        Self::AttentionBeforeNorm,
        Self::MlpBeforeNorm,
    ];

    /// The kinds of outputs that every layer of every model has, in their order.
    pub const OUTPUTS: [Self; 3] = [Self::Attention, Self::Mlp, Self::Residual];

    /// The name in submodule names; the first three as in dictionary_learning's folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attn",
            Self::Mlp => "mlp",
            Self::Residual => "resid",
            Self::Embedding => "embed",
            Self::Heads => "z",
            Self::AttentionBeforeNorm => "attn_raw",
            Self::MlpBeforeNorm => "mlp_raw",
        }
    }

    /// The abbreviation in the layer names of the published study on Neuronpedia and in SAELens folders: `att`, `mlp`, `res`; the kind's
    /// own name where that study has no dictionary.
    pub fn neuronpedia_name(self) -> &'static str {
        match self {
            Self::Attention => "att",
            Self::Residual => "res",
            other => other.name(),
        }
    }
}

/// A place of the model whose activation attribution decomposes into features, for example `attn_3`.
///
/// The derived order (that of the kinds, then the layer) is the order of every list and the tie-break of every ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Submodule {
    /// Which activation of the layer it is.
    pub kind: SubmoduleKind,
    /// The layer of that activation; 0 for the embedding.
    pub layer: LayerIndex,
}

/// More layers than any model has: a file that names a higher one is wrong.
pub const MOST_LAYERS: usize = 1000;

impl Submodule {
    /// The submodule of `kind` in layer `layer`.
    pub fn new(kind: SubmoduleKind, layer: usize) -> Self {
        Self { kind, layer: LayerIndex(layer) }
    }

    /// The residual stream that enters layer 0.
    pub const EMBEDDING: Self = Self { kind: SubmoduleKind::Embedding, layer: LayerIndex(0) };

    /// The outputs of a model with `layers` layers, in order: `attn_0..`, `mlp_0..`, `resid_0..`.
    pub fn all(layers: usize) -> Vec<Self> {
        SubmoduleKind::OUTPUTS.into_iter().flat_map(|kind| (0..layers).map(move |layer| Self::new(kind, layer))).collect()
    }

    /// Every place that a model with `layers` layers may have a dictionary for, in order: its outputs, `embed`, `z_0..`, and
    /// `attn_raw_0..`, `mlp_raw_0..`, which only models with norms after their blocks have.
    pub fn places(layers: usize) -> Vec<Self> {
        let of_kind =
            |kind| (0..if kind == SubmoduleKind::Embedding { 1 } else { layers }).map(move |layer| Self::new(kind, layer));
        SubmoduleKind::ALL.into_iter().flat_map(of_kind).collect()
    }

    /// The name of its dictionary in the published study, as on Neuronpedia: `5-res-sm`, `e-res-sm`. Where that study has none, the
    /// submodule's own name.
    pub fn neuronpedia_name(self) -> String {
        match self.kind {
            SubmoduleKind::Embedding => "e-res-sm".to_owned(),
            kind if SubmoduleKind::OUTPUTS.contains(&kind) => format!("{}-{}-sm", self.layer.0, kind.neuronpedia_name()),
            _ => self.to_string(),
        }
    }

    /// The submodule that [`Submodule::neuronpedia_name`] names.
    pub fn of_neuronpedia(name: &str) -> Option<Self> {
        if name == "e-res-sm" {
            return Some(Self::EMBEDDING);
        }
        let (layer, kind) = name.strip_suffix("-sm")?.split_once('-')?;
        let kind = SubmoduleKind::OUTPUTS.into_iter().find(|candidate| candidate.neuronpedia_name() == kind)?;
        Some(Self::new(kind, layer.parse().ok().filter(|layer| *layer < MOST_LAYERS)?))
    }

    /// The length of [`Submodule::places`] of a model with `layers` layers.
    pub const fn count(layers: usize) -> usize {
        (SubmoduleKind::ALL.len() - 1) * layers + 1
    }

    /// The submodule's position in [`Submodule::places`] of a model with `layers` layers, which for an output is that in
    /// [`Submodule::all`], too.
    pub fn ordinal(self, layers: usize) -> usize {
        let first = match self.kind {
            SubmoduleKind::Attention => 0,
            SubmoduleKind::Mlp => layers,
            SubmoduleKind::Residual => 2 * layers,
            SubmoduleKind::Embedding => 3 * layers,
            SubmoduleKind::Heads => 3 * layers + 1,
            SubmoduleKind::AttentionBeforeNorm => 4 * layers + 1,
            SubmoduleKind::MlpBeforeNorm => 5 * layers + 1,
        };
        first + self.layer.0
    }
}

impl fmt::Display for Submodule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SubmoduleKind::Embedding => formatter.write_str(self.kind.name()),
            kind => write!(formatter, "{}_{}", kind.name(), self.layer.0),
        }
    }
}

impl From<Submodule> for String {
    fn from(submodule: Submodule) -> Self {
        submodule.to_string()
    }
}

impl TryFrom<String> for Submodule {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl FromStr for Submodule {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        if text == SubmoduleKind::Embedding.name() {
            return Ok(Self::EMBEDDING);
        }
        let parsed = text.rsplit_once('_').and_then(|(kind, layer)| {
            let numbered = |candidate: &SubmoduleKind| *candidate != SubmoduleKind::Embedding && candidate.name() == kind;
            let kind = SubmoduleKind::ALL.into_iter().find(numbered)?;
            Some(Self::new(kind, layer.parse().ok().filter(|layer| *layer < MOST_LAYERS)?))
        });
        parsed.ok_or_else(|| {
            let remedy = "use a name such as attn_0, mlp_3, resid_5, embed or z_2";
            Problem::new(format_args!("submodule '{}'", excerpt(text, 40)), "is not known", remedy)
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
    /// The short name of the published study, the one name of a feature on the screen and in messages: `5-res-sm/26074`.
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
            let submodule = submodule.parse().ok().or_else(|| Submodule::of_neuronpedia(submodule))?;
            Some(Self { submodule, index: FeatureIndex(index.parse().ok()?) })
        });
        parsed.ok_or_else(|| {
            Problem::new(
                format_args!("feature '{}'", excerpt(text, 40)),
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
        for submodule in Submodule::places(12) {
            assert_eq!(submodule.to_string().parse::<Submodule>().unwrap(), submodule);
        }
        assert!("attn".parse::<Submodule>().is_err());
        for unknown in ["attn_x", "embed_0", "raw_1", "attn_1000", "attn_18446744073709551615", "attn_-1"] {
            assert!(unknown.parse::<Submodule>().is_err(), "{unknown}");
        }
    }

    #[test]
    fn features_are_parsed_by_both_names() {
        for submodule in Submodule::places(12) {
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
    fn order_is_that_of_kinds_then_of_layers() {
        let all = Submodule::places(2);
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        let outputs = ["attn_0", "attn_1", "mlp_0", "mlp_1", "resid_0", "resid_1"];
        assert_eq!(names[..6], outputs);
        assert_eq!(names[6..], ["embed", "z_0", "z_1", "attn_raw_0", "attn_raw_1", "mlp_raw_0", "mlp_raw_1"]);
        assert_eq!(Submodule::all(2), all[..6]);
        assert!(all.is_sorted());
        assert!(all.iter().enumerate().all(|(position, submodule)| submodule.ordinal(2) == position));
        assert_eq!(all.len(), Submodule::count(2));
    }
}

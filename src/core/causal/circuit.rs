//! A circuit: features with the edges between them, and its drawing as a tree that begins at the metric.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::edges::Edge;
use crate::core::submodule::FeatureId;

/// Edges whose weight and measured weight are not above this in size are left out of a drawing, in units of the metric.
pub const LEAST: f64 = 0.01;

/// The edges between some features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Circuit {
    /// Number of examples over which the weights are means.
    pub examples: usize,
    /// The features.
    pub features: BTreeSet<FeatureId>,
    /// All edges that a path can make.
    pub edges: Vec<Edge>,
}

/// A line of a drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The lines of the tree before the feature: `│  ├─ `.
    pub stem: String,
    /// The feature.
    pub feature: FeatureId,
    /// Its effect on the metric, if that is known.
    pub effect: Option<f64>,
    /// The edge to the feature above it; None for a feature that no drawn edge leaves: what it does goes to the metric by other ways.
    pub edge: Option<Edge>,
    /// Whether its own edges are drawn further up.
    pub drawn_above: bool,
}

/// The tree of `features` with their effects and `edges`: below the metric stand the features that no edge leaves, below each feature those
/// from which edges come, the largest first. What lies below a feature is drawn once, where the feature comes first.
pub fn tree(features: &[(FeatureId, Option<f64>)], edges: &[Edge]) -> Vec<Branch> {
    let effects: BTreeMap<FeatureId, Option<f64>> = features.iter().copied().collect();
    let mut into: BTreeMap<FeatureId, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        into.entry(edge.downstream).or_default().push(edge);
    }
    for edges in into.values_mut() {
        edges.sort_by(|left, right| right.weight.abs().total_cmp(&left.weight.abs()));
    }
    let leaves_one: BTreeSet<FeatureId> = edges.iter().map(|edge| edge.upstream).collect();
    let mut ends: Vec<(FeatureId, Option<f64>)> =
        features.iter().copied().filter(|(feature, _)| !leaves_one.contains(feature)).collect();
    let size = |effect: Option<f64>| effect.map_or(0.0, f64::abs);
    ends.sort_by(|left, right| size(right.1).total_cmp(&size(left.1)));
    let mut drawing = Drawing { effects, into, drawn: BTreeSet::new(), branches: Vec::new() };
    let last = ends.len().saturating_sub(1);
    for (place, (feature, _)) in ends.into_iter().enumerate() {
        drawing.add(feature, None, "", place == last);
    }
    drawing.branches
}

struct Drawing<'a> {
    effects: BTreeMap<FeatureId, Option<f64>>,
    into: BTreeMap<FeatureId, Vec<&'a Edge>>,
    drawn: BTreeSet<FeatureId>,
    branches: Vec<Branch>,
}

impl Drawing<'_> {
    /// Adds a feature and everything below it. Edges go from earlier to later submodules, so no feature is below itself.
    fn add(&mut self, feature: FeatureId, edge: Option<&Edge>, stem: &str, is_last: bool) {
        let below = self.into.get(&feature).cloned().unwrap_or_default();
        let is_first = self.drawn.insert(feature);
        self.branches.push(Branch {
            stem: format!("{stem}{}", if is_last { "└─ " } else { "├─ " }),
            feature,
            effect: self.effects.get(&feature).copied().flatten(),
            edge: edge.cloned(),
            drawn_above: !is_first && !below.is_empty(),
        });
        if !is_first {
            return;
        }
        let stem = format!("{stem}{}", if is_last { "   " } else { "│  " });
        let last = below.len().saturating_sub(1);
        for (place, edge) in below.into_iter().enumerate() {
            self.add(edge.upstream, Some(edge), &stem, place == last);
        }
    }
}

impl Branch {
    /// `├─ 1-res-sm/374  +0.9591 · measured +0.6449 · direct +0.9012 · effect +0.9359`, with a `!` behind the measured weight of an edge
    /// that is blind.
    pub fn line(&self) -> String {
        let mut line = format!("{}{}", self.stem, self.feature);
        if let Some(edge) = &self.edge {
            let blind = if edge.is_blind() { " !" } else { "" };
            line.push_str(&format!("  {:+.4} · measured {:+.4}{blind}", edge.weight, edge.measured));
            if let Some([direct, _]) = edge.direct {
                line.push_str(&format!(" · direct {direct:+.4}"));
            }
        }
        if let Some(effect) = self.effect {
            line.push_str(&format!(" · effect {effect:+.4}"));
        }
        if self.drawn_above {
            line.push_str(" · drawn above");
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str) -> FeatureId {
        name.parse().unwrap()
    }

    #[test]
    fn a_feature_stands_below_each_that_it_moves_and_its_own_edges_once() {
        let edge = |upstream: &str, downstream: &str, weight: f64| Edge {
            upstream: feature(upstream),
            downstream: feature(downstream),
            weight,
            measured: weight,
            direct: None,
            silent: 0,
        };
        let edges = [
            edge("resid_0/1", "resid_1/2", 0.5),
            Edge { measured: 0.25, direct: Some([-0.125, 0.0]), ..edge("resid_1/2", "resid_2/3", -0.25) },
            edge("resid_1/2", "resid_2/4", 0.75),
            edge("resid_0/1", "resid_2/4", 1.0),
        ];
        let features = [("resid_0/1", 0.1), ("resid_1/2", 0.2), ("resid_2/3", 0.3), ("resid_2/4", -0.4), ("mlp_2/5", 0.0)];
        let features: Vec<_> = features.into_iter().map(|(name, effect)| (feature(name), Some(effect))).collect();
        let drawn: Vec<String> = tree(&features, &edges).iter().map(Branch::line).collect();
        assert_eq!(
            drawn,
            [
                "├─ 2-res-sm/4 · effect -0.4000",
                "│  ├─ 0-res-sm/1  +1.0000 · measured +1.0000 · effect +0.1000",
                "│  └─ 1-res-sm/2  +0.7500 · measured +0.7500 · effect +0.2000",
                "│     └─ 0-res-sm/1  +0.5000 · measured +0.5000 · effect +0.1000",
                "├─ 2-res-sm/3 · effect +0.3000",
                "│  └─ 1-res-sm/2  -0.2500 · measured +0.2500 ! · direct -0.1250 · effect +0.2000 · drawn above",
                "└─ 2-mlp-sm/5 · effect +0.0000",
            ]
        );
    }
}

//! A circuit in lines: the tree of its edges, drawn from the metric down.

use super::line::{Line, Tone};
use crate::core::causal::circuit::{Circuit, LEAST, tree};
use crate::core::causal::edges::{ALL_PATHS, BLIND, DIRECT, Edge};
use crate::core::findings::Findings;
use crate::core::submodule::FeatureId;
use crate::core::view::View;

/// The tree, then what its numbers mean.
pub fn lines(circuit: &Circuit, findings: &Findings, view: View, columns: usize) -> Vec<Line> {
    let effect = |feature: &FeatureId| (*feature, findings.view(view).effect(*feature).map(f64::from));
    let features: Vec<_> = circuit.features.iter().map(effect).collect();
    let drawn: Vec<Edge> = circuit.edges.iter().filter(|edge| edge.size() > LEAST).cloned().collect();
    let mut lines = vec![
        Line::title(format!("{} of {} possible edges, those above {LEAST}", drawn.len(), circuit.edges.len())),
        Line::plain("metric"),
    ];
    lines.extend(tree(&features, &drawn).iter().map(|branch| Line::plain(branch.line())));
    let explained = format!(
        "Below each feature stand those that move it. The number of an edge: gradient of the metric at the upper feature x its derivative by \
         the lower one x the change of the lower one from clean to patch prompt, mean over pairs: {ALL_PATHS}. measured: the lower one takes \
         its values of the patch prompt, the change of the upper one is seen; !: {BLIND}. direct: {DIRECT}. effect: the feature's own, in \
         this view."
    );
    lines.extend(Line::sentence(&explained, Tone::Dim, columns));
    lines
}

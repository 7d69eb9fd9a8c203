//! The picture of approximate effects against exact ones.

use super::{Content, Parts, Point, Scatter, axis};
use crate::core::causal::approximation::{Approximate, Approximation, Effects};
use crate::core::findings::Findings;
use crate::core::rows::Spec;
use crate::core::submodule::FeatureId;
use crate::core::text::counted;

/// Every feature of `found` once for each method, those first that are furthest off; `spec` lists them.
pub fn methods(found: &Approximation, findings: &Findings, spec: &Spec) -> Parts {
    let view = findings.study.name(spec.shown.first());
    let mut points: Vec<Point> = Vec::new();
    for (series, method) in Approximate::ALL.into_iter().enumerate() {
        let point = |(feature, effects): &(FeatureId, Effects)| Point {
            feature: *feature,
            at: [effects.exact, method.of(effects)],
            series,
        };
        points.extend(found.features.iter().map(point));
    }
    let off = |point: &Point| (point.at[1] - point.at[0]).abs();
    points.sort_by(|left, right| off(right).total_cmp(&off(left)));
    let notes = vec![
        format!("{}; named are the points that lie furthest from equal effects.", counted(found.features.len(), "feature")),
        format!(
            "Exact: one run for each token at which the feature differs, with it alone set to its value in the patch prompt; attrib: the \
             gradient at the clean prompt; ig: {} of integrated gradients.",
            found.quadrature
        ),
        "Effects are sums over positions, means over pairs.".to_owned(),
    ];
    let scatter = Scatter {
        axes: [axis(&format!("exact effect in the {view} view")), axis(&format!("approximate effect in the {view} view"))],
        told: "by".to_owned(),
        series: Approximate::ALL.map(|method| method.name().to_owned()).to_vec(),
        points,
    };
    (format!("Approximate and exact effects: {view}"), notes, Content::Scatter(scatter))
}

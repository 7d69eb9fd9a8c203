//! How far the effects of a run are from what they share out. A residual output is all that the rest of the model reads, so along a
//! path with enough points its effects, error term included, add up to the total effect. What is missing is the error of the
//! approximation: of the quadrature, or of the single gradient of attribution patching.

use std::fmt;

use super::findings::Findings;
use super::submodule::{Submodule, SubmoduleKind};
use super::view::{View, ViewName};

/// The sum of all effects at one residual output, beside the total effect of its view.
#[derive(Debug, Clone, PartialEq)]
pub struct PathSum {
    /// The view's name.
    pub view: ViewName,
    /// The residual output.
    pub submodule: Submodule,
    /// Sum of the effects of all features and of the error term, in logits.
    pub sum: f64,
    /// The view's total effect, in logits.
    pub total: f64,
}

impl PathSum {
    /// Of all residual outputs of all views, the sum that is farthest from its total effect. None if nothing is known of it: figures
    /// that were only printed, a run that is not complete, a method without a gradient.
    pub fn farthest(findings: &Findings) -> Option<Self> {
        let sums = findings.study.all().flat_map(|view| Self::of(findings, view));
        sums.max_by(|left, right| left.distance().total_cmp(&right.distance()))
    }

    fn of(findings: &Findings, view: View) -> Vec<Self> {
        let found = findings.view(view);
        let Some(total) = found.summary.total_effect else { return Vec::new() };
        let residual = found.submodules().filter(|ranked| {
            let effects = ranked.effects();
            effects.submodule.kind == SubmoduleKind::Residual && effects.gradient_dot_change.is_some()
        });
        let sum = residual.map(|ranked| Self {
            view: findings.study.name(view),
            submodule: ranked.effects().submodule,
            sum: ranked.feature_sum() + f64::from(ranked.effects().error.effect),
            total,
        });
        sum.collect()
    }

    /// How far sum and total effect are apart, in logits.
    pub fn distance(&self) -> f64 {
        (self.sum - self.total).abs()
    }
}

impl fmt::Display for PathSum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { view, submodule, sum, total } = self;
        write!(formatter, "{sum:+.4} at {submodule} of the total effect {total:+.4} ({view})")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::effects::{ErrorTerm, SubmoduleEffects};
    use crate::core::findings::Source;
    use crate::core::pair_effects::PairEffects;
    use crate::core::ranking::Ranked;
    use crate::core::run::Method;
    use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};
    use crate::core::submodule::FeatureIndex;

    fn effects(kind: SubmoduleKind, layer: usize, sum: f32, has_gradient: bool) -> Arc<Ranked> {
        let error = ErrorTerm { effect: sum - 0.5, standard_error: 0.0, position_effects: Vec::new() };
        Arc::new(Ranked::new(SubmoduleEffects {
            submodule: Submodule::new(kind, layer),
            dictionary_features: 8,
            features: vec![FeatureIndex(3)],
            effects: vec![0.5],
            standard_errors: vec![0.0],
            position_effects: Vec::new(),
            pair_effects: PairEffects::default(),
            error,
            gradient_dot_change: has_gradient.then_some(sum),
        }))
    }

    #[test]
    fn only_residual_outputs_of_whole_views_are_compared_with_the_total_effect() {
        let source = Source::Published { method: Method::Ig, steps: 10 };
        let mut findings = Findings::new(source, Arc::new(names()), "m".to_owned(), 2);
        assert_eq!(PathSum::farthest(&findings), None);
        for (view, total) in [(MALE, 2.0), (FEMALE, -2.0)] {
            findings.insert(view, effects(SubmoduleKind::Attention, 0, 40.0, true));
            findings.insert(view, effects(SubmoduleKind::Residual, 0, total as f32 + 0.25, true));
            findings.insert(view, effects(SubmoduleKind::Residual, 1, total as f32 - 0.125, true));
            findings.view_mut(view).summary.total_effect = Some(total);
        }
        // Its total effect is not known yet.
        findings.insert(BASELINE, effects(SubmoduleKind::Residual, 1, 90.0, true));
        findings.insert(FEMALE, effects(SubmoduleKind::Residual, 0, -2.5, true));
        let farthest = PathSum::farthest(&findings).unwrap();
        assert_eq!(farthest.to_string(), "-2.5000 at resid_0 of the total effect -2.0000 (female)");
        assert!((farthest.distance() - 0.5).abs() < 1e-9);
        // Exact effects do not share out anything.
        findings.insert(FEMALE, effects(SubmoduleKind::Residual, 0, -2.5, false));
        assert_eq!(PathSum::farthest(&findings).unwrap().to_string(), "+2.2500 at resid_0 of the total effect +2.0000 (male)");
    }
}

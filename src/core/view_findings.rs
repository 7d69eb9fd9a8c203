//! The known numbers of one view: computed, still arriving, or only partly printed in a publication.

use std::sync::Arc;

use super::certainties::Certainties;
use super::detail_index::DetailIndex;
use super::effects::ViewEffects;
use super::ranking::Ranked;
use super::selection::{Selected, Selection, by_strength};
use super::statistics::bootstrap::Resamples;
use super::submodule::{FeatureId, Submodule};
use super::uncertainty::Uncertainty;
use super::view::View;

/// How much of a view is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Coverage {
    /// Every effect of the submodules that have arrived; a feature that is not listed has effect 0.
    Computed,
    /// Only printed figures: every feature with `|effect|` above the threshold, and a list of the strongest.
    Printed {
        /// Effects with a larger `|effect|` than this are known.
        threshold: f32,
        /// A list of the strongest features, not in order of strength; empty if none was printed.
        listed: Vec<FeatureId>,
    },
}

/// Means over the examples of a view; None if they are not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Number of examples.
    pub examples: Option<usize>,
    /// Mean metric of the clean prompts.
    pub clean_metric: Option<f64>,
    /// Mean over examples of `metric(patch input) - metric(clean input)`.
    pub total_effect: Option<f64>,
    /// `metric(patch input) - metric(clean input)` of each example; empty if it is not known.
    pub total_effects: Vec<f32>,
}

/// The numbers of one view that are known so far.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewFindings {
    /// The view that the numbers belong to.
    pub view: View,
    /// Ranked effects by [`Submodule::ordinal`]; None for a submodule that has not arrived.
    submodules: Vec<Option<Arc<Ranked>>>,
    layers: usize,
    /// How much of the view is known.
    pub coverage: Coverage,
    /// The view's means over its examples.
    pub summary: Summary,
    /// The metric of each example's clean and patch prompt, once the view is complete.
    pub metrics: Option<[Vec<f32>; 2]>,
    /// Effects at single tokens, for the strongest features.
    pub detail: Arc<DetailIndex>,
    /// What follows from effects in single pairs, computed when it is first asked for.
    certainties: Arc<Certainties>,
}

/// The features that a selection picks of a view.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picked {
    /// The features, strongest first. Features whose effect was not printed come last, with an effect of NaN.
    pub features: Vec<Selected>,
    /// The reason why the list is shorter than the selection asks for, if it is.
    pub gap: Option<String>,
}

impl ViewFindings {
    /// A view of a model with `layers` layers, with nothing known yet.
    pub fn new(view: View, layers: usize) -> Self {
        Self {
            view,
            submodules: vec![None; Submodule::count(layers)],
            layers,
            coverage: Coverage::Computed,
            summary: Summary::default(),
            metrics: None,
            detail: Arc::default(),
            certainties: Arc::default(),
        }
    }

    /// The findings of a complete view.
    pub fn from_effects(effects: ViewEffects, layers: usize) -> Self {
        let mut findings = Self::new(effects.view, layers);
        let has_examples = !effects.clean_metrics.is_empty();
        findings.summary = Summary {
            examples: Some(effects.clean_metrics.len()),
            clean_metric: has_examples.then(|| effects.mean_clean_metric()),
            total_effect: has_examples.then(|| effects.mean_total_effect()),
            total_effects: effects.total_effects().collect(),
        };
        for submodule in effects.submodules {
            findings.insert(Arc::new(Ranked::new(submodule)));
        }
        findings.metrics = Some([effects.clean_metrics, effects.patch_metrics]);
        findings.detail = Arc::new(DetailIndex::new(effects.detail, findings.summary.examples.unwrap_or(0)));
        findings
    }

    /// The effects of the complete view, for a run file; None if the view is not complete.
    pub fn to_effects(&self) -> Option<ViewEffects> {
        let [clean, patch] = self.metrics.clone()?;
        let submodules: Vec<_> = self.submodules().map(|ranked| ranked.effects().clone()).collect();
        Some(ViewEffects {
            view: self.view,
            clean_metrics: clean,
            patch_metrics: patch,
            positions: submodules.first().map_or(0, |effects| effects.error.position_effects.len()),
            submodules,
            detail: self.detail.detail().clone(),
        })
    }

    /// Stores the effects of one submodule.
    ///
    /// # Panics
    /// If the model has no such layer: a fault of the caller.
    pub fn insert(&mut self, ranked: Arc<Ranked>) {
        let submodule = ranked.effects().submodule;
        assert!(submodule.layer.0 < self.layers, "{submodule} is of another model");
        self.submodules[submodule.ordinal(self.layers)] = Some(ranked);
        self.certainties = Arc::new(self.certainties.anew());
    }

    /// Number of layers of the model.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Every feature with an effect other than 0, with its effect.
    pub fn with_effect(&self) -> Vec<(FeatureId, f32)> {
        self.submodules().flat_map(|ranked| ranked.effects().with_effect()).collect()
    }

    /// The ranked effects of `submodule`; None if they have not arrived.
    pub fn submodule(&self, submodule: Submodule) -> Option<&Arc<Ranked>> {
        (submodule.layer.0 < self.layers).then(|| self.submodules[submodule.ordinal(self.layers)].as_ref()).flatten()
    }

    /// The ranked effects of all submodules that have arrived, in submodule order.
    pub fn submodules(&self) -> impl Iterator<Item = &Arc<Ranked>> {
        self.submodules.iter().flatten()
    }

    /// Number of submodules that have arrived.
    pub fn arrived(&self) -> usize {
        self.submodules.iter().flatten().count()
    }

    /// Whether no submodule has arrived.
    pub fn is_empty(&self) -> bool {
        self.arrived() == 0
    }

    /// The effect of `feature`; None if it is not known.
    pub fn effect(&self, feature: FeatureId) -> Option<f32> {
        let effects = self.submodule(feature.submodule)?.effects();
        match effects.features.binary_search(&feature.index) {
            Ok(slot) => Some(effects.effects[slot]).filter(|effect| effect.is_finite()),
            Err(_) => (self.coverage == Coverage::Computed).then_some(0.0),
        }
    }

    /// The standard error of `feature`'s effect; None if it is not known.
    pub fn standard_error(&self, feature: FeatureId) -> Option<f32> {
        let effects = self.submodule(feature.submodule)?.effects();
        match effects.features.binary_search(&feature.index) {
            Ok(slot) => Some(effects.standard_errors[slot]).filter(|error| error.is_finite()),
            // A single pair has no spread, whatever the feature does in it.
            Err(_) if self.summary.examples.is_some_and(|examples| examples < 2) => None,
            Err(_) => (self.coverage == Coverage::Computed).then_some(0.0),
        }
    }

    /// |effect| of `feature` / its standard error; None if one of them is not known, or there is no error.
    pub fn ratio(&self, feature: FeatureId) -> Option<f32> {
        let error = self.standard_error(feature).filter(|error| *error > 0.0)?;
        Some(self.effect(feature)?.abs() / error)
    }

    /// The effect of `feature` in each example, summed over positions; None if the effects of single examples were not kept.
    pub fn by_example(&self, feature: FeatureId) -> Option<Vec<f64>> {
        let mut effects = vec![0.0; self.summary.examples?];
        let ranked = self.submodule(feature.submodule).filter(|_| self.coverage == Coverage::Computed)?;
        let Some(in_pairs) = ranked.effects().in_pairs(feature.index) else {
            // Runs of former versions kept them with the single tokens of strong features only.
            return self.detail.by_example(feature).filter(|found| found.len() == effects.len());
        };
        for (pair, effect) in in_pairs {
            *effects.get_mut(pair as usize)? = f64::from(effect);
        }
        Some(effects)
    }

    /// Whether the effects in single pairs of any feature were kept.
    pub fn keeps_pairs(&self) -> bool {
        let keeps = |ranked: &Arc<Ranked>| ranked.effects().pair_effects.counts().any(|count| count.is_some());
        self.submodules().any(keeps) || !self.detail.detail().features.is_empty()
    }

    /// How sure the effect of `feature` is, by the default number of resamples; None if its effects in single pairs were not kept.
    pub fn uncertainty(&self, feature: FeatureId) -> Option<Uncertainty> {
        self.certainties.of(feature, || self.by_example(feature))
    }

    /// The default resamples of the view's pairs.
    pub fn resamples(&self) -> &Resamples {
        self.certainties.resamples(self.summary.examples.unwrap_or(0))
    }

    /// The number of features that `selection` picks in each submodule, by ordinal. A computed view is counted without building
    /// the list.
    pub fn counts(&self, selection: Selection) -> Vec<usize> {
        if matches!(self.coverage, Coverage::Printed { .. }) {
            let mut counts = vec![0; self.submodules.len()];
            for picked in self.select(selection).features {
                counts[picked.feature.submodule.ordinal(self.layers)] += 1;
            }
            return counts;
        }
        match selection {
            Selection::Threshold(threshold) => self.above(threshold),
            Selection::TopK(count) => self.top(count),
        }
    }

    /// The features that `selection` picks, strongest first.
    pub fn select(&self, selection: Selection) -> Picked {
        if let Coverage::Printed { threshold, listed } = &self.coverage {
            return self.select_printed(selection, *threshold, listed);
        }
        let counts = self.counts(selection);
        let parts = self.submodules.iter().zip(counts).filter_map(|(ranked, count)| Some((ranked.as_ref()?, count)));
        let mut features: Vec<Selected> = parts.flat_map(|(ranked, count)| ranked.strongest(count)).collect();
        features.sort_unstable_by(by_strength);
        Picked { features, gap: None }
    }

    fn above(&self, threshold: f32) -> Vec<usize> {
        self.submodules.iter().map(|ranked| ranked.as_ref().map_or(0, |ranked| ranked.above(threshold))).collect()
    }

    /// The number of features of each submodule among the `count` strongest. Bisects the `|effect|` at which `count` features
    /// are reached: positive floats sort like their bits.
    fn top(&self, count: usize) -> Vec<usize> {
        let total = |counts: &[usize]| counts.iter().sum::<usize>();
        let all: Vec<usize> = self.submodules.iter().map(|ranked| ranked.as_ref().map_or(0, |ranked| ranked.len())).collect();
        if total(&all) <= count {
            return all;
        }
        // More than `count` features lie above `low`; at most `count` lie above `high`.
        let (mut low, mut high) = (0, f32::INFINITY.to_bits());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if total(&self.above(f32::from_bits(middle))) > count { low = middle } else { high = middle }
        }
        let mut counts = self.above(f32::from_bits(high));
        // Features exactly at `high` are ties: the first submodules take the remaining places, as `by_strength` orders them.
        let mut room = count - total(&counts);
        for (count, at_least) in counts.iter_mut().zip(self.above(f32::from_bits(low))) {
            let ties = (at_least - *count).min(room);
            *count += ties;
            room -= ties;
        }
        counts
    }

    /// Selects among printed figures: the effects above a threshold are known, and perhaps the names of more features, which
    /// can be listed but not ranked.
    fn select_printed(&self, selection: Selection, threshold: f32, listed: &[FeatureId]) -> Picked {
        let mut features: Vec<Selected> = self.submodules().flat_map(|ranked| ranked.strongest(ranked.len())).collect();
        features.sort_unstable_by(by_strength);
        let known = features.len();
        let gap = match selection {
            Selection::Threshold(asked) => {
                features.retain(|selected| selected.effect.abs() > asked);
                (asked < threshold).then(|| format!("only effects above {threshold} were printed"))
            }
            Selection::TopK(count) if count <= known => {
                features.truncate(count);
                None
            }
            Selection::TopK(count) if count < listed.len() => {
                Some(format!("printed were the {known} strongest in order and the {} strongest as a list", listed.len()))
            }
            Selection::TopK(count) => {
                let unranked = listed.iter().filter(|feature| self.effect(**feature).is_none());
                features.extend(unranked.map(|feature| Selected { feature: *feature, effect: f32::NAN }));
                (count > features.len()).then(|| format!("only the {} strongest were printed", features.len()))
            }
        };
        Picked { features, gap }
    }
}

#[cfg(test)]
#[path = "view_findings_tests.rs"]
mod tests;
